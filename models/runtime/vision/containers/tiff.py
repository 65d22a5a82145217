"""TIFF: how many pages, and whether their directories are sane.

Directories can overlap, point at one another and repeat strips, so that a small file can cost hours. Whatever a page
does not need to be decoded is bounded here before the decoder reads it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from models.runtime.vision.containers.container import Excerpt
from models.runtime.vision.errors import ImageTooLargeError, InvalidImageError, UnsupportedImageFormatError

MAX_COUNTED_PAGES: Final = 256
"""Where counting stops; what follows is neither counted nor looked at."""
MAX_ENTRIES: Final = 512
"""Of one directory; scanners and cameras write fewer than a hundred."""
MAX_STRIPS: Final = 65_536
MAX_TILE_SIDE: Final = 4096

COMPRESSIONS: Final = frozenset({1, 5, 7, 8, 32773, 32946})
"""None, LZW, JPEG, deflate, PackBits. Source: TIFF 6.0, and its technical note 2. Fax is left out because its decoder
prints a line for every broken row to standard error."""

_ENTRY_BYTES = 12
_SHORT = 3
_COMPRESSION, _TILE_WIDTH, _TILE_LENGTH = 259, 322, 323
_OFFSETS = {273, 324}
_ByteOrder = Literal["little", "big"]


@dataclass(frozen=True, slots=True)
class Tiff:
    """A TIFF's outline.

    Attributes:
        data: the file.
        n_pages: at least one.

    """

    data: bytes
    n_pages: int

    @property
    def size(self) -> None:
        """Pages differ; the decoder reads each page's directory before its pixels."""
        return

    @property
    def is_canvas(self) -> bool:
        """A page is decoded alone."""
        return False

    @property
    def durations_ms(self) -> Sequence[int]:
        """Pages are looked at alike."""
        return (0,) * self.n_pages

    def excerpt(self, picks: Sequence[int]) -> Excerpt:
        """All of it: pages are found by their offsets."""
        return Excerpt(self.data, tuple(picks))


def survey_tiff(data: bytes) -> Tiff:
    """Outline a TIFF file.

    Raises:
        InvalidImageError: a directory lies outside the file, or the first is missing.
        ImageTooLargeError: a directory has more entries, strips or larger tiles than is read.
        UnsupportedImageFormatError: a compression that is not read.

    """
    order: _ByteOrder = "little" if data[:2] == b"II" else "big"
    seen: set[int] = set()
    offset = int.from_bytes(data[4:8], order)
    while offset and offset not in seen and len(seen) < MAX_COUNTED_PAGES:
        seen.add(offset)
        offset = _check_directory(data, offset, order)
    if not seen:
        raise InvalidImageError("the TIFF has no page; at least 1 is needed")
    return Tiff(data, len(seen))


def _check_directory(data: bytes, offset: int, order: _ByteOrder) -> int:
    """Check one directory, and tell where the next is; 0 when there is none."""
    n_entries = int.from_bytes(data[offset : offset + 2], order)
    end = offset + 2 + n_entries * _ENTRY_BYTES
    if end + 4 > len(data):
        raise InvalidImageError("a TIFF directory reaches beyond the file")
    if n_entries > MAX_ENTRIES:
        raise ImageTooLargeError(f"a TIFF directory has {n_entries} entries; at most {MAX_ENTRIES} are read")
    for tag, count, value in _entries(data[offset + 2 : end], order):
        _check_entry(tag, count, value)
    return int.from_bytes(data[end : end + 4], order)


def _entries(table: bytes, order: _ByteOrder) -> Iterator[tuple[int, int, int]]:
    """Tag, count and the value where it is one short or long number; where it is not, the value means nothing."""
    for at in range(0, len(table), _ENTRY_BYTES):
        tag, kind = int.from_bytes(table[at : at + 2], order), int.from_bytes(table[at + 2 : at + 4], order)
        value = table[at + 8 : at + 10] if kind == _SHORT else table[at + 8 : at + 12]
        yield tag, int.from_bytes(table[at + 4 : at + 8], order), int.from_bytes(value, order)


def _check_entry(tag: int, count: int, value: int) -> None:
    if tag == _COMPRESSION and value not in COMPRESSIONS:
        raise UnsupportedImageFormatError(f"the TIFF's compression is {value}; {sorted(COMPRESSIONS)} are read")
    if tag in _OFFSETS and count > MAX_STRIPS:
        raise ImageTooLargeError(f"a TIFF page has {count} strips or tiles; at most {MAX_STRIPS} are read")
    if tag in {_TILE_WIDTH, _TILE_LENGTH} and not 0 < value <= MAX_TILE_SIDE:
        raise ImageTooLargeError(f"a TIFF tile's side is {value} pixels; 1 to {MAX_TILE_SIDE} are read")
