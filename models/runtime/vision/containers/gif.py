"""GIF: where its frames are, how long each is shown, and how large the canvas must be.

Frames are found by hopping over their blocks, without decoding. An excerpt is the header, some frames and the end:
comments and application blocks stay behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from models.runtime.vision.containers.container import Excerpt
from models.runtime.vision.errors import ImageTooLargeError, InvalidImageError
from models.runtime.vision.sampling import decoded_frames

MAX_COUNTED_FRAMES: Final = 10_000
"""Where counting stops; what follows is neither counted nor looked at."""
MAX_BLOCKS: Final = 400_000
"""A file of 8 MiB in blocks of 255 bytes has 33,000."""

_HEADER_BYTES = 13
_TRAILER, _EXTENSION, _IMAGE, _CONTROL = 0x3B, 0x21, 0x2C, 0xF9
_PALETTE_FLAG = 0x80


@dataclass(frozen=True, slots=True)
class GifFrame:
    """Where a frame is.

    Attributes:
        control: its control block: duration, transparency, disposal; empty when it has none.
        image: its descriptor, palette and pixels.
        duration_ms: how long it is shown.
        corner: how far right and down it reaches, in pixels.

    """

    control: slice
    image: slice
    duration_ms: int
    corner: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Gif:
    """A GIF's outline.

    Attributes:
        data: the file.
        header: screen and palette.
        frames: at least one.
        size: of the canvas: the screen, or further where a frame reaches beyond it.

    """

    data: bytes
    header: slice
    frames: tuple[GifFrame, ...]
    size: tuple[int, int]

    @property
    def is_canvas(self) -> bool:
        """An animation is composed on copies of its canvas."""
        return len(self.frames) > 1

    @property
    def durations_ms(self) -> Sequence[int]:
        """From the control blocks."""
        return [frame.duration_ms for frame in self.frames]

    def excerpt(self, picks: Sequence[int]) -> Excerpt:
        """Keep the header, the picked frames and those that lead up to them."""
        kept = decoded_frames(picks, self.size[0] * self.size[1])
        parts = [self.data[self.header]]
        for number in kept:
            frame = self.frames[number]
            parts += [self.data[frame.control], self.data[frame.image]]
        return Excerpt(b"".join([*parts, b";"]), tuple(kept.index(pick) for pick in picks))


def survey_gif(data: bytes) -> Gif:
    """Outline a GIF file.

    Raises:
        InvalidImageError: it ends inside a frame, or has none.
        ImageTooLargeError: it is cut into more blocks than any encoder writes.

    """
    try:
        start = _HEADER_BYTES + _palette_bytes(data[_HEADER_BYTES - 3])
        frames = _find_frames(data, start)
    except IndexError:
        raise InvalidImageError("the GIF ends inside a frame") from None
    if not frames:
        raise InvalidImageError("the GIF has no frame; at least 1 is needed")
    screen = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    width, height = (max(screen[i], *(frame.corner[i] for frame in frames)) for i in (0, 1))
    return Gif(data, slice(0, start), frames, (width, height))


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & _PALETTE_FLAG else 0


def _find_frames(data: bytes, pos: int) -> tuple[GifFrame, ...]:
    """Hop from block to block. Anything that is not a block ends the file, as it does in browsers."""
    frames: list[GifFrame] = []
    control, duration_ms, n_blocks = slice(0, 0), 0, 0
    while pos < len(data) and len(frames) < MAX_COUNTED_FRAMES:
        kind, start = data[pos], pos
        if kind == _EXTENSION:
            pos, n_hops = _after_blocks(data, pos + 2)
            if data[start + 1] == _CONTROL and pos - start >= 8:  # noqa: PLR2004 - the size of a control block
                control, duration_ms = slice(start, pos), 10 * int.from_bytes(data[start + 4 : start + 6], "little")
        elif kind == _IMAGE:
            corner, pixels = _descriptor(data, pos)
            pos, n_hops = _after_blocks(data, pixels)
            frames.append(GifFrame(control, slice(start, pos), duration_ms, corner))
            control, duration_ms = slice(0, 0), 0
        elif kind == 0:
            pos, n_hops = pos + 1, 1
        else:
            break
        n_blocks += n_hops
        if n_blocks > MAX_BLOCKS:
            raise ImageTooLargeError(f"a GIF has at most {MAX_BLOCKS} blocks")
    return tuple(frames)


def _descriptor(data: bytes, pos: int) -> tuple[tuple[int, int], int]:
    """How far a frame reaches, and where its pixels start."""
    x, y, width, height = (int.from_bytes(data[pos + at : pos + at + 2], "little") for at in (1, 3, 5, 7))
    return (x + width, y + height), pos + 10 + _palette_bytes(data[pos + 9]) + 1


def _after_blocks(data: bytes, pos: int) -> tuple[int, int]:
    """Hop over a chain of blocks; IndexError when the file ends inside it."""
    n_hops = 1
    while n_bytes := data[pos]:
        pos += n_bytes + 1
        n_hops += 1
        if n_hops > MAX_BLOCKS:
            break
    return pos + 1, n_hops
