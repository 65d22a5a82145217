"""Reading: what a bundle's encoder and heads make of texts, window by window."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.export.scoring import Report, silent
from models.runtime.classifier import TextClassifier

Float32s = NDArray[np.float32]
Int64s = NDArray[np.int64]

_TEXTS: Final = 512
"""Between two reports of progress."""
_MAX_BATCH_TOKENS: Final = 4096


@dataclass(frozen=True)
class Readings:
    """Of some texts, by the model as it is.

    Attributes:
        logits: of each text and label, the highest of its windows. *Shape:* `(n, n_labels)`.
        embeddings: of all windows. *Shape:* `(n_windows, size)`.
        deciding: the window that gave each of the logits. *Shape:* `(n, n_labels)`.

    """

    logits: Float32s
    embeddings: Float32s
    deciding: Int64s

    def inputs(self, label: int, rows: Int64s) -> Float32s:
        """What a label's head reads of some texts: the embedding of the window that decides. *Shape:* `(k, size)`."""
        found: Float32s = self.embeddings[self.deciding[rows, label]]
        return found


def read_texts(classifier: TextClassifier, texts: Sequence[str], stage: str, report: Report = silent) -> Readings:
    """Run the model once over all windows of all texts.

    Args:
        classifier: of a bundle with embeddings.
        texts: normalised, none of them empty.
        stage: what to call this in reports of progress.
        report: told about every step.

    """
    n_labels, size = len(classifier.labels), classifier.bundle.manifest.embedding_size or 0
    logits, vectors = np.empty((0, n_labels), np.float32), np.empty((0, size), np.float32)
    parts = [Readings(logits, vectors, np.empty((0, n_labels), np.int64))]
    n_windows = 0
    report(stage, 0, len(texts))
    for start in range(0, len(texts), _TEXTS):
        part = _read(classifier, texts[start : start + _TEXTS])
        parts.append(Readings(part.logits, part.embeddings, part.deciding + n_windows))
        n_windows += len(part.embeddings)
        report(stage, min(start + _TEXTS, len(texts)), len(texts))
    return Readings(
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.embeddings for part in parts]),
        np.concatenate([part.deciding for part in parts]),
    )


def _read(classifier: TextClassifier, texts: Sequence[str]) -> Readings:
    prepared = classifier.prepare(texts)
    windows = [window for one in prepared for window in one.windows]
    n_labels, size = len(classifier.labels), classifier.bundle.manifest.embedding_size or 0
    logits = np.empty((len(windows), n_labels), np.float32)
    embeddings = np.empty((len(windows), size), np.float32)
    for batch in classifier.plan([len(window) for window in windows], _MAX_BATCH_TOKENS):
        found, vectors = classifier.infer_embeddings([windows[at] for at in batch])
        logits[batch], embeddings[batch] = found[:, :n_labels], vectors
    ends = np.cumsum([len(one.windows) for one in prepared])
    spans = zip(ends - [len(one.windows) for one in prepared], ends, strict=True)
    deciding = np.array([start + logits[start:end].argmax(axis=0) for start, end in spans], dtype=np.int64)
    return Readings(np.take_along_axis(logits, deciding, axis=0), embeddings, deciding)
