"""Rates: how much of what was asked came out right, with intervals over cases.

The fillings of one case are not independent, and neither are the two hundred that a template could have been filled in:
whole cases are drawn with replacement, within flagged and clear ones, whose shares are a choice of ours.
"""

from collections.abc import Callable

import numpy as np

from models.evaluation.arrays import Bools, Floats, Ints
from models.evaluation.behaviour.judging import Sheet
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.metrics import areas, ratio
from models.evaluation.results import Estimate

Statistic = Callable[[Floats], Floats]
"""From row weights, *Shape:* `(r, n)`, to values, *Shape:* `(r,)`."""


def share(right: Bools, sheet: Sheet, rows: Bools, n_resamples: int, seed: int) -> Estimate:
    """The share of some trials that is right.

    Raises:
        ValueError: no row is chosen.

    """
    chosen = right[rows].astype(np.float64)
    return _estimate(lambda weights: ratio(weights @ chosen, weights.sum(axis=1)), sheet, rows, n_resamples, seed)


def average_precision(
    scores: Floats, harmful: Bools, sheet: Sheet, rows: Bools, n_resamples: int, seed: int
) -> Estimate:
    """How well a score ranks harmful texts before harmless ones, on some trials: area under precision and recall.

    Raises:
        ValueError: no row is chosen.

    """
    chosen, labels = scores[rows], harmful[rows].astype(np.int64)
    return _estimate(lambda weights: areas(chosen, labels, weights).pr_auc, sheet, rows, n_resamples, seed)


def _estimate(statistic: Statistic, sheet: Sheet, rows: Bools, n_resamples: int, seed: int) -> Estimate:
    cases, strata = _codes(sheet)
    if not rows.any():
        raise ValueError("a rate needs at least one trial")
    weights = resample_weights(strata[rows], n_resamples, seed, cases[rows])
    resampled = np.concatenate([statistic(chunk) for chunk in weights])
    return estimate(float(statistic(np.ones((1, int(rows.sum()))))[0]), resampled)


def _codes(sheet: Sheet) -> tuple[Ints, Ints]:
    """Numbers of each trial's case and of what it expects. *Shape:* `(n,)` each."""
    cases = [f"{trial.functionality}/{trial.case}" for trial in sheet.trials]
    expects = [str(trial.expect) for trial in sheet.trials]
    codes = (np.unique(np.asarray(names), return_inverse=True)[1].astype(np.int64) for names in (cases, expects))
    first, second = codes
    return first, second
