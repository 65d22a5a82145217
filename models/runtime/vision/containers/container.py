"""What every surveyed file can say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A smaller file of the same format, and where the picks are in it.

    Attributes:
        data: the file.
        positions: the number in `data` of each picked frame, ascending.

    """

    data: bytes
    positions: tuple[int, ...]


class Container(Protocol):
    """A file's outline."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the canvas; None where the decoder reads them cheaply itself."""
        ...

    @property
    def is_canvas(self) -> bool:
        """Whether decoding holds several copies of the canvas, so that a tighter limit applies."""
        ...

    @property
    def durations_ms(self) -> Sequence[int]:
        """How long every frame is shown; as long as there are frames."""
        ...

    def excerpt(self, picks: Sequence[int]) -> Excerpt:
        """Make the file to decode so that the picked frames can be seen.

        Raises:
            InvalidImageError: a frame holds less than it promises.

        """
        ...


@dataclass(frozen=True, slots=True)
class Still:
    """A file with one picture.

    Attributes:
        data: what to decode.
        size: width and height where the survey had to read them.
        is_canvas: see `Container`.

    """

    data: bytes
    size: tuple[int, int] | None = None
    is_canvas: bool = False

    @property
    def durations_ms(self) -> Sequence[int]:
        """One frame."""
        return (0,)

    def excerpt(self, picks: Sequence[int]) -> Excerpt:
        """All of it: there is nothing to pick from."""
        return Excerpt(self.data, tuple(picks))
