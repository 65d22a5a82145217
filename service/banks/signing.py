"""Signing: content to fingerprints. The one place where an item's content is looked at; afterwards it is gone."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.contracts import FailureCode
from models.runtime.matching.pdq import pdq_dihedral
from models.runtime.matching.text_sketch import sketch_text
from models.runtime.normalization import InvalidTextError, normalize
from models.runtime.vision.decoding import decode_image
from models.runtime.vision.errors import ImageError
from models.runtime.vision.limits import MediaLimits
from service.banks.errors import BankError
from service.banks.sample import Embedding, ImageSample, Sample
from service.banks.signatures import Signatures, StoredEmbedding, is_telling, text_digest

Frame = NDArray[np.uint8]


class UnsignableError(BankError):
    """The content has no fingerprint.

    Attributes:
        code: why.

    """

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Signer(Protocol):
    """Turns content into the fingerprints that banks hold and compare."""

    @property
    def image_bundle(self) -> str | None:
        """Digest of the bundle that embeds pictures; None when they get no embedding."""

    @property
    def text_bundle(self) -> str | None:
        """Digest of the bundle that embeds texts; None when they get no embedding."""

    def sample(self, text: str | None, images: Sequence[bytes]) -> Sample:
        """The fingerprints of one item of content, given as posted. Blocks; not for the event loop.

        Raises:
            UnsignableError: The text is empty or not Unicode, or a file is not a picture.

        """


@dataclass(frozen=True, slots=True)
class TextEmbedder:
    """How texts are embedded, and by which bundle. `embed` takes a normalised text."""

    bundle: str
    embed: Callable[[str], Embedding]


@dataclass(frozen=True, slots=True)
class ImageEmbedder:
    """How pictures are embedded, and by which bundle. `embed` takes an upright RGB frame, `(height, width, 3)`."""

    bundle: str
    embed: Callable[[Frame], Embedding]


class ContentSigner:
    """Signs on this machine. Without embedders it gives exact digests, PDQ and sketches: these need no model."""

    def __init__(
        self,
        image: ImageEmbedder | None = None,
        text: TextEmbedder | None = None,
        limits: MediaLimits | None = None,
    ) -> None:
        self._image = image
        self._text = text
        self._limits: Final = limits or MediaLimits()

    @property
    def image_bundle(self) -> str | None:
        """Digest of the bundle that embeds pictures."""
        return None if self._image is None else self._image.bundle

    @property
    def text_bundle(self) -> str | None:
        """Digest of the bundle that embeds texts."""
        return None if self._text is None else self._text.bundle

    def sample(self, text: str | None, images: Sequence[bytes]) -> Sample:
        """The fingerprints of one item of content."""
        normal = None if text is None else _normal(text)
        embedding = self._text.embed(normal) if self._text and normal else None
        return Sample(normal, embedding, tuple(self._sign_image(data) for data in images))

    def _sign_image(self, data: bytes) -> ImageSample:
        try:
            decoded = decode_image(data, self._limits)
        except ImageError as error:
            raise UnsignableError(error.code, str(error)) from None
        frame = decoded.frames[0]
        embedding = self._image.embed(frame) if self._image else None
        return ImageSample(hashlib.sha256(data).hexdigest(), pdq_dihedral(frame), embedding)


def _normal(text: str) -> str:
    try:
        normal = normalize(text)
    except InvalidTextError:
        raise UnsignableError(FailureCode.INVALID_TEXT, "the text is not valid Unicode") from None
    if not normal:
        raise UnsignableError(FailureCode.EMPTY_CONTENT, "the text is empty")
    return normal


def text_signatures(signer: Signer, text: str) -> Signatures:
    """What a bank keeps of a text.

    Raises:
        UnsignableError: It is empty or not Unicode.

    """
    sample = signer.sample(text, ())
    normal = sample.text or ""
    embedding = _stored(sample.text_embedding, signer.text_bundle)
    return Signatures(text_sha256=text_digest(normal), text_sketch=sketch_text(normal), text_embedding=embedding)


def image_signatures(signer: Signer, data: bytes) -> Signatures:
    """What a bank keeps of a picture. A flat one gets no PDQ: its hash would match other flat ones.

    Raises:
        UnsignableError: It is not a picture that can be read.

    """
    image = signer.sample(None, [data]).images[0]
    hashed = image.pdq[0] if image.pdq and is_telling(image.pdq[0].bits, image.pdq[0].quality) else None
    return Signatures(
        sha256=bytes.fromhex(image.digest),
        pdq=None if hashed is None else hashed.bits,
        pdq_quality=None if hashed is None else hashed.quality,
        image_embedding=_stored(image.embedding, signer.image_bundle),
    )


def _stored(embedding: Embedding | None, bundle: str | None) -> StoredEmbedding | None:
    return None if embedding is None or bundle is None else StoredEmbedding(embedding, bundle)
