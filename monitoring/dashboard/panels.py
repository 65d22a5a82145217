"""Panels: what a dashboard shows, on which tab, and how to read it. The same for every bundle."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Tab(StrEnum):
    """A page of the dashboard."""

    OVERVIEW = "Overview"
    TRAFFIC = "Traffic"
    MODEL = "Model"
    POLICY = "Policy"
    QUALITY = "Quality"
    SAFETY = "Safety"

    @property
    def text(self) -> str:
        """What its panels answer."""
        return _TEXTS[self]


_TEXTS: Final = {
    Tab.OVERVIEW: "Is anything wrong? Each point is one look at the newest window.",
    Tab.TRAFFIC: "What comes in?",
    Tab.MODEL: "What do the models make of it?",
    Tab.POLICY: "What does the policy do?",
    Tab.QUALITY: "Is it right, as far as reviewers have labelled it?",
    Tab.SAFETY: "What does it do for people?",
}


class Plot(StrEnum):
    """How a panel is drawn."""

    LINE = "line"
    BAR = "bar"
    STACKED = "stacked"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        key: under which points are kept; changing it loses the history of the panel.
        text: how to read it, in a sentence or two.

    """

    key: str
    tab: Tab
    plot: Plot
    title: str
    text: str
    is_wide: bool = False


_O, _T, _M, _P, _Q, _S = Tab.OVERVIEW, Tab.TRAFFIC, Tab.MODEL, Tab.POLICY, Tab.QUALITY, Tab.SAFETY
PANELS: Final = (
    Panel("now", _O, Plot.COUNTER, "Last look", "Real changes, open alarms and decisions of the newest window.", True),
    Panel("drift_share", _O, Plot.LINE, "Drift share", "Part of all things looked at that really changed, by group."),
    Panel(
        "alarms", _O, Plot.STACKED, "Alarms", "Open and acknowledged alarms by severity when the window was looked at."
    ),
    Panel("status", _O, Plot.STACKED, "Verdicts", "One a look. Undetermined is no all-clear: the report says why."),
    Panel(
        "effect",
        _O,
        Plot.LINE,
        "Largest changes",
        "Effects as multiples of where they begin to matter; at most five a look.",
    ),
    Panel("volume", _T, Plot.BAR, "Decisions", "Decisions of each window, and items that got none."),
    Panel("language", _T, Plot.STACKED, "Languages", "Share of the decisions; rare ones are together."),
    Panel("surface", _T, Plot.STACKED, "Surfaces", "Share of the decisions; rare ones are together."),
    Panel("text", _T, Plot.LINE, "Text features", "Means: disguised words, undone characters, addresses, repeats."),
    Panel("system", _T, Plot.LINE, "Latency", "Milliseconds at the server, median and 95 %."),
    Panel(
        "prevalence",
        _M,
        Plot.LINE,
        "Category prevalence",
        "Mean calibrated probability: the share that is harmful if scores mean what they say.",
    ),
    Panel(
        "score_p95", _M, Plot.LINE, "Score distributions: 95 %", "One in twenty decisions scores higher, by category."
    ),
    Panel(
        "score_bands",
        _M,
        Plot.STACKED,
        "Score distributions: highest score",
        "Share of decisions by the highest probability of any category.",
    ),
    Panel(
        "distance",
        _M,
        Plot.LINE,
        "Distances to the reference",
        "Evidently's distances as multiples of their thresholds: the largest of a group.",
    ),
    Panel("action", _P, Plot.STACKED, "Action mix", "Share of the decisions by action.", True),
    Panel("flagged", _P, Plot.LINE, "Flagged and sent to review", "Shares of the decisions."),
    Panel("severity", _P, Plot.STACKED, "Severity", "Share of the decisions by their highest severity."),
    Panel("precision", _Q, Plot.LINE, "Precision by reviewed labels", "Right flags among all flags, by category."),
    Panel("recall", _Q, Plot.LINE, "Recall by reviewed labels", "Harmful items that were flagged, by category."),
    Panel("pr_auc", _Q, Plot.LINE, "Ranking by reviewed labels", "Area under precision and recall, by category."),
    Panel(
        "ece",
        _Q,
        Plot.LINE,
        "Calibration error by reviewed labels",
        "Expected distance of score and truth, by category.",
    ),
    Panel(
        "sampled_prevalence",
        _S,
        Plot.LINE,
        "Prevalence by the random sample",
        "Share of harmful items as people found it, by category.",
    ),
    Panel(
        "rates_percent",
        _S,
        Plot.LINE,
        "Proactive, reported, overturned, appealed",
        "Per cent; docs/metrics.md defines each.",
    ),
    Panel("reports", _S, Plot.LINE, "User reports", "By category of the decision."),
    Panel("action_s", _S, Plot.LINE, "Time to action", "Seconds from the request, median and 90 %."),
    Panel("answers_h", _S, Plot.LINE, "Time to an answer", "Hours from report, queue and appeal, median and 90 %."),
    Panel(
        "agreement",
        _S,
        Plot.LINE,
        "Reviewers",
        "Agreement (Krippendorff's alpha) and right answers on items that are known.",
    ),
)
"""In the order of the page."""
