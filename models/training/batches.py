"""Batches: rows of similar length, sized by padded tokens. Pure functions of the seed, the epoch and the step."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.runtime.batching import pad_windows
from models.runtime.tokenization import N_SPECIAL
from models.training.tokens import TokenTable


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


def collate(
    table: TokenTable, rows: NDArray[np.int64], max_tokens: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Pad the rows of a batch; a longer text gives a random window, special tokens kept.

    Returns:
        `input_ids` and `attention_mask`, int64. *Shape:* `(n, t)` both, `t <= max_tokens`.

    """
    windows = [random_window(table[int(row)], max_tokens, rng).astype(np.int64) for row in rows]
    ids, mask = pad_windows(windows)
    return torch.from_numpy(ids), torch.from_numpy(mask)


def random_window(ids: NDArray[np.int32], max_tokens: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """The text itself if it fits, or a stretch of it between its first and last token. *Shape:* `(<= max_tokens,)`."""
    if len(ids) <= max_tokens:
        return ids
    room = max_tokens - N_SPECIAL
    start = int(rng.integers(1, len(ids) - 1 - room + 1))
    return np.concatenate([ids[:1], ids[start : start + room], ids[-1:]])
