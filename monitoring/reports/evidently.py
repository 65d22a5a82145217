"""Evidently: distances, data quality and classification quality, measured and drawn by Evidently 0.7.

The only module of the reports that knows its types; what leaves it are numbers, and HTML that opens by itself. The
panels of the dashboards have the other (`monitoring.dashboard.workspace`).
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.core.metric_types import SingleValue, SingleValueCalculation, SingleValueMetric
from evidently.core.report import Context, Snapshot
from evidently.core.serialization import ReportModel, SnapshotModel
from evidently.legacy.metrics.data_drift.embedding_drift_methods import DriftMethod, mmd, model
from evidently.legacy.renderers.html_widgets import CounterData, counter, header_text
from evidently.metrics import ValueDrift
from evidently.presets import ClassificationPreset, DataSummaryPreset

from models.contracts.base import Value
from monitoring.reports.methods import CLASSIFIER, METHODS, MMD, Method
from monitoring.reports.sampling import MIN_VALUES
from monitoring.windows.columns import Column, Kind
from monitoring.windows.window import Float32s

WORDS: Final = frozenset({Kind.FLAG, Kind.CATEGORY})


class Distance(Value):
    """How far apart the two samples of one thing are.

    Attributes:
        name: a column, or `text_embedding`, `image_embedding`.
        method: Evidently's name of the distance.
        value: None where it could not be measured.
        threshold: from here on it counts as drift.

    """

    name: str
    title: str
    method: str
    value: float | None
    threshold: float

    @property
    def is_beyond(self) -> bool:
        """It counts as drift."""
        return self.value is not None and self.value >= self.threshold


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report: what it measured, and how Evidently draws it."""

    title: str
    distances: tuple[Distance, ...]
    snapshot: Snapshot


class EmbeddingDistance(SingleValueMetric):  # type: ignore[misc]  # Evidently has no types
    """The distance of two clouds of embeddings by one of Evidently's methods.

    Its own metric draws both clouds by t-SNE each time, which takes 16 s for 800 embeddings a side; this does not.
    """

    name: str
    method: str


class _EmbeddingDistanceCalculation(SingleValueCalculation[EmbeddingDistance]):  # type: ignore[misc]
    def calculate(self, context: Context, current_data: Dataset, reference_data: Dataset) -> SingleValue:  # noqa: ARG002
        chosen, method = _embedding_method(self.metric.method)
        sides = (current_data.as_dataframe().copy(), reference_data.as_dataframe().copy())
        value, _, _ = chosen(*sides)
        result = self.result(float(value))
        text = f"{method.title}: {value:.3f}, drift from {method.threshold:g} on."
        result.widget = [counter(title="", counters=[CounterData(text, self.display_name())])]
        return result

    def display_name(self) -> str:
        return f"{self.metric.name}: {self.metric.method}"


def compare_columns(
    reference: pd.DataFrame, current: pd.DataFrame, columns: Sequence[Column], *, is_summarised: bool = True
) -> Part:
    """Distances of all columns, and for a whole report a summary of data quality.

    Args:
        reference: rows of the reference, as `sampling.pair` makes them.
        current: rows of the window, the same.
        columns: that both have.
        is_summarised: add the summary; it takes as long as all distances together.

    """
    metrics: list[Any] = [_value_drift(column) for column in columns]
    if is_summarised:
        metrics.append(DataSummaryPreset())
    snapshot = _run(metrics, _define(columns), current, reference)
    by_column = {column.name: column for column in columns}
    measured = (
        _distance(by_column[result["config"]["column"]], result["value"])
        for result in snapshot.dict()["metrics"]
        if result and result["config"]["type"].endswith(":ValueDrift")
    )
    return Part("Columns", tuple(measured), snapshot)


def compare_vectors(name: str, title: str, reference: Float32s, current: Float32s) -> Part | None:
    """Distances of embeddings by a classifier and by the discrepancy of means; None where there are too few.

    Both sides are brought to the reference's spread, so that the classifier's steps fit.
    """
    if min(len(reference), len(current)) < MIN_VALUES:
        return None
    centre, spread = reference.mean(axis=0), np.maximum(reference.std(axis=0), np.float32(1e-6))
    names = [f"{name}_{place}" for place in range(reference.shape[1])]
    sides = [pd.DataFrame((side - centre) / spread, columns=names) for side in (reference, current)]
    methods = (CLASSIFIER, MMD)
    snapshot = _run(
        [EmbeddingDistance(name=title, method=method.name) for method in methods],
        DataDefinition(numerical_columns=names, categorical_columns=[]),
        sides[1],
        sides[0],
    )
    values = [float(result["value"]) for result in snapshot.dict()["metrics"]]
    return Part(
        title,
        tuple(
            Distance(name=name, title=title, method=method.name, value=_finite(value), threshold=method.threshold)
            for method, value in zip(methods, values, strict=True)
        ),
        snapshot,
    )


def judge_labels(category: str, labels: pd.DataFrame) -> Part:
    """Classification quality by labels of reviewers.

    Args:
        category: that they are of.
        labels: `label` (0.0 or 1.0, both present) and `prob`.

    """
    target, prob = f"{category}: label", f"{category}: score"
    frame = pd.DataFrame({target: labels["label"].astype(int), prob: labels["prob"].astype(float)})
    task = BinaryClassification(name=category, target=target, prediction_probas=prob, pos_label=1)
    definition = DataDefinition(numerical_columns=[prob], categorical_columns=[target], classification=[task])
    metrics = [ClassificationPreset(classification_name=category)]
    snapshot = _run(metrics, definition, frame.reset_index(drop=True), None)
    return Part(f"Classification quality by labels: {category}", (), snapshot)


def draw_page(parts: Mapping[str, Part]) -> str:
    """One HTML document of all parts, everything in it, nothing loaded from elsewhere."""
    joined: str = join(list(parts.values())).get_html_str(as_iframe=False)
    return joined


def join(parts: Sequence[Part], timestamp: datetime | None = None, name: str | None = None) -> Snapshot:
    """One snapshot of all parts."""
    snapshots = [part.snapshot.to_snapshot_model() for part in parts]
    return Snapshot.load_model(
        SnapshotModel(
            report=ReportModel(items=[]),
            name=name,
            timestamp=timestamp or datetime.now().astimezone(),
            metadata={},
            tags=[],
            metric_results={key: one for each in snapshots for key, one in each.metric_results.items()},
            top_level_metrics=[key for each in snapshots for key in each.top_level_metrics],
            widgets=[
                widget
                for part, each in zip(parts, snapshots, strict=True)
                for widget in (header_text(label=part.title), *each.widgets)
            ],
            tests_widgets=[],
        )
    )


def _run(
    metrics: Sequence[Any], definition: DataDefinition, current: pd.DataFrame, other: pd.DataFrame | None
) -> Snapshot:
    sides = [
        None if side is None else Dataset.from_pandas(side, data_definition=definition) for side in (current, other)
    ]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # pandas and scipy, called as older versions of them wished
        return Report(list(metrics)).run(*sides)


def _define(columns: Sequence[Column]) -> DataDefinition:
    return DataDefinition(
        numerical_columns=[column.name for column in columns if column.kind not in WORDS],
        categorical_columns=[column.name for column in columns if column.kind in WORDS],
    )


def _value_drift(column: Column) -> ValueDrift:
    method = METHODS[column.kind]
    return ValueDrift(column=column.name, method=method.name, threshold=method.threshold)


def _distance(column: Column, value: float) -> Distance:
    method = METHODS[column.kind]
    return Distance(
        name=column.name,
        title=column.title,
        method=method.name,
        value=_finite(float(value)),
        threshold=method.threshold,
    )


def _embedding_method(name: str) -> tuple[DriftMethod, Method]:
    if name == CLASSIFIER.name:
        return model(threshold=CLASSIFIER.threshold), CLASSIFIER
    return mmd(threshold=MMD.threshold), MMD


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
