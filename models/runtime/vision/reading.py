"""Words in pictures: lines are found, cut out, read in batches over all pictures, and put in reading order.

Reading costs tenths of a second a picture, so that it is called only where the image classifier saw text, and never
in the event loop. `docs/reading.md` has the measurements behind the settings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.contracts.evidence import Box, TextRegion
from models.runtime.vision.reading_detection import DetectionSize, Floats, Frame, Line, LineDetector
from models.runtime.vision.reading_errors import ReadingError
from models.runtime.vision.reading_models import (
    DETECTION_FILE,
    RECOGNITION_FILE,
    characters,
    open_model,
    wheel_models,
)
from models.runtime.vision.reading_order import reading_order
from models.runtime.vision.reading_recognition import LineRecognizer, level_crop

N_CHANNELS: Final = 3
DETECTION_SIZE: Final = DetectionSize(min_pixels=256 * 256, max_pixels=512 * 512, max_upscale=3.0)


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What bounds one picture's time and memory. The defaults are the best point of `docs/reading.md`.

    Attributes:
        size: of the picture in which lines are looked for; they are then read at the frame's own size.
        max_lines: the surest ones that are read.
        min_confidence: of a line's text, which is dropped below that.

    """

    size: DetectionSize = DETECTION_SIZE
    max_lines: int = 200
    min_confidence: float = 0.6


@dataclass(frozen=True, slots=True)
class ReadText:
    """What was read in one picture.

    Attributes:
        text: the lines in reading order, joined by newlines; empty when nothing was read.
        regions: the same lines with their places.

    """

    text: str
    regions: tuple[TextRegion, ...]


class TextReader:
    """Reads pictures on the calling thread. Open one with `open_reader`."""

    def __init__(self, detector: LineDetector, recognizer: LineRecognizer, min_confidence: float) -> None:
        self._detector = detector
        self._recognizer = recognizer
        self._min_confidence = min_confidence

    def read(self, frames: Sequence[Frame]) -> list[ReadText]:
        """Read every frame; the text of one does not depend on the others.

        Args:
            frames: upright RGB. *Shape:* `(h, w, 3)` each, any size.

        Raises:
            ReadingError: a frame has another shape, or a model failed. Read the frames one by one to know which.

        """
        _require_frames(frames)
        try:
            return self._read(frames)
        except Exception as error:  # OpenCV and onnxruntime raise their own classes, which have no common base
            raise ReadingError(f"a picture could not be read ({type(error).__name__})") from error

    def _read(self, frames: Sequence[Frame]) -> list[ReadText]:
        found = [self._detector.find(frame) for frame in frames]
        crops = [level_crop(frame, line.corners) for frame, lines in zip(frames, found, strict=True) for line in lines]
        words = iter(self._recognizer.read(crops))
        return [
            self._arranged(frame, lines, [next(words) for _ in lines])
            for frame, lines in zip(frames, found, strict=True)
        ]

    def _arranged(self, frame: Frame, lines: Sequence[Line], words: Sequence[tuple[str, float]]) -> ReadText:
        regions = [
            TextRegion(box=box_of(line.corners, frame), text=text.strip(), confidence=confidence)
            for line, (text, confidence) in zip(lines, words, strict=True)
            if text.strip() and confidence >= self._min_confidence
        ]
        ordered = tuple(regions[index] for index in reading_order([region.box for region in regions]))
        return ReadText("\n".join(region.text for region in ordered), ordered)


def open_reader(n_threads: int = 1, limits: ReadingLimits | None = None, folder: Path | None = None) -> TextReader:
    """Open the models of the rapidocr wheel. Takes a third of a second; nothing is downloaded.

    Args:
        n_threads: of each session.
        limits: of one picture.
        folder: with the two model files; the wheel's own when None.

    Raises:
        ReadingModelsError: the files are missing or not what they should be.

    """
    bounds, models = limits or ReadingLimits(), folder or wheel_models()
    detection = open_model(models / DETECTION_FILE, n_threads)
    recognition = open_model(models / RECOGNITION_FILE, n_threads)
    return TextReader(
        detector=LineDetector(detection, bounds.size, bounds.max_lines),
        recognizer=LineRecognizer(recognition, characters(recognition)),
        min_confidence=bounds.min_confidence,
    )


def box_of(corners: Floats, frame: Frame) -> Box:
    """The upright box around a line, as fractions of the frame."""
    size = np.array(frame.shape[1::-1], dtype=np.float64)
    (x0, y0), (x1, y1) = (np.clip(side / size, 0.0, 1.0) for side in (corners.min(axis=0), corners.max(axis=0)))
    return Box(x0=float(x0), y0=float(y0), x1=float(x1), y1=float(y1))


def _require_frames(frames: Sequence[Frame]) -> None:
    for frame in frames:
        if frame.dtype != np.uint8 or frame.ndim != N_CHANNELS or frame.shape[2] != N_CHANNELS or frame.size == 0:
            raise ReadingError(f"a frame is uint8 (h, w, 3) with h and w above 0, not {frame.dtype} {frame.shape}")
