"""Losses: what a wrong logit costs, where the truth is known. Unknown labels cost nothing and teach nothing."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.training.config import LossConfig

UNKNOWN = -1


def masked_loss(
    logits: Tensor, targets: Tensor, row_weights: Tensor, balance: Tensor, config: LossConfig
) -> tuple[Tensor, Tensor]:
    """The summed loss of known cells, and what to divide it by for their mean.

    Args:
        logits: float32. *Shape:* `(n, L)`.
        targets: 1 yes, 0 no, -1 unknown. *Shape:* `(n, L)`.
        row_weights: trust in each row, positive. *Shape:* `(n,)`.
        balance: what a positive and a cell of each label count. *Shape:* `(2, L)`, see `label_balance`.
        config: kind of loss and gamma.

    Returns:
        Two scalars: the sum, and the number of known cells weighted by row; both 0 where nothing is known.

    """
    known = targets != UNKNOWN
    truth = (targets == 1).to(logits.dtype)
    weights = known * row_weights.unsqueeze(1) * torch.where(truth > 0, balance[0], 1.0) * balance[1]
    cells = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    if config.kind == "focal":
        cells = cells * focal_factor(logits, truth, config.focal_gamma)
    return (cells * weights).sum(), (known * row_weights.unsqueeze(1)).sum()


def focal_factor(logits: Tensor, truth: Tensor, gamma: float) -> Tensor:
    """`(1 - p_t) ** gamma`: cells that are already right count less. *Shape:* `(n, L)`.

    Source: Lin et al. (2017), "Focal loss for dense object detection", equation 4 (alpha is our class balance).
    """
    signs = 2.0 * truth - 1.0
    return torch.sigmoid(-signs * logits) ** gamma


def label_balance(targets: NDArray[np.int8], n_labels: int, config: LossConfig) -> Tensor:
    """Weight of a positive, and of any cell, by label.

    A positive of a label counts `(negatives / positives) ** power` times a negative, at least once and at most `cap`
    times; the square root is the usual middle between ignoring imbalance and undoing it.

    Args:
        targets: the training labels. *Shape:* `(n, L)`.
        n_labels: how many of the columns are categories; the rest are auxiliary.
        config: power, cap and the weight of auxiliary columns.

    Returns:
        float32. *Shape:* `(2, L)`.

    """
    positives = np.maximum((targets == 1).sum(axis=0), 1)
    negatives = np.maximum((targets == 0).sum(axis=0), 1)
    positive_weights = np.clip((negatives / positives) ** config.positive_power, 1.0, config.positive_cap)
    cell_weights = np.where(np.arange(targets.shape[1]) < n_labels, 1.0, config.auxiliary_weight)
    return torch.tensor(np.stack([positive_weights, cell_weights]), dtype=torch.float32)
