"""Batching: which windows run together, and how they are laid out for the model."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TokenIds = NDArray[np.int64]

RUN_COST_TOKENS = 8
"""What starting one more run of the model costs, in padded tokens; below this, padding is the cheaper waste."""


def plan_batches(lengths: Sequence[int], max_batch_tokens: int) -> list[list[int]]:
    """Group windows of similar length, so that little of a batch is padding.

    Windows are taken from the shortest to the longest. A batch is closed when one more window would lift its padded
    size over the cap, or when lengthening all its rows would waste more than a further run costs. A window longer than
    the cap gets a batch of its own.

    Args:
        lengths: tokens of each window, special tokens included.
        max_batch_tokens: most padded tokens (rows times longest row) a batch may have.

    Returns:
        Indices into `lengths`, each exactly once.

    """
    batches: list[list[int]] = []
    longest = 0
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[index]
        rows = len(batches[-1]) if batches else 0
        fits = (rows + 1) * length <= max_batch_tokens
        if rows and fits and rows * (length - longest) <= max(RUN_COST_TOKENS, length):
            batches[-1].append(index)
        else:
            batches.append([index])
        longest = length
    return batches


def pad_windows(windows: Sequence[TokenIds]) -> tuple[TokenIds, TokenIds]:
    """Lay windows out as one batch.

    Args:
        windows: one or more, *Shape:* `(t_i,)` each.

    Returns:
        Token ids padded with 0, and the mask (1 on tokens). *Shape:* `(n, max t_i)` each.

    """
    if len(windows) == 1:
        ids = windows[0][np.newaxis, :]
        return ids, np.ones_like(ids)
    lengths = np.fromiter(map(len, windows), dtype=np.int64, count=len(windows))
    is_token = np.arange(lengths.max()) < lengths[:, np.newaxis]
    ids = np.zeros(is_token.shape, dtype=np.int64)
    ids[is_token] = np.concatenate(windows)
    return ids, is_token.astype(np.int64)
