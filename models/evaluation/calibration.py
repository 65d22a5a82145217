"""Calibration: the map from a logit to the probability that an annotator would say yes, chosen by measurement.

Three families compete, simplest first: temperature (one number), Platt (two numbers) and isotonic (a free monotone
curve). The family with the lowest cross-validated log loss wins. Log loss, not calibration error, decides, because it
is a proper score: no family can win by pooling everything into the base rate.

All three train on Platt's smoothed targets, `(n_pos + 1) / (n_pos + 2)` for yes and `1 / (n_neg + 2)` for no, so that
a separable sample gives finite parameters and no curve ends in a certain 0 or 1.
Source: Platt (1999), "Probabilistic outputs for support vector machines", section 2.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.isotonic import isotonic_regression
from sklearn.model_selection import StratifiedKFold

from models.contracts import Calibration, IsotonicCalibration, PlattCalibration
from models.evaluation.arrays import Floats, Ints
from models.runtime.calibration import apply_calibration

N_FOLDS = 5
MIN_ROWS_TO_COMPARE = 10
"""Fewer positives (or negatives) than this and a fold would hold one at most: Platt, without a contest. Temperature
cannot move the base rate: a head trained on balanced classes needs that most where positives are few."""
MIN_ROWS_FOR_ISOTONIC = 100
"""Fewer positives (or negatives) than this and a free curve mostly fits noise: only temperature and Platt compete."""
MAX_KNOTS = 64
MIN_PROB = 1e-4
"""No curve promises more certainty than 1 in 10,000, whatever the sample says."""
LOG_SCALE_BOUNDS = (float(np.log(1e-3)), float(np.log(1e2)))
SHIFT_BOUNDS = (-50.0, 50.0)
LOGIT_DECIMALS = 6
"""Logits are told apart to 1e-6 when knots are placed, so that interpolation between two knots is well conditioned."""
SAME_BLOCK = 1e-12
"""Levels closer than this are one block; they differ by rounding only."""


class Family(StrEnum):
    """A family of calibration maps, from the simplest to the freest."""

    TEMPERATURE = "temperature"
    PLATT = "platt"
    ISOTONIC = "isotonic"


@dataclass(frozen=True)
class CalibrationChoice:
    """What was fitted, and the contest that chose it.

    Attributes:
        calibration: the winner, fitted on all rows.
        log_losses: cross-validated mean log loss of each family that competed; empty where there was no contest.
        n_rows: rows it was fitted on.
        n_positives: rows labelled yes among them.

    """

    calibration: Calibration
    log_losses: dict[Family, float]
    n_rows: int
    n_positives: int


def fit_calibration(logits: NDArray[np.floating], labels: NDArray[np.integer], seed: int) -> Calibration:
    """The best of temperature, Platt and isotonic for one category; see `choose_calibration`."""
    return choose_calibration(logits, labels, seed).calibration


def choose_calibration(logits: NDArray[np.floating], labels: NDArray[np.integer], seed: int) -> CalibrationChoice:
    """Fit every family that the sample can carry, and keep the one with the lowest cross-validated log loss.

    Degenerate samples are not errors: with one class only (or no rows) nothing can be measured and the identity
    (temperature 1) is returned; with fewer than `MIN_ROWS_TO_COMPARE` rows of either class Platt is fitted without a
    contest; with fewer than `MIN_ROWS_FOR_ISOTONIC` isotonic does not compete. Ties go to the simpler family.

    Args:
        logits: *Shape:* `(n,)`, finite. One category's raw model outputs on rows the model was not trained on.
        labels: *Shape:* `(n,)`, 0 or 1. Rows with an unknown label are left out by the caller.
        seed: fixes the folds.

    Raises:
        ValueError: shapes differ, a logit is not finite, or a label is neither 0 nor 1.

    """
    x, y = _checked(logits, labels)
    n_positives = int(y.sum())
    n_rarer = min(n_positives, len(y) - n_positives)
    if n_rarer == 0:
        return CalibrationChoice(PlattCalibration(method="temperature", scale=1.0), {}, len(y), n_positives)
    if n_rarer < MIN_ROWS_TO_COMPARE:
        return CalibrationChoice(fit_platt(x, y), {}, len(y), n_positives)
    families = [family for family in Family if family is not Family.ISOTONIC or n_rarer >= MIN_ROWS_FOR_ISOTONIC]
    losses = {family: cross_validated_log_loss(x, y, family, seed) for family in families}
    winner = min(families, key=lambda family: losses[family])
    return CalibrationChoice(_FITTERS[winner](x, y), losses, len(y), n_positives)


def cross_validated_log_loss(logits: Floats, labels: Ints, family: Family, seed: int) -> float:
    """Mean log loss of rows scored by a map that was fitted without their fold."""
    folds = StratifiedKFold(n_splits=N_FOLDS, shuffle=True, random_state=seed)
    losses = np.empty(len(labels))
    for fit, held_out in folds.split(logits.reshape(-1, 1), labels):
        calibration = _FITTERS[family](logits[fit], labels[fit])
        losses[held_out] = log_losses(apply_calibration(logits[held_out], calibration), labels[held_out])
    return float(losses.mean())


def log_losses(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> Floats:
    """Negative log likelihood of each row, in nats. *Shape:* `(n,)`. Certain mistakes are capped at `-log(1e-12)`."""
    right = np.where(labels == 1, probs, 1.0 - probs.astype(np.float64))
    losses: Floats = -np.log(np.clip(right, 1e-12, 1.0))
    return losses


def fit_temperature(logits: Floats, labels: Ints) -> PlattCalibration:
    """One positive scale. Source: Guo et al. (2017), "On calibration of modern neural networks", section 4."""
    scale, _ = _fit_sigmoid(logits, labels, (0.0, 0.0))
    return PlattCalibration(method="temperature", scale=scale)


def fit_platt(logits: Floats, labels: Ints) -> PlattCalibration:
    """One positive scale and a shift. Source: Platt (1999), section 2."""
    scale, shift = _fit_sigmoid(logits, labels, SHIFT_BOUNDS)
    return PlattCalibration(method="platt", scale=scale, shift=shift)


def fit_isotonic(logits: Floats, labels: Ints) -> IsotonicCalibration:
    """A monotone curve through the centres of the pooled blocks.

    Pooling adjacent violators gives a staircase; interpolating between block centres instead of drawing the stairs
    keeps the ranking inside a block, so that calibrating costs almost no PR-AUC.

    Source: Zadrozny & Elkan (2002); Oron & Flournoy (2017), "Centered isotonic regression".
    """
    values, inverse = np.unique(np.round(logits, LOGIT_DECIMALS), return_inverse=True)
    weights = np.bincount(inverse).astype(np.float64)
    positives = np.bincount(inverse, weights=labels)  # Whole numbers: their sum does not depend on the order of rows.
    no, yes = target_range(labels)
    means = no + (yes - no) * positives / weights
    fitted = np.asarray(isotonic_regression(means, sample_weight=weights), dtype=np.float64)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(fitted) > SAME_BLOCK]))
    sizes = np.add.reduceat(weights, starts)
    centres = np.add.reduceat(values * weights, starts) / sizes
    kept = _thinned(sizes)
    return _isotonic(centres[kept], np.clip(fitted[starts][kept], MIN_PROB, 1.0 - MIN_PROB))


def smoothed_targets(labels: Ints) -> Floats:
    """Platt's targets, a little inside 0 and 1. *Shape:* `(n,)`. Source: Platt (1999), equation 9 ff."""
    no, yes = target_range(labels)
    return np.where(labels == 1, yes, no)


def target_range(labels: Ints) -> tuple[float, float]:
    """The target of a no and of a yes."""
    n_positives = float(labels.sum())
    return 1.0 / (len(labels) - n_positives + 2.0), (n_positives + 1.0) / (n_positives + 2.0)


def _isotonic(logits: Floats, probs: Floats) -> IsotonicCalibration:
    if len(logits) == 1:  # One block: the logit says nothing, the curve is flat, and a flat curve has two ends.
        logits, probs = np.array([logits[0], logits[0] + 1.0]), np.repeat(probs, 2)
    return IsotonicCalibration(logits=tuple(logits.tolist()), probs=tuple(probs.tolist()))


def _thinned(sizes: Floats) -> Ints:
    """Which of the knots to keep: both ends, and between them evenly by the number of rows behind a knot."""
    if len(sizes) <= MAX_KNOTS:
        return np.arange(len(sizes))
    share = np.cumsum(sizes) / sizes.sum()
    inner = np.searchsorted(share, np.linspace(0.0, 1.0, MAX_KNOTS)[1:-1])
    return np.unique(np.concatenate([[0], inner, [len(sizes) - 1]]))


def _fit_sigmoid(logits: Floats, labels: Ints, shift_bounds: tuple[float, float]) -> tuple[float, float]:
    """Scale and shift with the least log loss against the smoothed targets; convex in both."""
    targets = smoothed_targets(labels)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        scale = np.exp(parameters[0])
        scores = scale * logits + parameters[1]
        errors = 1.0 / (1.0 + np.exp(-np.clip(scores, -500.0, 500.0))) - targets
        value = float((np.logaddexp(0.0, scores) - targets * scores).mean())
        return value, np.array([(errors * logits).mean() * scale, errors.mean()])

    fit = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[LOG_SCALE_BOUNDS, shift_bounds])
    return float(np.exp(fit.x[0])), float(fit.x[1])


def _checked(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> tuple[Floats, Ints]:
    x, y = np.asarray(logits, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"logits and labels have one entry a row, not shapes {x.shape} and {y.shape}")
    if not np.isfinite(x).all():
        raise ValueError("every logit is finite")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("every label is 0 or 1: leave rows with an unknown label out")
    return x, y


_FITTERS: dict[Family, Callable[[Floats, Ints], Calibration]] = {
    Family.TEMPERATURE: fit_temperature,
    Family.PLATT: fit_platt,
    Family.ISOTONIC: fit_isotonic,
}
