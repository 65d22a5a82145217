"""Tasks: the official question of a published data set, scored the way its authors score it.

A task is answered by one output of a system (a category, or an auxiliary head) above a threshold. The threshold is the
best one on the validation rows of the same source; the official test is looked at once, with that threshold.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
            source="Kirk et al. (2023), SemEval-2023 task 10, best of 84 systems",
            comparable="yes: the official test, less the rows dropped as overlap",
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
            comparable="no: three classes there (hate, offensive, normal), two here",
        ),
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
            comparable="roughly: no official split, so other rows",
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
            comparable="roughly: a chronological split here, a random one there",
        ),
    ),
)


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
    return counts.f1 if metric is Metric.F1 else counts.macro_f1
