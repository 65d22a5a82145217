"""Signatures: what an item of a bank consists of, and how it is told from others."""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.pdq import HASH_BYTES, MIN_QUALITY
from models.runtime.matching.text_sketch import N_PERMUTATIONS
from service.banks.errors import UnusableSignatureError
from service.banks.sample import Embedding

Sketch = NDArray[np.uint64]

DIGEST_BYTES: Final = 32
_FEWEST_ONES, _MOST_ONES = 32, 224
"""PDQ cuts at the median, so about 128 of 256 bits are set; far from it stands a broken or made-up hash."""
_STORED_FLOAT: Final = np.dtype("<f2")
_STORED_SKETCH: Final = np.dtype("<u4")


@dataclass(frozen=True, slots=True)
class StoredEmbedding:
    """An embedding and the digest of the bundle that made it; only this bundle's embeddings are comparable to it."""

    vector: Embedding
    bundle: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """All that is kept of one judged picture or text. At least one of the first three is there.

    Attributes:
        sha256: 32 bytes, of a picture's file.
        pdq: 32 bytes.
        pdq_quality: 0 to 100; None where a list did not say.
        text_sha256: 32 bytes, of a normalised text.

    """

    sha256: bytes | None = None
    pdq: bytes | None = None
    pdq_quality: int | None = None
    text_sha256: bytes | None = None
    text_sketch: Sketch | None = None
    image_embedding: StoredEmbedding | None = None
    text_embedding: StoredEmbedding | None = None

    @property
    def identity(self) -> str:
        """The strongest signature; an item with the same one is the same item."""
        if self.sha256 is not None:
            return f"sha256:{self.sha256.hex()}"
        if self.pdq is not None:
            return f"pdq:{self.pdq.hex()}"
        if self.text_sha256 is not None:
            return f"text:{self.text_sha256.hex()}"
        raise UnusableSignatureError("an item has a sha256, a pdq or a text")

    def checked(self) -> "Signatures":
        """These signatures, if an item can be made of them.

        Raises:
            UnusableSignatureError: There is none to tell it by, the PDQ hash is that of no picture, or an embedding
                has no direction.

        """
        _ = self.identity
        for digest in (self.sha256, self.text_sha256):
            if digest is not None and len(digest) != DIGEST_BYTES:
                raise UnusableSignatureError("a sha256 has 64 hexadecimal digits")
        if self.pdq is not None:
            check_pdq(self.pdq, self.pdq_quality)
        for embedding in (self.image_embedding, self.text_embedding):
            if embedding is not None and not has_direction(embedding.vector):
                raise UnusableSignatureError("an embedding has finite numbers that are not all zero")
        return self


def check_pdq(bits: bytes, quality: int | None) -> None:
    """Refuse hashes that would match anything.

    Raises:
        UnusableSignatureError: Wrong length, quality under 50, or far from half of its bits set.

    """
    if len(bits) != HASH_BYTES:
        raise UnusableSignatureError("a pdq hash has 64 hexadecimal digits")
    if quality is not None and quality < MIN_QUALITY:
        raise UnusableSignatureError(f"the picture is too flat for PDQ: quality is {MIN_QUALITY} to 100")
    if not _FEWEST_ONES <= int.from_bytes(bits).bit_count() <= _MOST_ONES:
        raise UnusableSignatureError(f"not the hash of a picture: {_FEWEST_ONES} to {_MOST_ONES} of 256 bits are set")


def is_telling(bits: bytes, quality: int) -> bool:
    """Whether a picture's PDQ hash tells it from others."""
    try:
        check_pdq(bits, quality)
    except UnusableSignatureError:
        return False
    return True


def text_digest(text: str) -> bytes:
    """The exact digest of a normalised text: plain sha256, so that lists can be exchanged."""
    return hashlib.sha256(text.encode()).digest()


def has_direction(vector: Embedding) -> bool:
    """Whether a cosine with it means anything."""
    length = float(np.linalg.norm(vector.astype(np.float64)))
    return 0.0 < length < float("inf")


def pack_embedding(vector: Embedding) -> bytes:
    """Unit length, so that 16-bit floats hold it: half the size, and cosines move by less than 1e-3."""
    wide = vector.astype(np.float64)
    return (wide / np.linalg.norm(wide)).astype(_STORED_FLOAT).tobytes()


def unpack_embeddings(packed: bytes, size: int) -> Embedding:
    """Several stored embeddings in one piece. *Shape:* `(n, size)`."""
    return np.frombuffer(packed, _STORED_FLOAT).astype(np.float32).reshape(-1, size)


SKETCH_BYTES: Final = N_PERMUTATIONS * _STORED_SKETCH.itemsize
"""A stored sketch: its numbers have 32 bits."""


def pack_sketch(sketch: Sketch) -> bytes:
    """Little-endian, whatever the machine."""
    return sketch.astype(_STORED_SKETCH).tobytes()


def unpack_sketch(packed: bytes) -> Sketch:
    """A stored sketch. *Shape:* `(128,)`."""
    return np.frombuffer(packed, _STORED_SKETCH).astype(np.uint64)
