"""Memes: whether looking at words and picture together beats either alone, and beats adding the two up.

Every score is of a row that its model did not see; every threshold and every weight of late fusion is chosen on the
other folds. Systems are compared on the same resamples of near-duplicate groups, so that differences have intervals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.contracts.base import Value
from models.evaluation.arrays import Bools, Floats
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.metrics import areas, confusion
from models.evaluation.results import Estimate

N_RESAMPLES: Final = 1000
AVERAGE: Final = "late fusion, average"
STACKED: Final = "late fusion, stacked"
SUBJECT: Final = "names a politician"
_N_THRESHOLDS: Final = 199


@dataclass(frozen=True)
class MemeScores:
    """Held-out scores of memes.

    Attributes:
        harmful, politics: *Shape:* `(n,)`.
        groups, fold: near duplicates share both. *Shape:* `(n,)`.
        systems: any monotone scale, higher is more harmful. *Shape:* `(n,)` each.

    """

    harmful: Bools
    politics: Bools
    groups: NDArray[np.int64]
    fold: NDArray[np.int64]
    systems: Mapping[str, Floats]


class SystemResult(Value):
    """One system on all memes.

    Attributes:
        macro_f1, pr_auc, roc_auc: on all memes.
        roc_auc_politics, roc_auc_other: among memes on one subject, where naming it says nothing.
        f1_lead, auc_lead: the judged system's macro-F1 and ROC-AUC less this one's; None for the judged one itself.

    """

    macro_f1: Estimate
    pr_auc: Estimate
    roc_auc: Estimate
    roc_auc_politics: Estimate
    roc_auc_other: Estimate
    f1_lead: Estimate | None = None
    auc_lead: Estimate | None = None


class MemeComparison(Value):
    """All systems on the same memes.

    Attributes:
        judged: the system that the leads are of.
        n_memes, n_harmful, n_groups: what was measured.

    """

    judged: str
    n_memes: int
    n_harmful: int
    n_groups: int
    systems: dict[str, SystemResult]


@dataclass(frozen=True)
class _Draws:
    """One system on the sample (first) and on every resample. *Shape:* `(1 + r,)` each."""

    macro_f1: Floats
    pr_auc: Floats
    roc_auc: Floats
    roc_auc_politics: Floats
    roc_auc_other: Floats


def compare_systems(scores: MemeScores, judged: str, seed: int, n_resamples: int = N_RESAMPLES) -> MemeComparison:
    """Every system's numbers with intervals, and the judged one's lead over each."""
    strata = np.zeros(len(scores.harmful), dtype=np.int64)
    weights = list(resample_weights(strata, n_resamples, seed, scores.groups))
    draws = {name: _drawn(scores, values, weights) for name, values in scores.systems.items()}
    return MemeComparison(
        judged=judged,
        n_memes=len(scores.harmful),
        n_harmful=int(scores.harmful.sum()),
        n_groups=len(np.unique(scores.groups)),
        systems={name: _result(drawn, None if name == judged else draws[judged]) for name, drawn in draws.items()},
    )


def late_average(words: Floats, picture: Floats) -> Floats:
    """The mean of two logits. *Shape:* `(n,)`."""
    return (words + picture) / 2.0


def late_stacked(words: Floats, picture: Floats, harmful: Bools, fold: NDArray[np.int64]) -> Floats:
    """Two logits weighed by logistic regression, fitted on the other folds. *Shape:* `(n,)`."""
    both, stacked = np.stack([words, picture], axis=1), np.empty(len(words))
    for one in np.unique(fold):
        inside = fold == one
        stacked[inside] = LogisticRegression().fit(both[~inside], harmful[~inside]).decision_function(both[inside])
    return stacked


def flagged_across(scores: Floats, harmful: Bools, fold: NDArray[np.int64]) -> Bools:
    """What is flagged when every fold's threshold has the highest macro-F1 on the other folds. *Shape:* `(n,)`."""
    flagged = np.zeros(len(scores), dtype=np.bool_)
    for one in np.unique(fold):
        inside = fold == one
        flagged[inside] = scores[inside] >= best_threshold(scores[~inside], harmful[~inside])
    return flagged


def best_threshold(scores: Floats, harmful: Bools) -> float:
    """The score with the highest macro-F1 when everything at or above it is flagged; of equal ones the lowest."""
    candidates = np.unique(np.quantile(scores, np.linspace(0.0, 1.0, _N_THRESHOLDS)))
    found = [float(confusion(scores >= one, harmful.astype(np.int64)).macro_f1[0]) for one in candidates]
    return float(candidates[int(np.argmax(found))])


def disagreement(harmful: Bools, pairs: list[tuple[int, int]]) -> float:
    """Share of pairs of near-identical pictures whose labels contradict each other: what no model can get right."""
    return float(np.mean([harmful[left] != harmful[right] for left, right in pairs])) if pairs else 0.0


def false_alarm_rate(scores: Floats, threshold: float, groups: NDArray[np.integer], seed: int) -> Estimate:
    """Share of harmless rows at or above a threshold."""
    flagged = (scores >= threshold).astype(np.float64)
    weights = np.concatenate(list(resample_weights(np.zeros(len(scores), dtype=np.int64), N_RESAMPLES, seed, groups)))
    return estimate(float(flagged.mean()), weights @ flagged / weights.sum(axis=1))


def _drawn(scores: MemeScores, values: Floats, weights: list[Floats]) -> _Draws:
    labels = scores.harmful.astype(np.int64)
    flagged = flagged_across(values, scores.harmful, scores.fold)
    chunks = [np.ones((1, len(labels))), *weights]
    ranked = [areas(values, labels, chunk) for chunk in chunks]
    return _Draws(
        macro_f1=np.concatenate([confusion(flagged, labels, chunk).macro_f1 for chunk in chunks]),
        pr_auc=np.concatenate([one.pr_auc for one in ranked]),
        roc_auc=np.concatenate([one.roc_auc for one in ranked]),
        roc_auc_politics=_auc_among(scores.politics, values, labels, chunks),
        roc_auc_other=_auc_among(~scores.politics, values, labels, chunks),
    )


def _auc_among(rows: Bools, values: Floats, labels: NDArray[np.int64], chunks: list[Floats]) -> Floats:
    return np.concatenate([areas(values[rows], labels[rows], chunk[:, rows]).roc_auc for chunk in chunks])


def _result(draws: _Draws, judged: _Draws | None) -> SystemResult:
    return SystemResult(
        macro_f1=_estimate(draws.macro_f1),
        pr_auc=_estimate(draws.pr_auc),
        roc_auc=_estimate(draws.roc_auc),
        roc_auc_politics=_estimate(draws.roc_auc_politics),
        roc_auc_other=_estimate(draws.roc_auc_other),
        f1_lead=None if judged is None else _estimate(judged.macro_f1 - draws.macro_f1),
        auc_lead=None if judged is None else _estimate(judged.roc_auc - draws.roc_auc),
    )


def _estimate(draws: Floats) -> Estimate:
    return estimate(float(draws[0]), draws[1:])
