"""Batches: rows of similar length, sized by padded tokens. Pure functions of the seed, the epoch and the step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.runtime.batching import pad_windows, plan_batches
from models.training.surroundings import UNKNOWN, Passage


def plan_epoch(
    rows: NDArray[np.int64], lengths: NDArray[np.int64], padded_tokens: int, pool_rows: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Cut an epoch into batches: each pool of rows is sorted by length, cut by padded tokens, and all are shuffled.

    Args:
        rows: row numbers in the order drawn. *Shape:* `(m,)`.
        lengths: tokens of every row of the dataset, already capped at the training length. *Shape:* `(n,)`.
        padded_tokens: most rows times longest row of a batch; a longer text is a batch of its own.
        pool_rows: rows sorted together.
        rng: shuffles the batches.

    """
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(rows), pool_rows):
        pool = rows[start : start + pool_rows]
        batches += cut_by_tokens(pool[np.argsort(lengths[pool], kind="stable")], lengths, padded_tokens)
    return [batches[i] for i in rng.permutation(len(batches))]


def cut_by_tokens(rows: NDArray[np.int64], lengths: NDArray[np.int64], padded_tokens: int) -> list[NDArray[np.int64]]:
    """Cut rows, sorted by rising length, wherever one more would lift the padded size over the cap."""
    batches: list[NDArray[np.int64]] = []
    first = 0
    for i, row in enumerate(rows):
        if i > first and (i + 1 - first) * int(lengths[row]) > padded_tokens:
            batches.append(rows[first:i])
            first = i
    return [*batches, rows[first:]] if len(rows) else batches


@dataclass(frozen=True)
class Batch:
    """Passages laid out for the model, int64. *Shape:* `(n, t)` each.

    `evidence` is 1 for tokens that carry the harm, 0 for others, -1 where that is unknown and on padding.
    """

    ids: Tensor
    mask: Tensor
    evidence: Tensor


def collate(passages: Sequence[Passage]) -> Batch:
    """Pad passages to the longest."""
    ids, mask = pad_windows([passage.ids.astype(np.int64) for passage in passages])
    evidence = np.full(ids.shape, UNKNOWN, dtype=np.int64)
    for row, passage in enumerate(passages):
        evidence[row, : len(passage.evidence)] = passage.evidence
    return Batch(torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(evidence))


def split(lengths: Sequence[int], n_parts: int) -> list[Tensor]:
    """Cut a batch into parts of similar length, each to be padded to its own longest row.

    Batches are planned by the length of the rows; a disguise or a previous turn makes a passage longer, and one of them
    would otherwise pad all others.

    Args:
        lengths: tokens of each passage.
        n_parts: at least so many parts, as far as there are passages.

    Returns:
        Row positions, each in exactly one part.

    """
    parts = plan_batches(lengths, sum(lengths) + max(lengths))
    if len(parts) >= n_parts:
        return [torch.tensor(part) for part in parts]
    rows = torch.tensor([row for part in parts for row in part])
    return [rows[first::n_parts] for first in range(min(n_parts, len(rows)))]
