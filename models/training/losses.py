"""Losses: what a wrong logit costs, where the truth is known. Unknown labels cost nothing and teach nothing."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.training.config import LossConfig

UNKNOWN = -1


def masked_loss(
    logits: Tensor,
    targets: Tensor,
    row_weights: Tensor,
    balance: Tensor,
    config: LossConfig,
    smoothing: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The summed loss of known cells, and what to divide it by for their mean.

    Args:
        logits: float32. *Shape:* `(n, L)`.
        targets: 1 yes, 0 no, -1 unknown. *Shape:* `(n, L)`.
        row_weights: trust in each row, positive. *Shape:* `(n,)`.
        balance: what a positive and a cell of each label count. *Shape:* `(2, L)`, see `label_balance`.
        config: kind of loss and gamma.
        smoothing: how far each row's labels are drawn towards a half, in [0, 1]. *Shape:* `(n,)`.

    Returns:
        Two scalars: the sum, and the number of known cells weighted by row; both 0 where nothing is known.

    """
    known = targets != UNKNOWN
    truth = (targets == 1).to(logits.dtype)
    weights = known * row_weights.unsqueeze(1) * torch.where(targets == 1, balance[0], 1.0) * balance[1]
    if smoothing is not None:
        truth = truth + smoothing.unsqueeze(1) * (0.5 - truth)
    cells = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    if config.kind == "focal":
        cells = cells * focal_factor(logits, truth, config.focal_gamma)
    return (cells * weights).sum(), (known * row_weights.unsqueeze(1)).sum()


def focal_factor(logits: Tensor, truth: Tensor, gamma: float) -> Tensor:
    """`|truth - p| ** gamma`: cells that are already right count less. *Shape:* `(n, L)`.

    With truth 0 or 1 this is `(1 - p_t) ** gamma`.

    Source: Lin et al. (2017), "Focal loss for dense object detection", equation 4 (alpha is our class balance).
    """
    return (truth - torch.sigmoid(logits)).abs() ** gamma


def evidence_loss(token_logits: Tensor, evidence: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the evidence column, a mean over each row's known tokens, summed over rows.

    Args:
        token_logits: of the evidence column, float32. *Shape:* `(n, t)`.
        evidence: 1 yes, 0 no, -1 unknown. *Shape:* `(n, t)`.
        weight: what a row with known tokens counts.

    Returns:
        Two scalars: the weighted sum, and the weight of the rows it is of.

    """
    known = (evidence >= 0).to(token_logits.dtype)
    cells = functional.binary_cross_entropy_with_logits(
        token_logits, evidence.clamp(min=0).to(token_logits.dtype), reduction="none"
    )
    n_known = known.sum(dim=1)
    rows = (cells * known).sum(dim=1) / n_known.clamp(min=1.0)
    return weight * rows.sum(), weight * (n_known > 0).sum()


def distillation_loss(logits: Tensor, teacher_logits: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """Cross-entropy against the teacher's probabilities, every label of every row.

    Source: Hinton et al. (2015), "Distilling the knowledge in a neural network", temperature 1, for many labels.

    Args:
        logits: of the model that learns. *Shape:* `(n, L)`.
        teacher_logits: of the model it learns from. *Shape:* `(n, L)`.
        weight: what a cell counts beside a known one.

    Returns:
        Two scalars: the weighted sum, and the weight of the cells it is of.

    """
    cells = functional.binary_cross_entropy_with_logits(logits, torch.sigmoid(teacher_logits), reduction="none")
    return weight * cells.sum(), logits.new_tensor(weight * cells.numel())


def label_balance(targets: NDArray[np.int8], n_labels: int, config: LossConfig, names: Sequence[str] = ()) -> Tensor:
    """Weight of a positive, and of any cell, by label.

    A positive of a label counts `(negatives / positives) ** power` times a negative, at least once and at most `cap`
    times; the square root is the usual middle between ignoring imbalance and undoing it.

    Args:
        targets: the training labels. *Shape:* `(n, L)`.
        n_labels: how many of the columns are categories; the rest are auxiliary.
        config: power, cap and the weights of columns.
        names: of the columns, for `config.label_weights`.

    Returns:
        float32. *Shape:* `(2, L)`.

    """
    positives = np.maximum((targets == 1).sum(axis=0), 1)
    negatives = np.maximum((targets == 0).sum(axis=0), 1)
    positive_weights = np.clip((negatives / positives) ** config.positive_power, 1.0, config.positive_cap)
    cell_weights = np.where(np.arange(targets.shape[1]) < n_labels, 1.0, config.auxiliary_weight)
    for column, name in enumerate(names):
        cell_weights[column] = config.label_weights.get(name, cell_weights[column])
    return torch.tensor(np.stack([positive_weights, cell_weights]), dtype=torch.float32)
