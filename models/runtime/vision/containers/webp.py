"""WebP: the canvas before the decoder allocates it, and the frames of an animation.

The decoder reserves its canvases on opening, by the header alone, so that the size is read here first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from models.runtime.vision.containers.container import Container, Excerpt, Still
from models.runtime.vision.errors import ImageTooLargeError, InvalidImageError
from models.runtime.vision.sampling import decoded_frames

MAX_CHUNKS: Final = 20_000

_FIRST_CHUNK = 12
_CHUNK_HEADER = 8
_ANIMATION_FLAG = 0x02
_LOSSLESS_MARK = 0x2F


@dataclass(frozen=True, slots=True)
class AnimatedWebp:
    """An animation's outline.

    Attributes:
        data: the file.
        head: canvas and background.
        frames: the frames' chunks, at least one.
        size: of the canvas.
        durations_ms: of every frame.

    """

    data: bytes
    head: tuple[slice, ...]
    frames: tuple[slice, ...]
    size: tuple[int, int]
    durations_ms: Sequence[int]

    @property
    def is_canvas(self) -> bool:
        """Always: see the module."""
        return True

    def excerpt(self, picks: Sequence[int]) -> Excerpt:
        """Keep the canvas, the picked frames and those that lead up to them."""
        kept = decoded_frames(picks, self.size[0] * self.size[1])
        body = b"WEBP" + b"".join(self.data[one] for one in [*self.head, *(self.frames[i] for i in kept)])
        data = b"RIFF" + len(body).to_bytes(4, "little") + body
        return Excerpt(data, tuple(kept.index(pick) for pick in picks))


def survey_webp(data: bytes) -> Container:
    """Outline a WebP file.

    Raises:
        InvalidImageError: it ends before its picture does, or has none.
        ImageTooLargeError: more chunks than any encoder writes.

    """
    end = _CHUNK_HEADER + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise InvalidImageError("the WebP is shorter than its header says")
    data = data[:end]
    size = _canvas(data)
    if data[12:16] != b"VP8X" or not data[20] & _ANIMATION_FLAG:
        return Still(data, size, is_canvas=True)
    chunks = list(_chunks(data))
    frames = tuple(chunk for kind, chunk in chunks if kind == b"ANMF")
    if not frames:
        raise InvalidImageError("the WebP has no frame; at least 1 is needed")
    head = tuple(chunk for kind, chunk in chunks if kind in {b"VP8X", b"ANIM"})
    durations_ms = [int.from_bytes(data[one.start + 20 : one.start + 23], "little") for one in frames]
    return AnimatedWebp(_without_metadata_flags(data), head, frames, size, durations_ms)


def _canvas(data: bytes) -> tuple[int, int]:
    """Width and height by the first chunk. Source: RFC 9649, sections 2.5 to 2.7."""
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X" and len(body) == 10:  # noqa: PLR2004
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L" and len(body) >= 5 and body[0] == _LOSSLESS_MARK:  # noqa: PLR2004
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise InvalidImageError("the WebP does not start with a picture")


def _chunks(data: bytes) -> Iterator[tuple[bytes, slice]]:
    pos = _FIRST_CHUNK
    for _ in range(MAX_CHUNKS):
        if pos + _CHUNK_HEADER > len(data):
            return
        n_bytes = int.from_bytes(data[pos + 4 : pos + 8], "little")
        end = pos + _CHUNK_HEADER + n_bytes + n_bytes % 2
        if end > len(data):
            raise InvalidImageError("a WebP chunk is longer than the file")
        yield data[pos : pos + 4], slice(pos, end)
        pos = end
    raise ImageTooLargeError(f"a WebP has at most {MAX_CHUNKS} chunks")


def _without_metadata_flags(data: bytes) -> bytes:
    """Only animation and alpha stay promised: the decoder refuses a file that lacks a chunk it promises."""
    return data[:20] + bytes([data[20] & 0x12]) + data[21:]
