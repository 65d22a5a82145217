"""Results: everything an evaluation found, as one frozen value that is `report.json` and feeds `report.md`."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from models.contracts import Category, OperatingPoint
from models.contracts.base import Value

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]


class Estimate(Value):
    """A number and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class SystemAreas(Value):
    """One system on one category (or the mean over categories). PR-AUC is average precision."""

    pr_auc: Estimate
    roc_auc: Estimate


class PointResult(Value):
    """What one operating point finds on the test.

    Attributes:
        threshold: chosen on the calibration split.
        flagged_share: share of all rows at or above it.

    """

    threshold: Share
    precision: Share
    recall: Share
    f1: Share
    flagged_share: Share


class CalibrationResult(Value):
    """How honest the scores are, before (a plain sigmoid) and after calibration.

    Attributes:
        method: the family that calibrates this category.
        cv_log_loss: cross-validated log loss of each family that competed; empty when the bundle brought its own map.
        ece_before, ece_after: expected calibration error over bins of equal mass (the headline).
        ece_width_before, ece_width_after: the same over bins of equal width.

    """

    method: str
    cv_log_loss: dict[str, float]
    ece_before: Share
    ece_after: Share
    ece_width_before: Share
    ece_width_after: Share
    brier_before: Share
    brier_after: Share


class CategoryResult(Value):
    """One category on the test.

    Attributes:
        n_rows: rows with a known label and a score from every system that scores the category.
        n_positives: rows labelled yes among them.
        in_macro: it has enough positives and negatives to count in the mean.
        systems: the areas by system name, all on the same rows; empty when one class is missing.

    """

    category: Category
    n_rows: Count
    n_positives: Count
    in_macro: bool
    systems: dict[str, SystemAreas]
    points: dict[OperatingPoint, PointResult]
    calibration: CalibrationResult | None


class MacroResult(Value):
    """The mean over categories, the same ones for every system.

    Attributes:
        lead: PR-AUC of the model minus that of each other system, resampled in pairs.

    """

    categories: tuple[Category, ...]
    systems: dict[str, SystemAreas]
    lead: dict[str, Estimate]


class Metric(StrEnum):
    """What an official task is scored by."""

    F1 = "f1"
    MACRO_F1 = "macro_f1"
    """Mean of the F1 of both classes."""
    ACCURACY = "accuracy"


class PublishedScore(Value):
    """A score from the literature, and how far it can be compared."""

    value: float
    source: str
    comparable: str


class TaskResult(Value):
    """One official task by one output of one system.

    Attributes:
        output: the category or auxiliary output that decides.
        threshold: the best one on the validation rows of the same source.
        score: the task's metric on the test rows.

    """

    task: str
    source: str
    label: str
    metric: Metric
    system: str
    output: str
    threshold: float
    n_rows: Count
    n_positives: Count
    score: Estimate
    published: PublishedScore | None


class SliceResult(Value):
    """One category on the rows of one source.

    The areas, F1 and calibration error are None where the source has too few positives or negatives; the share flagged
    at the balanced point always stands: on a source without positives it is the false alarm rate.
    """

    category: Category
    source: str
    n_rows: Count
    n_positives: Count
    pr_auc: Share | None
    roc_auc: Share | None
    f1: Share | None
    ece: Share | None
    flagged_share: Share


class Mistake(StrEnum):
    """The two ways to be wrong."""

    FALSE_POSITIVE = "false_positive"
    FALSE_NEGATIVE = "false_negative"


class GalleryEntry(Value):
    """One confident mistake. The digest finds the text in the dataset; the text itself is never written here."""

    category: Category
    mistake: Mistake
    digest: str
    prob: Share
    source: str


class EvaluationResult(Value):
    """`report.json`.

    Attributes:
        model: name of the bundle or run; also its key among the systems.
        model_digest: sha256 of what was scored with.
        dataset_digest: digest of the dataset.
        split: the split that the numbers are about.
        n_rows: its rows, after any limit.
        macro: the model alone, over every category that it scores and that has enough rows.
        comparison: all systems, over the categories that every one of them scores; None without baselines.
        skipped: tasks that could not be scored, with the reason.

    """

    format: Literal[1] = 1
    model: str
    model_digest: str
    dataset_digest: str
    split: str
    n_rows: Count
    categories: tuple[CategoryResult, ...]
    macro: MacroResult | None
    comparison: MacroResult | None
    tasks: tuple[TaskResult, ...]
    slices: tuple[SliceResult, ...]
    gallery: tuple[GalleryEntry, ...]
    skipped: dict[str, str]
