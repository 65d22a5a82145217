"""How many bytes of rows a PNG promises, and how many its compressed stream holds. Source: PNG, sections 7 to 10."""

import zlib
from collections.abc import Iterable
from typing import Final

from models.runtime.vision.errors import InvalidImageError

_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Interlacing's passes: first column, first row, step between columns, step between rows."""
_STEP_BYTES: Final = 65_536


def expected_bytes(header: bytes, width: int, height: int) -> int:
    """Count the bytes of all rows of a picture, each with the number of its filter.

    Args:
        header: the body of the file's header chunk, 13 bytes.
        width: of the picture, in pixels; a frame's may be less than the header's.
        height: of the picture, in pixels.

    Raises:
        InvalidImageError: a kind of colour that PNG does not have.

    """
    depth, colour, is_interlaced = header[8], header[9], header[12]
    if colour not in _CHANNELS:
        raise InvalidImageError(f"the PNG's kind of colour is {colour}; {sorted(_CHANNELS)} are legal")
    n_bits = depth * _CHANNELS[colour]
    passes = _ADAM7 if is_interlaced else ((0, 0, 1, 1),)
    sizes = ((max(0, -(-(width - x) // dx)), max(0, -(-(height - y) // dy))) for x, y, dx, dy in passes)
    return sum(rows * (1 + -(-columns * n_bits // 8)) for columns, rows in sizes if columns)


def count_bytes(parts: Iterable[bytes], enough: int) -> int:
    """Unpack a stream in small steps, keeping nothing, and count until there is enough.

    Raises:
        InvalidImageError: it is not a zlib stream.

    """
    unpacker = zlib.decompressobj()
    n_bytes = 0
    try:
        for part in parts:
            rest = part
            while rest and n_bytes < enough and not unpacker.eof:
                n_bytes += len(unpacker.decompress(rest, _STEP_BYTES))
                rest = unpacker.unconsumed_tail
    except zlib.error:
        raise InvalidImageError("the PNG's pixels are not a zlib stream") from None
    return n_bytes
