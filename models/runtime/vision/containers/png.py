"""PNG and animated PNG: chunks, checked and sorted out, without decoding a pixel.

Kept is what the picture needs and its orientation. Text and colour profiles are compressed on their own, can unpack to
far more than the file, and are never opened. Checksums are verified, and rows counted, because the decoder does
neither: a stream that ends early would pass as a picture that is black below.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from models.runtime.vision.containers.container import Excerpt
from models.runtime.vision.containers.png_rows import count_bytes, expected_bytes
from models.runtime.vision.errors import ImageTooLargeError, InvalidImageError
from models.runtime.vision.sampling import decoded_frames

MAX_CHUNKS: Final = 65_536

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SHARED = {b"IHDR", b"PLTE", b"tRNS", b"eXIf"}
_KEPT = _SHARED | {b"IDAT", b"acTL", b"fcTL", b"fdAT"}
_HEADER_BYTES = 13
_CONTROL_BYTES = 26
_N_SEQUENCE_BYTES = 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk's kind and body."""

    kind: bytes
    body: bytes

    def encode(self) -> bytes:
        """Write it with length and checksum."""
        checksum = zlib.crc32(self.kind + self.body)
        return len(self.body).to_bytes(4, "big") + self.kind + self.body + checksum.to_bytes(4, "big")


@dataclass(slots=True)
class PngFrame:
    """A frame's control chunk, None for a picture outside the animation, and its pixels."""

    control: Chunk | None
    pixels: list[Chunk] = field(default_factory=list)

    @property
    def duration_ms(self) -> int:
        """From the control chunk: a fraction of seconds, in hundredths where the divisor is 0."""
        if self.control is None:
            return 0
        numerator, divisor = (int.from_bytes(self.control.body[at : at + 2], "big") for at in (20, 22))
        return 1000 * numerator // (divisor or 100)


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG's outline.

    Attributes:
        shared: the chunks before the pixels that every frame needs, the header first.
        frames: at least one; the first is what a viewer without animation shows.
        size: of the canvas.

    """

    shared: tuple[Chunk, ...]
    frames: tuple[PngFrame, ...]
    size: tuple[int, int]

    @property
    def is_canvas(self) -> bool:
        """An animation is composed on copies of its canvas."""
        return len(self.frames) > 1

    @property
    def durations_ms(self) -> Sequence[int]:
        """From the control chunks."""
        return [frame.duration_ms for frame in self.frames]

    def excerpt(self, picks: Sequence[int]) -> Excerpt:
        """Keep the picked frames and those that lead up to them, numbered anew."""
        kept = decoded_frames(picks, self.size[0] * self.size[1])
        for number in kept:
            self._check_rows(self.frames[number])
        chunks = [*self.shared, *_numbered([self.frames[number] for number in kept]), Chunk(b"IEND", b"")]
        data = _SIGNATURE + b"".join(chunk.encode() for chunk in chunks)
        return Excerpt(data, tuple(kept.index(pick) for pick in picks))

    def _check_rows(self, frame: PngFrame) -> None:
        size = self.size
        if frame.control is not None:
            width, height = (int.from_bytes(frame.control.body[at : at + 4], "big") for at in (4, 8))
            size = min(width, size[0]), min(height, size[1])
        n_expected = expected_bytes(self.shared[0].body, *size)
        streams = (one.body[_N_SEQUENCE_BYTES:] if one.kind == b"fdAT" else one.body for one in frame.pixels)
        if count_bytes(streams, n_expected) < n_expected:
            raise InvalidImageError("the PNG holds fewer rows than it promises")


def survey_png(data: bytes) -> Png:
    """Outline a PNG file.

    Raises:
        InvalidImageError: it ends before its picture does, a checksum is wrong, or it has no pixels.
        ImageTooLargeError: more chunks than any encoder writes.

    """
    shared: list[Chunk] = []
    frames: list[PngFrame] = []
    is_animated = False
    control: Chunk | None = None
    for chunk in _kept_chunks(data):
        if chunk.kind == b"acTL":
            is_animated = not frames
        elif chunk.kind == b"fcTL":
            control = _checked_control(chunk) if is_animated else None
        elif chunk.kind == b"IDAT":
            if not frames:
                frames.append(PngFrame(control))
                control = None
            frames[0].pixels.append(chunk)
        elif chunk.kind == b"fdAT":
            _add_frame_data(frames, control, chunk)
            control = None
        elif not frames:
            shared.append(chunk)
    return _png(shared, frames)


def _png(shared: list[Chunk], frames: list[PngFrame]) -> Png:
    if not shared or shared[0].kind != b"IHDR" or len(shared[0].body) < _HEADER_BYTES or not frames:
        raise InvalidImageError("the PNG has no header or no pixels")
    header = shared[0].body
    size = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    return Png(tuple(shared), tuple(frames), size)


def _add_frame_data(frames: list[PngFrame], control: Chunk | None, chunk: Chunk) -> None:
    """Start the frame that `control` announced, or go on with the last; data of no animation is left out."""
    if not frames or len(chunk.body) < _N_SEQUENCE_BYTES:
        return
    if control is not None:
        frames.append(PngFrame(control))
    if len(frames) > 1:
        frames[-1].pixels.append(chunk)


def _checked_control(chunk: Chunk) -> Chunk:
    if len(chunk.body) < _CONTROL_BYTES:
        raise InvalidImageError(f"a PNG frame's control has {len(chunk.body)} bytes; {_CONTROL_BYTES} are needed")
    return chunk


def _kept_chunks(data: bytes) -> Iterator[Chunk]:
    """Walk the chunks up to the end mark; those that are not needed are stepped over unread."""
    pos = len(_SIGNATURE)
    for _ in range(MAX_CHUNKS):
        n_bytes, kind = int.from_bytes(data[pos : pos + 4], "big"), data[pos + 4 : pos + 8]
        end = pos + 8 + n_bytes
        if end + 4 > len(data):
            raise InvalidImageError("the PNG ends before its picture does")
        if kind == b"IEND":
            return
        if kind in _KEPT:
            if zlib.crc32(data[pos + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
                raise InvalidImageError("a PNG chunk does not match its checksum")
            yield Chunk(kind, data[pos + 8 : end])
        pos = end + 4
    raise ImageTooLargeError(f"a PNG has at most {MAX_CHUNKS} chunks")


def _numbered(frames: Sequence[PngFrame]) -> Iterator[Chunk]:
    """The frames' chunks as one animation, or as a still picture where there is one frame."""
    if len(frames) == 1:
        yield from frames[0].pixels
        return
    n_animated = sum(frame.control is not None for frame in frames)
    yield Chunk(b"acTL", n_animated.to_bytes(4, "big") + bytes(4))
    sequence = 0
    for frame in frames:
        for chunk in [frame.control, *frame.pixels]:
            if chunk is not None and chunk.kind != b"IDAT":
                yield Chunk(chunk.kind, sequence.to_bytes(4, "big") + chunk.body[_N_SEQUENCE_BYTES:])
                sequence += 1
            elif chunk is not None:
                yield chunk
