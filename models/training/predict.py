"""Predict: texts to logits, long texts by overlapping windows."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.runtime.batching import pad_windows
from models.runtime.tokenization import TextTokenizer
from models.training.batches import cut_by_tokens
from models.training.classifier import TextClassifier
from models.training.config import Precision
from models.training.device import autocast

Forward = Callable[[Tensor, Tensor], Tensor]
Done = Callable[[int], None]

WINDOW_STRIDE = 32


def predict_logits(
    classifier: TextClassifier,
    texts: Sequence[str],
    *,
    max_tokens: int | None = None,
    padded_tokens: int = 8192,
    precision: Precision = Precision.FLOAT32,
    done: Done = lambda _: None,
) -> NDArray[np.float32]:
    """Logits of normalised texts; a long text has, for each label, the largest logit of its windows.

    Args:
        classifier: on any device; its mode is put back after the call.
        texts: n normalised texts.
        max_tokens: longest window; the classifier's own by default.
        padded_tokens: most padded tokens a batch has.
        precision: of the matrix products.
        done: told how many windows have been scored after each batch.

    Returns:
        *Shape:* `(n, len(labels) + len(auxiliary_labels))`.

    """
    longest = max_tokens or classifier.max_tokens
    tokenizer = TextTokenizer(classifier.tokenizer, longest, WINDOW_STRIDE, classifier.spelling)
    was_training = classifier.training
    classifier.eval()
    device = next(classifier.parameters()).device
    try:
        with torch.inference_mode(), autocast(device, precision):
            return run_windows(classifier, tokenizer, texts, device=device, padded_tokens=padded_tokens, done=done)
    finally:
        classifier.train(was_training)


def run_windows(
    forward: Forward,
    tokenizer: TextTokenizer,
    texts: Sequence[str],
    *,
    device: torch.device,
    padded_tokens: int,
    done: Done = lambda _: None,
    merge: np.ufunc = np.maximum,
) -> NDArray[np.float32]:
    """Run a model over every window of every text, batched by length, and merge the windows of a text.

    Args:
        forward: `(n, t)` ids and mask to `(n, columns)`.
        tokenizer: cuts the windows.
        texts: at least one.
        device: where `forward` runs.
        padded_tokens: most padded tokens a batch has.
        done: told how many windows have been run after each batch.
        merge: joins the rows of a text: `np.maximum` or `np.add`.

    Returns:
        float32. *Shape:* `(len(texts), columns)`.

    """
    windows: list[NDArray[np.int64]] = []
    starts: list[int] = []
    for text in tokenizer.tokenize(texts):
        starts.append(len(windows))
        windows.extend(text.windows)
    rows: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(windows)
    n_done = 0
    lengths = np.array([len(window) for window in windows], dtype=np.int64)
    for batch in cut_by_tokens(np.argsort(lengths, kind="stable"), lengths, padded_tokens):
        ids, mask = pad_windows([windows[i] for i in batch])
        out = forward(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)).float().cpu().numpy()
        for i, row in zip(batch, out, strict=True):
            rows[i] = row
        n_done += len(batch)
        done(n_done)
    merged: NDArray[np.float32] = merge.reduceat(np.stack(rows), starts, axis=0)
    return merged
