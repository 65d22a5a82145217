"""Where lines of text are: differentiable binarization over a picture of bounded size.

Source: "Real-time Scene Text Detection with Differentiable Binarization" (Liao et al., 2020); thresholds are those of
PP-OCRv6 in rapidocr 3.10, and the tests compare the boxes with rapidocr's own.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Floats = NDArray[np.float32]

STRIDE: Final = 32
"""The model takes sides that are multiples of this, in pixels."""
MAX_ASPECT: Final = 8.0
"""A thinner picture is set between margins, as in rapidocr: the model has not seen thinner ones."""
PIXEL_PROB: Final = 0.3
LINE_PROB: Final = 0.5
UNCLIP_RATIO: Final = 1.6
"""The model learned shrunken lines; they grow back by area x ratio / perimeter."""
MIN_LINE_PX: Final = 3.0
"""Thinner places on the probability map are noise."""
MAX_CONTOURS: Final = 1000
"""Places on the map that are looked at: bounds the time for a picture of nothing but specks."""


@dataclass(frozen=True, slots=True)
class Line:
    """A place with a line of text.

    Attributes:
        corners: in pixels of the frame, clockwise from the top left. *Shape:* `(4, 2)`.
        prob: the detector's mean probability inside.

    """

    corners: Floats
    prob: float


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A frame as the model sees it: resized by `scale` and set `left`, `top` pixels into a larger picture."""

    pixels: Frame
    scale: float
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class DetectionSize:
    """How large a picture is when lines are looked for in it.

    Attributes:
        min_pixels: a smaller picture is enlarged to this.
        max_pixels: a larger one is shrunk to this, which bounds time and memory.
        max_upscale: how much the sides of a small one grow, at most.

    """

    min_pixels: int
    max_pixels: int
    max_upscale: float

    def scale(self, n_pixels: float) -> float:
        """What the sides of a picture of `n_pixels` are multiplied by."""
        if n_pixels < self.min_pixels:
            return min(self.max_upscale, sqrt(self.min_pixels / n_pixels))
        return min(1.0, sqrt(self.max_pixels / n_pixels))


class LineDetector:
    """Finds lines in one frame at a time."""

    def __init__(self, session: ort.InferenceSession, size: DetectionSize, max_lines: int) -> None:
        self._session = session
        self._size = size
        self._max_lines = max_lines

    def find(self, frame: Frame) -> list[Line]:
        """The surest lines, at most `max_lines`, surest first.

        Args:
            frame: upright RGB. *Shape:* `(h, w, 3)`.

        """
        canvas = _canvas(frame, self._size)
        bgr = canvas.pixels[:, :, ::-1].transpose(2, 0, 1)[np.newaxis]
        blob = bgr.astype(np.float32) / np.float32(127.5) - np.float32(1.0)
        probs = self._session.run(None, {self._session.get_inputs()[0].name: blob})[0][0, 0]
        lines = [_on_frame(line, canvas, frame) for line in lines_of(probs)]
        kept = [line for line in lines if line is not None]
        return sorted(kept, key=lambda line: -line.prob)[: self._max_lines]


def lines_of(probs: Floats) -> list[Line]:
    """Lines on a probability map, in its pixels. *Shape:* `(h, w)` in [0, 1]."""
    mask = cv2.dilate((probs > PIXEL_PROB).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    lines = (_line(probs, np.asarray(contour, dtype=np.int32)) for contour in contours[:MAX_CONTOURS])
    return [line for line in lines if line is not None]


def _line(probs: Floats, contour: NDArray[np.int32]) -> Line | None:
    center, (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < MIN_LINE_PX:
        return None
    prob = _mean_inside(probs, cv2.boxPoints((center, (width, height), angle)))
    if prob < LINE_PROB:
        return None
    margin = width * height * UNCLIP_RATIO / (2.0 * (width + height))
    grown = (width + 2.0 * margin, height + 2.0 * margin)
    return Line(_clockwise(cv2.boxPoints((center, grown, angle))), prob)


def _mean_inside(probs: Floats, corners: NDArray[np.floating]) -> float:
    height, width = probs.shape
    x0, y0 = np.clip(np.floor(corners.min(axis=0)), 0, (width - 1, height - 1)).astype(int)
    x1, y1 = np.clip(np.ceil(corners.max(axis=0)), 0, (width - 1, height - 1)).astype(int)
    inside = np.zeros((y1 - y0 + 1, x1 - x0 + 1), dtype=np.uint8)
    cv2.fillPoly(inside, [(corners - (x0, y0)).astype(np.int32)], 1)
    return float(cv2.mean(probs[y0 : y1 + 1, x0 : x1 + 1], inside)[0])


def _clockwise(corners: NDArray[np.floating]) -> Floats:
    """Corners from the top left: the two left ones by height, then the two right ones."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array([left[0], right[0], right[1], left[1]], dtype=np.float32)


def _canvas(frame: Frame, size: DetectionSize) -> _Canvas:
    """The frame at the size for detection, padded with black to what the model takes."""
    height, width = frame.shape[:2]
    room_h, room_w = max(height, width / MAX_ASPECT), max(width, height / MAX_ASPECT)
    scale = size.scale(room_h * room_w)
    new_h, new_w = max(1, round(height * scale)), max(1, round(width * scale))
    full_h, full_w = _to_stride(room_h * scale), _to_stride(room_w * scale)
    new_h, new_w = min(new_h, full_h), min(new_w, full_w)
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    top, left = (full_h - new_h) // 2, (full_w - new_w) // 2
    pixels = np.zeros((full_h, full_w, 3), dtype=np.uint8)
    pixels[top : top + new_h, left : left + new_w] = cv2.resize(frame, (new_w, new_h), interpolation=how)
    return _Canvas(pixels, scale, left, top)


def _to_stride(side: float) -> int:
    return max(STRIDE, STRIDE * int(np.ceil(side / STRIDE)))


def _on_frame(line: Line, canvas: _Canvas, frame: Frame) -> Line | None:
    """The line in pixels of the frame, clipped to it; None where nothing is left."""
    height, width = frame.shape[:2]
    corners = (line.corners - np.array((canvas.left, canvas.top), dtype=np.float32)) / np.float32(canvas.scale)
    corners = np.clip(corners, 0.0, np.array((width, height), dtype=np.float32))
    sides = np.linalg.norm(corners[0] - corners[1]), np.linalg.norm(corners[0] - corners[3])
    return Line(corners, line.prob) if min(sides) >= 1.0 else None
