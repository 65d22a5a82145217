"""Writing: a report of one check, as an HTML page and as JSON, beside each other in a folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pandas as pd

from monitoring.drift.verdicts import DriftVerdict
from monitoring.reference.reference import Reference
from monitoring.reports.document import describe
from monitoring.reports.evidently import Part, compare_columns, compare_vectors, draw_page, judge_labels
from monitoring.reports.page import draw_page as draw_report
from monitoring.reports.reliability import split_labels
from monitoring.reports.sampling import draw_rows, draw_vectors, left_out, pair
from monitoring.safety.metric import Metric
from monitoring.windows.window import Float32s, Window

MAX_CATEGORIES: Final = 4
"""Whose classification quality Evidently draws, those with the most labels; the numbers are there for all."""


class Measured(Protocol):
    """A report of safety or quality."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Its numbers."""


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where a report is."""

    html: Path
    json: Path


def write_report(
    verdict: DriftVerdict,
    reference: Reference | None,
    window: Window,
    folder: Path,
    *,
    quality: Measured | None = None,
    safety: Measured | None = None,
    labels: pd.DataFrame | None = None,
    slices: Sequence[DriftVerdict] = (),
) -> ReportFiles:
    """Write a report; one of the same name in the folder is replaced.

    Args:
        verdict: of the check.
        reference: that it compared with; None where there is none, and then the page says what can be done.
        window: that it looked at, the longest of the check.
        folder: for both files; made where it is missing.
        quality: by labels of reviewers in the period.
        safety: metrics of the period.
        labels: the labels themselves, as `read_labels` gives them, for reliability and classification quality.
        slices: verdicts of parts of the traffic.

    """
    parts = {**measure_parts(reference, window), **_label_parts(labels)}
    distances = tuple(distance for part in parts.values() for distance in part.distances)
    document = describe(
        verdict,
        reference,
        window,
        labels,
        slice_verdicts=tuple(slices),
        distances=distances,
        left_out=() if reference is None else left_out(distance.name for distance in distances),
        quality=() if quality is None else quality.metrics,
        safety=() if safety is None else safety.metrics,
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = ReportFiles(folder / "report.html", folder / "report.json")
    files.json.write_text(document.model_dump_json(indent=2), encoding="utf-8")
    files.html.write_text(draw_report(document, draw_page(parts) if parts else None), encoding="utf-8")
    return files


def measure_parts(reference: Reference | None, window: Window, *, is_summarised: bool = True) -> dict[str, Part]:
    """What Evidently measures between reference and window; nothing where one of them is missing or too small."""
    if reference is None:
        return {}
    was, now, columns = pair(draw_rows(reference.window), draw_rows(window))
    parts = {"columns": compare_columns(was, now, columns, is_summarised=is_summarised)} if columns else {}
    for name, title, sides in _vectors(reference.window, window):
        if (part := compare_vectors(name, title, *sides)) is not None:
            parts[name] = part
    return parts


def _vectors(reference: Window, window: Window) -> Sequence[tuple[str, str, tuple[Float32s, Float32s]]]:
    texts = (draw_vectors(reference, reference.text_vectors), draw_vectors(window, window.text_vectors))
    images = (draw_vectors(reference, reference.image_vectors), draw_vectors(window, window.image_vectors))
    return (("text_embedding", "Text embeddings", texts), ("image_embedding", "Image embeddings", images))


def _label_parts(labels: pd.DataFrame | None) -> Mapping[str, Part]:
    if labels is None:
        return {}
    largest = sorted(split_labels(labels), key=lambda one: len(one[1]), reverse=True)[:MAX_CATEGORIES]
    return {f"labels:{category}": judge_labels(category, rows) for category, rows in largest}
