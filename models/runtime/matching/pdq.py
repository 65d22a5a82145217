"""PDQ: a 256-bit fingerprint of a picture that survives compression, resizing and small changes of colour.

Everything before the median is linear and treats rows and columns alike: luminance, two passes of a box filter,
picking 64 by 64 points, and the low frequencies of a cosine transform. Filtering and picking are therefore one small
matrix a side of the picture, so that a hash is a few matrix products. Mirroring the picture is mirroring that matrix,
and transposing it is transposing the result, so all eight orientations cost twice as much as one and are exact.
(Flipping signs in one transform is cheaper still, but only as good as the filter is symmetric, which it is not on
small pictures: mirrored copies of them were missed.)

Source: Facebook (2019), "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", and its reference
programs in the repository facebook/ThreatExchange under `pdq`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Float32s = NDArray[np.float32]

HASH_BYTES: Final = 32
MIN_QUALITY: Final = 50
"""Below this a picture has too few edges for its hash to mean anything. Source: ThreatExchange, `pdq/README.md`."""

_N_POINTS: Final = 64
_N_FREQUENCIES: Final = 16
_N_PASSES: Final = 2
_MIN_SIDE_PX: Final = 5
_LUMINANCE: Final = (0.299, 0.587, 0.114)
_GRADIENTS_PER_QUALITY: Final = 90
_MAX_QUALITY: Final = 100


class PdqFormatError(ValueError):
    """What should be a hash is not 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class PdqHash:
    """A fingerprint.

    Attributes:
        bits: 32 bytes in the order of the published hexadecimal form.
        quality: 0 (a flat picture) to 100 (plenty of edges); below `MIN_QUALITY` do not match on it.

    """

    bits: bytes
    quality: int

    @property
    def hex(self) -> str:
        """The 64 digits that other programs exchange."""
        return self.bits.hex()

    @classmethod
    def from_hex(cls, digits: str, quality: int = _MAX_QUALITY) -> Self:
        """Read a published hash; lists of hashes seldom carry the quality, and hold only good ones.

        Raises:
            PdqFormatError: not exactly 64 hexadecimal digits.

        """
        if len(digits) != 2 * HASH_BYTES or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            raise PdqFormatError("a PDQ hash is exactly 64 hexadecimal digits")
        return cls(bytes.fromhex(digits), quality)

    def distance(self, other: "PdqHash") -> int:
        """How many of the 256 bits differ."""
        return (int.from_bytes(self.bits) ^ int.from_bytes(other.bits)).bit_count()


def pdq_hash(frame: Frame) -> PdqHash:
    """Fingerprint a picture.

    Reduce large pictures first (the decoder does, to 1,024 px): it is faster and stays as close to the published
    values. A picture with a side under 5 px has no hash: all zero, at quality 0.

    Args:
        frame: RGB, upright. *Shape:* `(height, width, 3)`.

    """
    if min(frame.shape[:2]) < _MIN_SIDE_PX:
        return PdqHash(bytes(HASH_BYTES), 0)
    points = _downsample(frame, *map(_sampling, frame.shape[:2]))
    return PdqHash(_bits(_transform(points)), _quality(points))


def pdq_dihedral(frame: Frame) -> tuple[PdqHash, ...]:
    """Fingerprints of a picture in all eight orientations, each at the quality of the picture as it is.

    Returns:
        Identity, turned counter-clockwise by 90, 180 and 270 degrees, mirrored top to bottom, mirrored left to right,
        mirrored at the main diagonal, mirrored at the other one.

    """
    if min(frame.shape[:2]) < _MIN_SIDE_PX:
        return (PdqHash(bytes(HASH_BYTES), 0),) * 8
    rows, columns = map(_sampling, frame.shape[:2])
    mirrored = _downsample(frame, np.vstack((rows, rows[:, ::-1])), np.vstack((columns, columns[:, ::-1])))
    first, second = slice(_N_POINTS), slice(_N_POINTS, None)
    quality = _quality(mirrored[first, first])
    same, left_to_right = _transform(mirrored[first, first]), _transform(mirrored[first, second])
    top_to_bottom, both = _transform(mirrored[second, first]), _transform(mirrored[second, second])
    turned = (same, left_to_right.T, both, top_to_bottom.T, top_to_bottom, left_to_right, same.T, both.T)
    return tuple(PdqHash(_bits(low), quality) for low in turned)


def _downsample(frame: Frame, rows: Float32s, columns: Float32s) -> Float32s:
    """Blurred luminance in [0, 255] at some points. *Shape:* `(n, height)` and `(m, width)` to `(n, m)`."""
    luminance = np.matmul(frame.reshape(-1, 3), np.array(_LUMINANCE, dtype=np.float32)).reshape(frame.shape[:2])
    points: Float32s = np.matmul(np.matmul(rows, luminance), columns.T)
    return points


@lru_cache(maxsize=32)
def _sampling(side: int) -> Float32s:
    """Filter one side of the picture twice and pick 64 points of it. *Shape:* `(64, side)`, rows sum to 1.

    The window is half as wide as the distance between two points, rounded up. It is cut off at the borders, and one
    with an even width reaches further to the right than to the left. A point is the mean of the windows of the pixels
    in its window, so each of those adds a step up where its own window begins and a step down behind its end.
    """
    width = -(-side // (2 * _N_POINTS))
    n_ahead = (width + 2) // 2
    pixels = np.arange(side)
    starts, stops = np.maximum(pixels + n_ahead - width, 0), np.minimum(pixels + n_ahead, side)
    sizes = (stops - starts).astype(np.float64)
    picked = ((np.arange(_N_POINTS) + 0.5) * side / _N_POINTS).astype(np.intp)
    inner = starts[picked][:, np.newaxis] + np.arange(width)
    rows, columns = np.nonzero(inner < stops[picked][:, np.newaxis])
    pixel = inner[rows, columns]
    weight = 1.0 / (sizes[picked[rows]] * sizes[pixel])
    steps = np.zeros((_N_POINTS, side + 1))
    np.add.at(steps, (rows, starts[pixel]), weight)
    np.add.at(steps, (rows, stops[pixel]), -weight)
    sampling: Float32s = np.cumsum(steps, axis=1)[:, :side].astype(np.float32)
    return sampling


def _transform(points: Float32s) -> Float32s:
    """Frequencies 1 to 16 in both directions; 0, the brightness, is left out."""
    cosines = _cosines()
    low: Float32s = np.matmul(np.matmul(cosines, points), cosines.T)
    return low


@lru_cache(maxsize=1)
def _cosines() -> Float32s:
    """Rows 1 to 16 of the discrete cosine transform (DCT-II) of 64 points. *Shape:* `(16, 64)`."""
    frequency = np.arange(1, _N_FREQUENCIES + 1)[:, np.newaxis]
    angles = np.pi / (2 * _N_POINTS) * frequency * (2 * np.arange(_N_POINTS) + 1)
    cosines: Float32s = (np.sqrt(2 / _N_POINTS) * np.cos(angles)).astype(np.float32)
    return cosines


def _bits(low: Float32s) -> bytes:
    """One bit a frequency: above the (lower) median or not; the published form begins with the highest one."""
    flat = low.ravel()
    middle = (flat.size - 1) // 2
    return np.packbits(flat[::-1] > np.partition(flat, middle)[middle]).tobytes()


def _quality(points: Float32s) -> int:
    """Count steps between neighbouring points in whole percent of the range, so that many tiny ones add nothing."""
    down, right = np.diff(points, axis=0), np.diff(points, axis=1)
    steps = sum(int(np.abs(np.trunc(step * 100 / 255)).sum()) for step in (down, right))
    return min(_MAX_QUALITY, steps // _GRADIENTS_PER_QUALITY)
