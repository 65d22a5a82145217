"""Batching: which windows run together, and how they are laid out for the model."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

TokenIds = NDArray[np.int64]
Float32s = NDArray[np.float32]
Run = Callable[[Sequence[TokenIds]], Float32s]
"""One run of a model: n windows to logits, *Shape:* `(n, k)`."""

RUN_COST_TOKENS = 48
"""What starting one more run of the model costs, in padded tokens: below this, padding is the cheaper waste."""


def plan_batches(lengths: Sequence[int], max_batch_tokens: int) -> list[list[int]]:
    """Group windows of similar length at the least cost: padded tokens, and a fixed price for every run.

    In order of length the best groups are contiguous, so a shortest path over the places to cut finds them exactly.
    A window longer than the cap gets a batch of its own.

    Args:
        lengths: tokens of each window, special tokens included.
        max_batch_tokens: most padded tokens (rows times longest row) a batch may have.

    Returns:
        Indices into `lengths`, each exactly once, from the shortest batch to the longest.

    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    cheapest = np.zeros(len(order) + 1)
    cut = [0] * (len(order) + 1)
    rows = np.arange(len(order), 0, -1)
    for stop, index in enumerate(order, start=1):
        longest = lengths[index]
        first = max(0, stop - max(1, max_batch_tokens // longest))
        costs = cheapest[first:stop] + rows[first - stop :] * longest
        best = int(costs.argmin())
        cheapest[stop] = costs[best] + RUN_COST_TOKENS
        cut[stop] = first + best
    batches: list[list[int]] = []
    stop = len(order)
    while stop:
        batches.append(order[cut[stop] : stop])
        stop = cut[stop]
    return batches[::-1]


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


def run_batches(run: Run, windows: Sequence[TokenIds], max_batch_tokens: int) -> Float32s:
    """Run a model over any number of windows, in planned batches.

    Args:
        run: the model.
        windows: one or more.
        max_batch_tokens: as in `plan_batches`.

    Returns:
        Logits in the order of the windows. *Shape:* `(n, k)`.

    """
    batches = plan_batches([len(window) for window in windows], max_batch_tokens)
    outputs = [run([windows[index] for index in batch]) for batch in batches]
    order = np.concatenate([np.asarray(batch) for batch in batches])
    logits: Float32s = np.concatenate(outputs)[np.argsort(order)]
    return logits


def pool_windows(logits: Float32s, n_windows: Sequence[int]) -> Float32s:
    """A text's logits: the highest of its windows, label by label, so that one bad page is enough.

    Args:
        logits: *Shape:* `(sum of n_windows, k)`, windows of a text side by side.
        n_windows: windows of each text, 1 or more.

    Returns:
        *Shape:* `(n_texts, k)`. NaN in any window is NaN in the text.

    """
    if len(n_windows) == len(logits):
        return logits
    pooled: Float32s = np.maximum.reduceat(logits, np.cumsum([0, *n_windows[:-1]]), axis=0)
    return pooled


def mean_windows(embeddings: Float32s, n_windows: Sequence[int]) -> Float32s:
    """A text's embedding: the mean of its windows, each counted once.

    A highest value a column would be no sentence vector: distances between texts need one scale, whatever their length.

    Args:
        embeddings: *Shape:* `(sum of n_windows, d)`, windows of a text side by side.
        n_windows: windows of each text, 1 or more.

    Returns:
        *Shape:* `(n_texts, d)`. NaN in any window is NaN in the text.

    """
    if len(n_windows) == len(embeddings):
        return embeddings
    total = np.add.reduceat(embeddings, np.cumsum([0, *n_windows[:-1]]), axis=0)
    counts = np.asarray(n_windows, dtype=np.float32)[:, np.newaxis]
    mean: Float32s = np.divide(total, counts, dtype=np.float32)
    return mean
