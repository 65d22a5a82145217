"""Suite: one evaluation from start to end. Scores in, an `EvaluationResult` and the arrays behind its figures out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, Category
from models.evaluation.arrays import Floats, Ints, LabelledRows, Labels, select
from models.evaluation.baselines import load_baselines
from models.evaluation.comparison import CategoryComparison, compare, macro
from models.evaluation.gallery import worst_mistakes
from models.evaluation.metrics import confusion
from models.evaluation.readout import Readout, fitted_readout, shipped_readout, uncalibrated
from models.evaluation.reliability import brier_score, equal_width_calibration_error, expected_calibration_error
from models.evaluation.results import CalibrationResult, CategoryResult, EvaluationResult, PointResult
from models.evaluation.scorer import Logits, Progress, Scorer, cached_logits
from models.evaluation.slices import slice_by_source
from models.evaluation.tasks import (
    OFFICIAL_TASKS,
    SplitAnswers,
    TaskAnswers,
    TaskSpec,
    columns_by_category,
    score_tasks,
)
from models.runtime.calibration import sigmoid

VALIDATION, CALIBRATION = "validation", "calibration"


@dataclass(frozen=True)
class Question:
    """What to evaluate on.

    Attributes:
        split: the split that the numbers are about, a key of `rows`.
        rows: that split, `validation` (thresholds of the tasks) and `calibration` (maps and operating points).
        auxiliary_labels: names of the auxiliary label columns.
        dataset_digest: digest of the dataset.
        baselines: folder of the baselines' probabilities, or None.
        cache_dir: where logits are kept.
        tasks: the official tasks to try.
        seed: fixes folds and resamples.

    """

    split: str
    rows: Mapping[str, LabelledRows]
    auxiliary_labels: Sequence[str]
    dataset_digest: str
    baselines: Path | None
    cache_dir: Path
    tasks: tuple[TaskSpec, ...] = OFFICIAL_TASKS
    seed: int = 0


@dataclass(frozen=True)
class Evaluation:
    """What was found, and the arrays that the figures are drawn from.

    Attributes:
        result: the numbers.
        labels: *Shape:* `(n, 16)`.
        systems: calibrated probabilities of the model (first) and the baselines. *Shape:* `(n, 16)` each.
        uncalibrated: a plain sigmoid of the model's logits. *Shape:* `(n, 16)`.

    """

    result: EvaluationResult
    labels: Labels
    systems: dict[str, NDArray[np.floating]]
    uncalibrated: Floats


def evaluate(scorer: Scorer, question: Question, progress: Progress) -> Evaluation:
    """Score, calibrate where the model brings no calibration, compare, and collect.

    Raises:
        ScoreError: the model's outputs cannot be used.
        BaselineError: a baseline's file is malformed.

    """
    rows = question.rows[question.split]
    logits = _logits(scorer, question, rows, question.split, progress)
    readout = shipped_readout(scorer) or _fitted(scorer, question, progress)
    probs, plain = readout.probabilities(logits), uncalibrated(logits, list(scorer.labels))
    baselines = load_baselines(question.baselines, question.split, rows.digests)
    systems: dict[str, NDArray[np.floating]] = {scorer.name: probs, **baselines}
    tasks, skipped = score_tasks(_answers(scorer, question, readout, logits, progress), question.tasks, question.seed)
    progress("comparing", 0, 1)
    comparisons = compare(rows.labels, systems, _codes(rows.sources), question.seed)
    result = EvaluationResult(
        model=scorer.name,
        model_digest=scorer.digest,
        dataset_digest=question.dataset_digest,
        split=question.split,
        n_rows=len(rows.digests),
        categories=tuple(_category(c, rows.labels, probs, plain, readout) for c in comparisons),
        macro=macro(comparisons, [scorer.name]),
        comparison=macro(comparisons, list(systems)) if baselines else None,
        tasks=tasks,
        slices=slice_by_source(probs, rows.labels, rows.sources, readout.balanced),
        gallery=worst_mistakes(probs, rows.labels, rows.digests, rows.sources, readout.balanced),
        skipped=skipped,
    )
    progress("comparing", 1, 1)
    return Evaluation(result, rows.labels, systems, plain)


def _logits(scorer: Scorer, question: Question, rows: LabelledRows, stage: str, progress: Progress) -> Logits:
    return cached_logits(scorer, rows.texts, rows.digests, question.cache_dir, f"scoring {stage}", progress)


def _fitted(scorer: Scorer, question: Question, progress: Progress) -> Readout:
    rows = question.rows[CALIBRATION]
    logits = _logits(scorer, question, rows, CALIBRATION, progress)
    return fitted_readout(logits, rows.labels, list(scorer.labels), question.seed)


def _answers(
    scorer: Scorer, question: Question, readout: Readout, logits: Logits, progress: Progress
) -> Callable[[str], TaskAnswers | None]:
    """What every system says about the rows of one source, validation scored only for sources that are asked for."""

    def of_source(source: str) -> TaskAnswers | None:
        if question.split == VALIDATION:
            return None
        test, test_rows = _of_source(question.rows[question.split], source)
        fit, _ = _of_source(question.rows[VALIDATION], source)
        if not (fit.digests and test.digests):
            return None
        fit_logits = _logits(scorer, question, fit, f"{VALIDATION} of {source}", progress)
        return TaskAnswers(
            validation=_split_answers(scorer, question, readout, VALIDATION, fit, fit_logits),
            test=_split_answers(scorer, question, readout, question.split, test, logits[test_rows]),
        )

    return of_source


def _of_source(rows: LabelledRows, source: str) -> tuple[LabelledRows, Ints]:
    positions = np.flatnonzero(np.asarray(rows.sources) == source)
    return select(rows, positions), positions


def _split_answers(
    scorer: Scorer, question: Question, readout: Readout, split: str, rows: LabelledRows, logits: Logits
) -> SplitAnswers:
    outputs = sigmoid(logits[:, len(scorer.labels) :].astype(np.float64))
    own = columns_by_category(readout.probabilities(logits))
    own.update({name: outputs[:, i] for i, name in enumerate(scorer.auxiliary_labels)})
    others = load_baselines(question.baselines, split, rows.digests)
    truth = columns_by_category(rows.labels)
    truth.update({name: rows.auxiliary[:, i] for i, name in enumerate(question.auxiliary_labels)})
    return SplitAnswers(truth, {scorer.name: own, **{n: columns_by_category(p) for n, p in others.items()}})


def _codes(sources: Sequence[str]) -> Ints:
    """A number for each source. *Shape:* `(n,)`."""
    return np.unique(np.asarray(sources), return_inverse=True)[1].astype(np.int64)


def _category(
    comparison: CategoryComparison, labels: Labels, probs: Floats, plain: Floats, readout: Readout
) -> CategoryResult:
    column, rows = CATEGORIES.index(comparison.category), comparison.rows
    truth, scored = labels[rows, column], comparison.category in readout.choices
    points = readout.thresholds[comparison.category] if scored else {}
    return CategoryResult(
        category=comparison.category,
        n_rows=len(rows),
        n_positives=comparison.n_positives,
        in_macro=comparison.has_enough,
        systems=comparison.system_areas(),
        points={point: _point(probs[rows, column], truth, threshold) for point, threshold in points.items()},
        calibration=_calibration(comparison.category, plain[rows, column], probs[rows, column], truth, readout)
        if scored
        else None,
    )


def _point(probs: Floats, labels: Labels, threshold: float) -> PointResult:
    flagged = probs >= threshold
    counts = confusion(flagged, labels)
    return PointResult(
        threshold=threshold,
        precision=float(counts.precision[0]),
        recall=float(counts.recall[0]),
        f1=float(counts.f1[0]),
        flagged_share=float(flagged.mean()),
    )


def _calibration(
    category: Category, before: Floats, after: Floats, labels: Labels, readout: Readout
) -> CalibrationResult:
    choice = readout.choices[category]
    return CalibrationResult(
        method=choice.calibration.method,
        cv_log_loss={str(family): loss for family, loss in choice.log_losses.items()},
        ece_before=expected_calibration_error(before, labels),
        ece_after=expected_calibration_error(after, labels),
        ece_width_before=equal_width_calibration_error(before, labels),
        ece_width_after=equal_width_calibration_error(after, labels),
        brier_before=brier_score(before, labels),
        brier_after=brier_score(after, labels),
    )
