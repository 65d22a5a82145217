"""The contracts between the pipeline of pictures and what it calls: models, and the reader.

As with `service.scorer`, anything that keeps these promises serves: the classes of `models.runtime`, or small real
parts in tests. A score never depends on what else is in the batch, and each is called from one thread at a time.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.contracts import Category, TextRegion
from service.scorer import Floats

Pixels = NDArray[np.uint8]
"""Upright RGB: one picture, *Shape:* (h, w, 3), or a batch of squares, *Shape:* (n, side, side, 3)."""


class ImageOutputs(Protocol):
    """What an image model says of a batch of n squares; None where it has no such output."""

    @property
    def logits(self) -> Floats:
        """Labels, then auxiliary labels. *Shape:* (n, n_outputs)."""
        ...

    @property
    def regions(self) -> Floats | None:
        """A map of logits a kind of region. *Shape:* (n, n_kinds, side, side)."""
        ...

    @property
    def embedding(self) -> Floats | None:
        """For copies of known pictures, L2-normalised. *Shape:* (n, size)."""
        ...

    @property
    def features(self) -> Floats | None:
        """For the joint model. *Shape:* (n, size)."""
        ...


class ImageScorer(Protocol):
    """An image classifier. `models.runtime.vision.classifier.ImageClassifier` satisfies it."""

    @property
    def labels(self) -> tuple[Category, ...]:
        """The categories of the columns of `probabilities`."""
        ...

    def infer(self, pixels: Pixels) -> ImageOutputs:
        """Run the model on a batch of squares."""
        ...

    def probabilities(self, logits: Floats) -> Floats:
        """Calibrated probabilities of the labels, *Shape:* (n, n_labels), in [0, 1] or NaN where the logit is."""
        ...

    def text_prob(self, logits: Floats) -> Floats | None:
        """How likely there are words in each picture, *Shape:* (n,); None when the model cannot say."""
        ...


class JointScorer(Protocol):
    """A model of words and pictures together. `models.runtime.fusion.JointClassifier` satisfies it."""

    @property
    def labels(self) -> tuple[Category, ...]:
        """The categories of the columns of `probabilities`."""
        ...

    def infer(self, text: Floats, image_text: Floats, image: Floats) -> Floats:
        """Logits, *Shape:* (n, n_labels), of sentence vectors and picture features; a row of zeros means "absent"."""
        ...

    def probabilities(self, logits: Floats) -> Floats:
        """Calibrated probabilities of the labels, *Shape:* (n, n_labels), in [0, 1] or NaN where the logit is."""
        ...


class Words(Protocol):
    """What was read in one picture."""

    @property
    def text(self) -> str:
        """The lines in reading order; empty when nothing was read."""
        ...

    @property
    def regions(self) -> tuple[TextRegion, ...]:
        """The same lines with their places."""
        ...


class Reader(Protocol):
    """Reads words off the event loop. `service.vision.reader_pool.ReaderPool` satisfies it."""

    async def read(self, frames: Sequence[Pixels]) -> Sequence[Words]:
        """One entry a frame. Raises whatever goes wrong; the caller goes on without the words and says so."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...
