"""Tasks: the official question of a published data set, scored the way its authors score it.

A task is answered by one output of a system (a category, or an auxiliary head) above a threshold. The threshold is the
best one on the validation rows of the same source; the official test is looked at once, with that threshold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from models.evaluation.arrays import Floats, Labels, scored_rows
from models.evaluation.bootstrap import N_RESAMPLES, estimate, resample_weights
from models.evaluation.metrics import Confusion, confusion
from models.evaluation.results import Metric, PublishedScore, TaskResult
from models.evaluation.thresholds import MARGIN, threshold_curve


@dataclass(frozen=True)
class TaskSpec:
    """One official task.

    Attributes:
        source: the data set whose rows it is asked on.
        label: the category or auxiliary label that holds the truth.
        outputs: the categories and auxiliary outputs that may answer it, each scored apart.
        published: what the literature reached, for orientation.

    """

    name: str
    source: str
    label: str
    outputs: tuple[str, ...]
    metric: Metric
    published: PublishedScore | None = None


OFFICIAL_TASKS: tuple[TaskSpec, ...] = (
    TaskSpec(
        name="EDOS task A: sexist or not",
        source="edos",
        label="aux/sexism",
        outputs=("aux/sexism", "hate"),
        metric=Metric.MACRO_F1,
        published=PublishedScore(
            value=0.8746,
            source="Kirk et al. (2023), SemEval-2023 task 10, the best system",
            comparable="Yes: the official test, less the rows dropped as overlap",
        ),
    ),
    TaskSpec(
        name="HateXplain: hate speech or not",
        source="hatexplain",
        label="hate",
        outputs=("hate",),
        metric=Metric.MACRO_F1,
        published=PublishedScore(
            value=0.687,
            source="Mathew et al. (2021), BERT-HateXplain",
            comparable="No: three classes there (hate, offensive, normal), two here",
        ),
    ),
    TaskSpec(
        name="HatemojiBuild: hate or not",
        source="hatemoji",
        label="hate",
        outputs=("hate",),
        metric=Metric.ACCURACY,
    ),
    TaskSpec(
        name="Davidson: hate speech or not",
        source="davidson",
        label="hate",
        outputs=("hate",),
        metric=Metric.F1,
        published=PublishedScore(
            value=0.51,
            source="Davidson et al. (2017), F1 of the hate class",
            comparable="Roughly: no official split, so other rows",
        ),
    ),
    TaskSpec(
        name="Guest: misogynistic or not",
        source="guest_misogyny",
        label="hate",
        outputs=("aux/sexism", "hate"),
        metric=Metric.F1,
        published=PublishedScore(
            value=0.43,
            source="Guest et al. (2021), fine-tuned BERT",
            comparable="Roughly: a chronological split here, a random one there",
        ),
    ),
)


Columns = dict[str, NDArray[Any]]
"""Labels or probabilities by the name of the category or auxiliary output. *Shape:* `(n,)` each."""


@dataclass(frozen=True)
class SplitAnswers:
    """The rows of one source in one split: the truth, and what every system says, by output."""

    truth: Columns
    systems: dict[str, Columns]


@dataclass(frozen=True)
class TaskAnswers:
    """Where the thresholds of a task are chosen, and where they are judged."""

    validation: SplitAnswers
    test: SplitAnswers


@dataclass(frozen=True)
class TaskRows:
    """What one output says about the rows of one task. NaN or -1 where there is no score or label. *Shape:* `(n,)`."""

    probs: NDArray[np.floating]
    labels: Labels

    def usable(self) -> "TaskRows":
        """The rows with a score and a label."""
        rows = scored_rows(self.labels, self.probs)
        return TaskRows(self.probs[rows], self.labels[rows])

    @property
    def has_both_classes(self) -> bool:
        """Whether a threshold or a score can be taken on these rows."""
        return 0 < int((self.labels == 1).sum()) < len(self.labels)


def columns_by_category(matrix: NDArray[Any]) -> Columns:
    """A label or probability matrix by category. *Shape:* `(n, 16)` to `(n,)` each."""
    return {str(category): matrix[:, i] for i, category in enumerate(CATEGORIES)}


def score_tasks(
    answers: Callable[[str], TaskAnswers | None], specs: Sequence[TaskSpec], seed: int
) -> tuple[tuple[TaskResult, ...], dict[str, str]]:
    """Every task by every system and output that can answer it, and why the other tasks were left out.

    Args:
        answers: gives what is known about the rows of a source; None where there are none to choose or judge on.
        specs: the tasks.
        seed: fixes the resamples.

    """
    results: list[TaskResult] = []
    skipped: dict[str, str] = {}
    for spec in specs:
        given = answers(spec.source)
        found = _by_system(spec, given, seed) if given else []
        results += found
        if not found:
            skipped[spec.name] = (
                f"no system has an output for it, or a split lacks one class of {spec.label}"
                if given
                else f"no rows of {spec.source} to choose a threshold on and others to judge it on"
            )
    return tuple(results), skipped


def _by_system(spec: TaskSpec, given: TaskAnswers, seed: int) -> list[TaskResult]:
    results: list[TaskResult] = []
    fit_truth, truth = given.validation.truth.get(spec.label), given.test.truth.get(spec.label)
    if fit_truth is None or truth is None:
        return results
    for system, columns in given.test.systems.items():
        fitted = given.validation.systems.get(system, {})
        for output in (name for name in spec.outputs if name in columns and name in fitted):
            validation, test = TaskRows(fitted[output], fit_truth), TaskRows(columns[output], truth)
            result = score_task(spec, system, output, validation, test, seed)
            results += [result] if result is not None else []
    return results


def score_task(
    spec: TaskSpec, system: str, output: str, validation: TaskRows, test: TaskRows, seed: int
) -> TaskResult | None:
    """The task's metric on the test rows; None where validation or test hold one class only."""
    fit, judged = validation.usable(), test.usable()
    if not (fit.has_both_classes and judged.has_both_classes):
        return None
    threshold = best_threshold(fit, spec.metric)
    flagged = judged.probs >= threshold
    score = float(_values(confusion(flagged, judged.labels), spec.metric)[0])
    weights = resample_weights(judged.labels, N_RESAMPLES, seed)
    resampled = np.concatenate([_values(confusion(flagged, judged.labels, w), spec.metric) for w in weights])
    return TaskResult(
        task=spec.name,
        source=spec.source,
        label=spec.label,
        metric=spec.metric,
        system=system,
        output=output,
        threshold=threshold,
        n_rows=len(judged.labels),
        n_positives=int(judged.labels.sum()),
        score=estimate(score, resampled),
        published=spec.published,
    )


def best_threshold(rows: TaskRows, metric: Metric) -> float:
    """The threshold with the highest metric; between equals the highest threshold."""
    curve = threshold_curve(rows.probs, rows.labels)
    best = int(np.argmax(_values(curve.counts, metric)))
    return float(curve.thresholds[best]) - MARGIN


def _values(counts: Confusion, metric: Metric) -> Floats:
    by_metric = {Metric.F1: counts.f1, Metric.MACRO_F1: counts.macro_f1, Metric.ACCURACY: counts.accuracy}
    return by_metric[metric]
