"""Catalogue: every metric by its name, with what it is. docs/metrics.md has the formulas and their sources."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """What a number is measured in."""

    SHARE = "share"
    """In [0, 1]."""
    SECONDS = "seconds"
    COUNT = "count"
    """Of reports or impressions."""
    AGREEMENT = "agreement"
    """At most 1; 0 is what chance gives."""
    SCORE = "score"
    """In [0, 1]: areas and losses of probabilities."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a metric is.

    Attributes:
        has_categories: it is measured by harm, too.

    """

    name: str
    title: str
    unit: Unit
    has_categories: bool = False


SAFETY: Final = (
    Definition("prevalence", "Harmful items among all", Unit.SHARE, has_categories=True),
    Definition("prevalence_assisted", "Harmful items among all, helped by the scores", Unit.SHARE, has_categories=True),
    Definition("missed_prevalence", "Harmful items that were allowed, among all", Unit.SHARE),
    Definition("views_prevalence", "Views of harmful items among all views", Unit.SHARE, has_categories=True),
    Definition("harmful_impressions", "Views of harmful items that stayed visible", Unit.COUNT, has_categories=True),
    Definition("sample_answered", "Answered part of the random review sample", Unit.SHARE),
    Definition("actioned_rate", "Decisions with an action", Unit.SHARE),
    Definition("proactive_rate", "Acted on before any user reported it", Unit.SHARE),
    Definition("user_reports", "User reports", Unit.COUNT, has_categories=True),
    Definition("reported_rate", "Decisions on items that users reported", Unit.SHARE),
    Definition("appeal_rate", "Actions that were appealed", Unit.SHARE),
    Definition("valid_appeal_rate", "Actions that an appeal found wrong", Unit.SHARE),
    Definition("overturn_rate", "Decided appeals that found the action wrong", Unit.SHARE),
    Definition("review_overturn_rate", "Reviewed actions that the reviewer overturned", Unit.SHARE),
    Definition("action_agreement", "Krippendorff's alpha of actions", Unit.AGREEMENT),
    Definition("label_agreement", "Krippendorff's alpha of labels", Unit.AGREEMENT),
    Definition("golden_action_accuracy", "Right actions on items with known answers", Unit.SHARE),
    Definition("golden_label_accuracy", "Right labels on items with known answers", Unit.SHARE),
    Definition("time_to_action_p50", "From the request to the action, median", Unit.SECONDS),
    Definition("time_to_action_p90", "From the request to the action, 90 %", Unit.SECONDS),
    Definition("report_to_action_p50", "From a user report to the action, median", Unit.SECONDS),
    Definition("report_to_action_p90", "From a user report to the action, 90 %", Unit.SECONDS),
    Definition("time_to_verdict_p50", "From the queue to the verdict, median", Unit.SECONDS),
    Definition("time_to_verdict_p90", "From the queue to the verdict, 90 %", Unit.SECONDS),
    Definition("appeal_answer_p50", "From an appeal to its answer, median", Unit.SECONDS),
    Definition("appeal_answer_p90", "From an appeal to its answer, 90 %", Unit.SECONDS),
)
QUALITY: Final = (
    Definition("base_rate", "Positives among all decisions", Unit.SHARE, has_categories=True),
    Definition("precision", "Right flags", Unit.SHARE, has_categories=True),
    Definition("recall", "Positives that are flagged", Unit.SHARE, has_categories=True),
    Definition("pr_auc", "Area under precision and recall", Unit.SCORE, has_categories=True),
    Definition("roc_auc", "Area under the ROC curve", Unit.SCORE, has_categories=True),
    Definition("brier", "Brier score", Unit.SCORE, has_categories=True),
    Definition("ece", "Expected calibration error", Unit.SCORE, has_categories=True),
)
DEFINITIONS: Final = {definition.name: definition for definition in (*SAFETY, *QUALITY)}
