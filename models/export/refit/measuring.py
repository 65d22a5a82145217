"""Measuring: old heads against new ones on labels that came later than everything that was fitted to."""

import numpy as np
from numpy.typing import NDArray

from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.calibration import log_losses
from models.evaluation.metrics import areas
from models.export.refit.report import Difference, HeldOut

Floats = NDArray[np.floating]
N_RESAMPLES = 500


def measure_held_out(old: Floats, new: Floats, labels: NDArray[np.int8], seed: int) -> HeldOut | None:
    """One category; None without a labelled row.

    Args:
        old: calibrated probabilities by the old heads. *Shape:* `(n,)`.
        new: the same by the new ones.
        labels: 1, 0 or -1 for unknown. *Shape:* `(n,)`.
        seed: of the bootstrap.

    """
    known = labels >= 0
    if not known.any():
        return None
    old, new, yes = old[known].astype(np.float64), new[known].astype(np.float64), labels[known].astype(np.int64)
    before, after = log_losses(old, yes), log_losses(new, yes)
    weights = np.concatenate(list(resample_weights(np.zeros(len(yes), np.int64), N_RESAMPLES, seed)))
    found = HeldOut(
        n_rows=len(yes),
        n_positives=int(yes.sum()),
        log_loss_old=float(before.mean()),
        log_loss_new=float(after.mean()),
        log_loss=_between(float((after - before).mean()), weights @ (after - before) / len(yes)),
    )
    if not 0 < found.n_positives < found.n_rows:
        return found
    ranked = {name: areas(probs, yes).pr_auc[0] for name, probs in (("old", old), ("new", new))}
    resampled = areas(new, yes, weights).pr_auc - areas(old, yes, weights).pr_auc
    return found.model_copy(
        update={
            "pr_auc_old": float(ranked["old"]),
            "pr_auc_new": float(ranked["new"]),
            "pr_auc": _between(float(ranked["new"] - ranked["old"]), resampled),
        }
    )


def _between(value: float, resampled: NDArray[np.float64]) -> Difference:
    interval = estimate(value, resampled)
    return Difference(value=interval.value, low=interval.low, high=interval.high)
