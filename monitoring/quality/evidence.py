"""Evidence: the labelled decisions of one category, with what each stands for.

Two kinds of labels speak of different things. The random review sample speaks of all decisions. The queue of the policy
holds what the policy was unsure of, worked by priority: it speaks of that, and can be weighed to the distribution of
scores among the decisions that were flagged, and to nothing beyond what was ever queued.

Source: Holt & Smith (1979), "Post stratification".
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.quality.thresholds import Thresholds
from monitoring.safety.intervals import Floats
from monitoring.safety.metric import Basis
from monitoring.safety.part import Part
from monitoring.windows.columns import SCORE_PREFIX
from monitoring.windows.window import Window

Everyone = Window | Part
"""Whose scores the labels are weighed to: a window, or a random part of its decisions."""

SAMPLE: Final = "sample"
SUGGESTED: Final = "suggested"
QUEUED: Final = "review"
MIN_LABELS: Final = 30
"""In all, and among flags for precision."""
MIN_RARER: Final = 10
"""Of the rarer answer: a curve through fewer positives is a story about each of them."""
_N_STRATA: Final = 10
_MIN_IN_STRATUM: Final = 5


@dataclass(frozen=True)
class Evidence:
    """Labelled decisions. All arrays have *Shape:* `(n,)`.

    Attributes:
        probs: what the model said.
        yes: what people say, 1.0 or 0.0.
        weights: how many decisions each stands for, up to a factor.
        strata: rows of one stratum are drawn among themselves in resamples.
        thresholds: the balanced operating point of the bundle that scored; NaN where it is not known.
        at_us: when it was decided.

    """

    probs: Floats
    yes: Floats
    weights: Floats
    strata: NDArray[np.int64]
    thresholds: Floats
    at_us: NDArray[np.int64]
    basis: Basis

    def __len__(self) -> int:
        """Labelled decisions."""
        return len(self.yes)

    @property
    def n_rarer(self) -> int:
        """Of the answer that fewer have."""
        return int(min(self.yes.sum(), len(self) - self.yes.sum()))

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """At or above the balanced operating point."""
        return self.probs >= self.thresholds  # NaN is never reached

    @property
    def has_thresholds(self) -> bool:
        """Every row has an operating point."""
        return not np.isnan(self.thresholds).any()

    def take(self, chosen: NDArray[np.bool_]) -> "Evidence":
        """Some of the rows."""
        return Evidence(
            probs=self.probs[chosen],
            yes=self.yes[chosen],
            weights=self.weights[chosen],
            strata=self.strata[chosen],
            thresholds=self.thresholds[chosen],
            at_us=self.at_us[chosen],
            basis=self.basis,
        )


def sampled_evidence(labels: pd.DataFrame, thresholds: Thresholds) -> Evidence:
    """The random sample of one category.

    Args:
        labels: rows of one category with a score, as `reviewed_labels` gives them. Without the column `weight` nobody
            has added what reviewers did not see, and such a sample is none.
        thresholds: operating points by bundle.

    """
    mine = labels[labels["origin"] == SAMPLE] if "weight" in labels else labels.iloc[:0]
    weights = mine["weight"].to_numpy(np.float64) if "weight" in mine else np.ones(0)
    return _evidence(mine, weights, np.zeros(len(mine), dtype=np.int64), thresholds, Basis.SAMPLED)


def queued_evidence(labels: pd.DataFrame, thresholds: Thresholds, window: Everyone | None) -> Evidence:
    """Everything that was labelled without monitoring asking for it, weighed to the scores of the window.

    Each label stands for the decisions of the window with scores like its own. Without a window each stands for itself.
    """
    mine = labels[labels["origin"] != SUGGESTED]
    probs = mine["prob"].to_numpy(np.float64)
    everyone = _scores(window, str(mine["category"].iloc[0])) if window is not None and len(mine) else None
    if everyone is None or not len(everyone[0]):
        strata = np.zeros(len(mine), dtype=np.int64)
        return _evidence(mine, np.ones(len(mine)), strata, thresholds, Basis.SELECTED)
    strata, weights = post_stratify(probs, *everyone)
    return _evidence(mine, weights, strata, thresholds, Basis.SELECTED)


def post_stratify(probs: Floats, everyone: Floats, weights: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Strata of labelled rows by their scores, and `N_h / n_h` for each row.

    Edges are quantiles of the labelled scores, so that every stratum has about as many labels. Decisions below the
    lowest labelled score are in none: nobody looked there.

    Args:
        probs: of the labelled. *Shape:* `(n,)`.
        everyone: of the window's rows. *Shape:* `(m,)`.
        weights: of the window's rows. *Shape:* `(m,)`.

    """
    n_strata = max(1, min(_N_STRATA, len(probs) // _MIN_IN_STRATUM))
    edges = np.unique(np.quantile(probs, np.linspace(0.0, 1.0, n_strata + 1)[1:-1]))
    strata = np.searchsorted(edges, probs, side="right")
    seen = everyone >= probs.min()
    theirs = np.searchsorted(edges, everyone[seen], side="right")
    n_labelled = np.bincount(strata, minlength=len(edges) + 1)
    n_decisions = np.bincount(theirs, weights=weights[seen], minlength=len(edges) + 1)
    scale = np.maximum(n_decisions, n_labelled) / np.maximum(n_labelled, 1)  # labels of purged or unsampled decisions
    return strata.astype(np.int64), np.asarray(scale[strata], dtype=np.float64)


def _scores(window: Everyone, category: str) -> tuple[Floats, Floats] | None:
    """Probabilities and weights of the decisions of which a model scored the category."""
    name = f"{SCORE_PREFIX}{category}"
    if isinstance(window, Part):
        probs = window.probs_of(category)
        return probs, np.ones(len(probs))
    if name not in window.frame:
        return None
    everything = window.frame[name].to_numpy(np.float64)
    scored = np.isfinite(everything)
    return everything[scored], window.frame["weight"].to_numpy(np.float64)[scored]


def _evidence(
    rows: pd.DataFrame, weights: Floats, strata: NDArray[np.int64], thresholds: Thresholds, basis: Basis
) -> Evidence:
    points = [
        thresholds.balanced(bundle, category)
        for bundle, category in zip(rows["bundle"].tolist(), rows["category"].tolist(), strict=True)
    ]
    return Evidence(
        probs=rows["prob"].to_numpy(np.float64),
        yes=rows["label"].to_numpy(np.float64),
        weights=weights,
        strata=strata,
        thresholds=np.array(points, dtype=np.float64),
        at_us=rows["decided_at_us"].to_numpy(np.int64),
        basis=basis,
    )
