"""Choosing: whether a head moves at all, and how far: by cross-validation over what people said.

A head moves only when the rows that a fold left out are better predicted after it than before, by more than a standard
error: refitting to few labels by few people must not undo what a hundred thousand have taught. Near-duplicates are one
observation there, or a flood of one message would look like a hundred opinions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.calibration import log_losses
from models.evaluation.metrics import areas
from models.export.refit.fitting import Float64s, Move, Rows, fit_move
from models.runtime.calibration import sigmoid

STRENGTHS: Final = (3_000.0, 300.0, 30.0, 3.0)
"""From hardly to almost freely; each is fitted from the one before."""
TIED: Final = STRENGTHS[:2]
"""Those that are tried where the first training's data is not at hand to be rehearsed: a head that moves freely by a
few hundred labels forgets what it knew of everything else (`python -m scripts.bench.refit`)."""
N_FOLDS: Final = 4
MIN_EACH: Final = 10
"""Reviewed rows of either class; with fewer a head stays."""
GUARD_LOSS: Final = 0.01
"""PR-AUC that a head may lose on the data it was trained for."""


@dataclass(frozen=True)
class Choice:
    """What becomes of one head.

    Attributes:
        move: None where it stays.
        strength: of the prior; None where it stays.
        gain: log loss a row that cross-validation gained, in nats, and its standard error.
        reason: why it stays; empty where it moves.

    """

    move: Move | None
    strength: float | None = None
    gain: float = 0.0
    gain_error: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Task:
    """One head and what is known for it.

    Attributes:
        reviewed: rows that people labelled.
        groups: of them; near-duplicates are in one fold. *Shape:* `(n,)`.
        rehearsal: rows of the data it was trained on, which weigh as much as the reviewed ones together.
        guard: other rows of that data, on which it must not get worse; empty where the data is not at hand.
        scale, shift: of its calibration.

    """

    reviewed: Rows
    groups: NDArray[np.int64]
    rehearsal: Rows
    guard: Rows
    scale: float
    shift: float

    @property
    def strengths(self) -> tuple[float, ...]:
        """Of the prior, that are tried."""
        return STRENGTHS if len(self.rehearsal.labels) else TIED


def choose_move(task: Task) -> Choice:
    """Move a head if that is better, by as much as is best."""
    n_yes = int(task.reviewed.labels.sum())
    n_no = len(task.reviewed.labels) - n_yes
    if min(n_yes, n_no) < MIN_EACH:
        return Choice(None, reason=f"too few reviewed: {n_yes} yes and {n_no} no, of {MIN_EACH} each")
    n_groups = len(np.unique(task.groups))
    if n_groups < N_FOLDS:
        return Choice(None, reason=f"too few reviewed: {n_groups} texts without near-duplicates, of {N_FOLDS}")
    before = _losses(task, task.reviewed.logits)
    after = _cross_validated(task)
    best = int(np.argmin([np.average(losses, weights=task.reviewed.weights) for losses in after]))
    gains = before - after[best]
    gain = float(np.average(gains, weights=task.reviewed.weights))
    error = _clustered_error(gains, task.reviewed.weights, task.groups)
    if gain <= error:
        return Choice(None, gain=gain, gain_error=error, reason="cross-validation finds nothing to gain")
    move = _path(task, task.reviewed, task.strengths[: best + 1])[-1]
    lost = _guard_loss(task, move)
    if lost > GUARD_LOSS:
        return Choice(None, gain=gain, gain_error=error, reason=f"it would lose {lost:.3f} PR-AUC on its training data")
    return Choice(move, task.strengths[best], gain, error)


def _clustered_error(gains: Float64s, weights: Float64s, groups: NDArray[np.int64]) -> float:
    """The standard error of a weighted mean whose rows are alike within groups.

    Source: Liang & Zeger (1986), "Longitudinal data analysis using generalized linear models": the sandwich estimate
    of a mean, by sums of residuals over clusters.
    """
    residuals = weights * (gains - np.average(gains, weights=weights))
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], weights=residuals)
    n_groups = len(sums)
    return float(np.sqrt((sums**2).sum() * n_groups / (n_groups - 1)) / weights.sum())


def _cross_validated(task: Task) -> list[Float64s]:
    """Log losses of every row, fitted without its fold, by strength."""
    folds = np.unique(task.groups, return_inverse=True)[1] % N_FOLDS
    losses = [np.empty(len(folds)) for _ in task.strengths]
    for fold in range(N_FOLDS):
        left_out = folds == fold
        moves = _path(task, task.reviewed.at(~left_out), task.strengths)
        for found, move in zip(losses, moves, strict=True):
            found[left_out] = _losses(task, move.logits(task.reviewed))[left_out]
    return losses


def _path(task: Task, reviewed: Rows, strengths: Sequence[float]) -> list[Move]:
    rows = reviewed + _weighed(task.rehearsal, float(reviewed.weights.sum()))
    moves: list[Move] = []
    for strength in strengths:
        moves.append(fit_move(rows, task.scale, task.shift, strength, moves[-1] if moves else None))
    return moves


def _weighed(rehearsal: Rows, total: float) -> Rows:
    n = max(1, len(rehearsal.labels))
    return Rows(rehearsal.logits, rehearsal.inputs, rehearsal.labels, np.full(len(rehearsal.labels), total / n))


def _losses(task: Task, logits: Float64s) -> Float64s:
    return log_losses(sigmoid(task.scale * logits + task.shift), task.reviewed.labels.astype(np.int64))


def _guard_loss(task: Task, move: Move) -> float:
    yes = task.guard.labels.astype(np.int64)
    if not 0 < yes.sum() < len(yes):
        return 0.0
    before, after = (areas(logits, yes).pr_auc[0] for logits in (task.guard.logits, move.logits(task.guard)))
    return float(before - after)
