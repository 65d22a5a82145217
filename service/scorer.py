"""The contract between batching and any model: prepare, plan, infer, calibrate.

The batcher knows nothing of tokenisers, sessions or labels beyond this file, and a model knows nothing of queues,
futures or HTTP. `models.runtime.classifier.TextClassifier` satisfies it; so does any other classifier that keeps
the three promises below.

1. A score does not depend on what else is in the batch.
2. It is used from one thread only, that of the event loop.
3. Nothing is silently truncated: a long text becomes several windows, and its logit is the highest of them.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.contracts import Category, TextFeatures

Window = NDArray[np.int64]
"""One window of token ids, *Shape:* (n_tokens,)."""

Floats = NDArray[np.float32]


class Prepared(Protocol):
    """A text that is ready for the model."""

    @property
    def text(self) -> str:
        """The normalised text; empty when nothing is left to score."""
        ...

    @property
    def windows(self) -> Sequence[Window]:
        """Overlapping windows that cover all of the text."""
        ...

    @property
    def features(self) -> TextFeatures:
        """What monitoring may know of the text."""
        ...


class Scorer(Protocol):
    """A classifier as the batcher sees it."""

    @property
    def labels(self) -> tuple[Category, ...]:
        """The categories of the columns of `probabilities`."""
        ...

    def prepare(self, texts: Sequence[str], previous: Sequence[str | None] | None = None) -> Sequence[Prepared]:
        """Normalise, tokenise and cut into windows; one entry a text, in order.

        `previous` has the turn before each text, and is given only to models that read such turns.
        """
        ...

    def plan(self, lengths: Sequence[int], max_batch_tokens: int) -> Sequence[Sequence[int]]:
        """Split windows of these lengths into batches of similar length: every index once.

        Each batch holds at most `max_batch_tokens` tokens after padding, or a single window.
        """
        ...

    def infer(self, windows: Sequence[Window]) -> Floats:
        """Run the model on one batch; logits, *Shape:* (n_windows, n_outputs)."""
        ...

    def infer_embeddings(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        """The same logits, and sentence vectors, *Shape:* (n_windows, size); asked only of models that have them."""
        ...

    def probabilities(self, logits: Floats) -> Floats:
        """Calibrated probabilities of the labels, *Shape:* (n, n_labels), in [0, 1] or NaN where the logit is."""
        ...
