"""What the stages of looking at a picture cost, by kind of picture."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from scripts.bench.summary import median

STAGES: Final = (
    "decode", "prepare", "image model", "scores and OCR gate", "PDQ, 8 orientations", "OCR", "text model", "fusion",
    "bank look-up",
)  # fmt: skip
KINDS: Final = {"photo_jpeg": "photograph, JPEG", "photo_png": "photograph, PNG", "meme": "meme, JPEG"}

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class StageCost:
    """Processor milliseconds of one stage for one kind of picture; None where the stage is skipped.

    Attributes:
        lowest_ms, highest_ms: over the pictures and repeats.

    """

    kind: str
    stage: str
    median_ms: float | None
    lowest_ms: float = 0.0
    highest_ms: float = 0.0


class Stopwatch:
    """Processor time by kind and stage, all threads of this process together."""

    def __init__(self) -> None:
        self._spent_ms: dict[tuple[str, str], list[float]] = {}
        self.kind = ""

    def time(self, stage: str, work: Callable[[], _Result]) -> _Result:
        """Do it and note how long it took."""
        begun = time.process_time_ns()
        result = work()
        self._spent_ms.setdefault((self.kind, stage), []).append((time.process_time_ns() - begun) / 1e6)
        return result

    def costs(self) -> list[StageCost]:
        """One entry a kind and stage, in the order of the pipeline."""
        return [_cost(kind, stage, self._spent_ms.get((kind, stage), [])) for stage in STAGES for kind in KINDS]


def _cost(kind: str, stage: str, spent_ms: Sequence[float]) -> StageCost:
    if not spent_ms:
        return StageCost(kind, stage, None)
    return StageCost(kind, stage, median(spent_ms), min(spent_ms), max(spent_ms))


def total_ms(costs: Sequence[StageCost], kind: str) -> float:
    """The sum of a kind's medians."""
    return sum(cost.median_ms for cost in costs if cost.kind == kind and cost.median_ms is not None)
