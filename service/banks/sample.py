"""Samples: what is looked up in the banks: the fingerprints of one item of content."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.pdq import PdqHash

Embedding = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ImageSample:
    """One picture's fingerprints.

    Attributes:
        digest: sha256 of the file's bytes, 64 hex digits.
        pdq: of the first frame in all eight orientations, identity first; empty where nothing may match by PDQ.
        embedding: of the image bundle that serves, L2-normalised. *Shape:* `(size,)`. None without such a bundle.

    """

    digest: str
    pdq: tuple[PdqHash, ...] = ()
    embedding: Embedding | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One item's fingerprints.

    Attributes:
        text: normalised; None when the item has no text.
        text_embedding: of the text bundle that serves. *Shape:* `(size,)`. None without one, or when no bank asks.

    """

    text: str | None = None
    text_embedding: Embedding | None = None
    images: tuple[ImageSample, ...] = ()
