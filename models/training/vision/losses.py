"""Losses of the image model: labels where they are known, places where every place is labelled."""

import torch
from torch import Tensor
from torch.nn import functional

PLACE_WEIGHT = 3.0
"""What a cell inside a box counts, next to one outside: boxes cover a small part of most pictures."""


def region_loss(logits: Tensor, masks: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy a cell plus a Dice term a picture that has the kind, averaged over known channels.

    Source: Milletari et al. (2016), "V-Net", equation 3, for the Dice term.

    Args:
        logits: *Shape:* `(n, K, s, s)`.
        masks: share of each cell inside a box. *Shape:* `(n, K, s, s)`.
        known: whether the kind's places are labelled in the picture. *Shape:* `(n, K)`.

    """
    if not known.any():
        return logits.sum() * 0.0
    cells = functional.binary_cross_entropy_with_logits(logits, masks, reduction="none")
    cells = cells * (1.0 + (PLACE_WEIGHT - 1.0) * masks)
    probs = torch.sigmoid(logits)
    overlap = 2.0 * (probs * masks).sum(dim=(2, 3)) + 1.0
    dice = 1.0 - overlap / ((probs + masks).sum(dim=(2, 3)) + 1.0)
    present = masks.amax(dim=(2, 3)) > 0
    return (cells.mean(dim=(2, 3)) + torch.where(present, 0.5 * dice, 0.0))[known].mean()


def copies_loss(first: Tensor, second: Tensor, temperature: float, spread_weight: float) -> Tensor:
    """NT-Xent over two views of each picture, plus KoLeo, which pushes nearest neighbours of other pictures apart.

    Source: Chen et al. (2020), "SimCLR", equation 1; Sablayrolles et al. (2019), "Spreading vectors for similarity
    search", for KoLeo.

    Args:
        first: rows of length 1. *Shape:* `(n, d)`.
        second: the same pictures in other views. *Shape:* `(n, d)`.
        temperature: of the softmax.
        spread_weight: of KoLeo.

    """
    n = len(first)
    both = torch.cat([first, second])
    similarity = both @ both.T
    similarity.fill_diagonal_(-2.0)
    other = (torch.arange(2 * n, device=both.device) + n) % (2 * n)
    contrast = functional.cross_entropy(similarity / temperature, other)
    strangers = similarity.scatter(1, other.unsqueeze(1), -2.0).amax(dim=1)
    distance = (2.0 - 2.0 * strangers).clamp_min(1e-6).sqrt()
    return contrast - spread_weight * distance.log().mean()
