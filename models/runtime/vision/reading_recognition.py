"""What a line says: the crop, made level, through the recognition model.

A line is padded to the next of a few fixed widths and runs only with lines of the same width, so that its text does not
depend on what else is read at the time.

Source: PP-OCRv6 small; connectionist temporal classification (Graves et al., 2006), best path.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.runtime.vision.reading_detection import Floats, Frame

LINE_HEIGHT: Final = 48
WIDTH_STEP: Final = 16
"""Padding costs words: rapidocr's least width of 320 loses one word in twenty of small memes."""
MAX_WIDTH: Final = 1280
"""A longer line is squeezed; it would hold more than about 130 characters."""
BATCH_WIDTH: Final = 640
"""Pixels of width that run at once (or one line). On one core a larger batch is no faster, and takes 0.1 MB a pixel."""
UPRIGHT_ASPECT: Final = 1.5
"""A crop this much higher than wide holds a line that runs upwards or downwards, as in rapidocr."""


class LineRecognizer:
    """Reads lines; the text of each depends on that line alone."""

    def __init__(self, session: ort.InferenceSession, characters: Sequence[str]) -> None:
        self._session = session
        self._characters = characters

    def read(self, crops: Sequence[Frame]) -> list[tuple[str, float]]:
        """Text and mean character probability of each line; an empty text has 0.

        Args:
            crops: level RGB lines of any size. *Shape:* `(h, w, 3)` each.

        """
        read: list[tuple[str, float]] = [("", 0.0)] * len(crops)
        for batch, width in _batches([padded_width(crop) for crop in crops]):
            pixels = np.stack([_padded(crops[index], width) for index in batch])
            probs = self._session.run(None, {self._session.get_inputs()[0].name: pixels})[0]
            for index, one in zip(batch, self._decoded(probs), strict=True):
                read[index] = one
        return read

    def _decoded(self, probs: Floats) -> list[tuple[str, float]]:
        """Best path: the likeliest class of each step, repeats merged, blanks dropped. *Shape:* `(n, t, classes)`."""
        best = probs.argmax(axis=2)
        best_probs = np.take_along_axis(probs, best[:, :, np.newaxis], axis=2)[:, :, 0]
        is_new = np.ones(best.shape, dtype=bool)
        is_new[:, 1:] = best[:, 1:] != best[:, :-1]
        kept = is_new & (best != 0)
        return [self._text(ids[keep], found[keep]) for ids, found, keep in zip(best, best_probs, kept, strict=True)]

    def _text(self, ids: NDArray[np.int64], probs: Floats) -> tuple[str, float]:
        if not len(ids):
            return "", 0.0
        return "".join(self._characters[one] for one in ids), float(np.clip(probs.mean(), 0.0, 1.0))


def level_crop(frame: Frame, corners: Floats) -> Frame:
    """A line cut out of a frame and turned level, in the frame's own pixels.

    Args:
        frame: RGB. *Shape:* `(h, w, 3)`.
        corners: clockwise from the top left. *Shape:* `(4, 2)`.

    """
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = max(1, int(max(sides[0], sides[2]))), max(1, int(max(sides[1], sides[3])))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    turn = cv2.getPerspectiveTransform(corners, target)
    crop = cv2.warpPerspective(frame, turn, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    return np.asarray(np.rot90(crop) if height >= UPRIGHT_ASPECT * width else crop, dtype=np.uint8)


def padded_width(crop: Frame) -> int:
    """The width at which a crop runs: its own at the model's height, up to the next step."""
    return min(MAX_WIDTH, WIDTH_STEP * -(-_own_width(crop) // WIDTH_STEP))


def _own_width(crop: Frame) -> int:
    height, width = map(int, crop.shape[:2])
    return max(1, round(LINE_HEIGHT * width / height))


def _padded(crop: Frame, width: int) -> Floats:
    """The crop as the model takes it, grey to the right. *Shape:* `(3, LINE_HEIGHT, width)` in [-1, 1]."""
    own = min(width, _own_width(crop))
    resized = cv2.resize(np.ascontiguousarray(crop[:, :, ::-1]), (own, LINE_HEIGHT), interpolation=cv2.INTER_LINEAR)
    pixels = np.zeros((3, LINE_HEIGHT, width), dtype=np.float32)
    pixels[:, :, :own] = resized.transpose(2, 0, 1) / np.float32(127.5) - np.float32(1.0)
    return pixels


def _batches(widths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Indices of lines that run together, with their width: equal widths, at most `BATCH_WIDTH` together."""
    for width in sorted(set(widths)):
        same = [index for index, one in enumerate(widths) if one == width]
        size = max(1, BATCH_WIDTH // width)
        for start in range(0, len(same), size):
            yield same[start : start + size], width
