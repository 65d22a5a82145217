"""Projection: embeddings made small and unreadable enough to be kept for monitoring.

An embedding is brought to length 1, multiplied by a fixed random matrix of signs, and written in one byte a dimension.
Distances and directions survive on average (Johnson and Lindenstrauss 1984; signs: Achlioptas 2003), so drift in what
is posted shows, while the text itself cannot be read off 32 bytes.
"""

import hashlib
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts.records import VECTOR_SCALE, VECTOR_SIZE

SEED: Final = "weir-projection-1"
"""Changing it makes vectors that cannot be compared with those that were kept before."""

Float32s = NDArray[np.float32]


@cache
def projection_matrix(size: int) -> Float32s:
    """The matrix for embeddings of this size, the same on every machine. *Shape:* `(size, VECTOR_SIZE)`."""
    bits = np.unpackbits(
        np.frombuffer(hashlib.shake_256(f"{SEED}/{size}".encode()).digest(size * VECTOR_SIZE // 8), np.uint8)
    )
    signs = bits.reshape(size, VECTOR_SIZE).astype(np.float32) * 2.0 - 1.0
    return (signs / np.float32(np.sqrt(VECTOR_SIZE))).astype(np.float32)


def project(embeddings: Float32s) -> NDArray[np.int8]:
    """Project embeddings. *Shape:* `(n, size)` to `(n, VECTOR_SIZE)`; a row of zeros stays one.

    Raises:
        ValueError: an embedding is not finite.

    """
    lengths = np.sqrt(np.einsum("ij,ij->i", embeddings, embeddings))
    if not np.isfinite(lengths).all():
        raise ValueError("an embedding holds a value that is not finite")
    projected: Float32s = embeddings @ projection_matrix(embeddings.shape[1])
    projected *= (np.float32(VECTOR_SCALE) / np.maximum(lengths, np.float32(1e-12)))[:, np.newaxis]
    np.rint(projected, out=projected)
    return np.clip(projected, -127, 127, out=projected).astype(np.int8)
