"""Reading: the words of an item's pictures, where the gate saw any. What goes wrong leaves a gap and says so."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from models.contracts import TextRegion
from service.faults import describe
from service.vision.outcomes import Reading
from service.vision.scorers import Pixels, Reader, Words
from service.vision.seen import Seen

MAX_TEXT_REGIONS: Final = 64
"""Lines whose places an answer carries; the text always has all lines."""

logger = logging.getLogger("bentoml.weir.vision")


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """One picture's words.

    Attributes:
        text: of all of its frames, each wording once.
        regions: the lines with their places; of an animation those of every frame.

    """

    reading: Reading
    text: str = ""
    regions: tuple[TextRegion, ...] = ()


async def read_pictures(pictures: Sequence[Seen], reader: Reader, timeout_s: float) -> list[ReadPicture]:
    """Read every picture of an item that has words, together and within one time limit.

    A picture whose words cannot be read does not fail the item: what it shows can still be judged. It is marked, and
    whoever decides asks for a review.
    """
    frames = [seen.picture.decoded.frames[frame] for seen in pictures for frame in seen.wordy]
    words = await _read(frames, reader, timeout_s) if frames else []
    found: list[ReadPicture] = []
    start = 0
    for seen in pictures:
        own = None if words is None else words[start : start + len(seen.wordy)]
        found.append(_merged(own) if seen.wordy else ReadPicture(Reading.SKIPPED))
        start += len(seen.wordy)
    return found


async def _read(frames: Sequence[Pixels], reader: Reader, timeout_s: float) -> Sequence[Words] | None:
    try:
        async with asyncio.timeout(timeout_s):
            return await reader.read(frames)
    except TimeoutError:
        logger.warning("reading %d frames took longer than %.1f s", len(frames), timeout_s)
    except Exception as error:  # noqa: BLE001 - whatever the reader runs into, the item is decided without the words
        logger.error("reading failed: %s", describe(error))  # noqa: TRY400 - a traceback could quote the content
    return None


def _merged(words: Sequence[Words] | None) -> ReadPicture:
    if words is None:
        return ReadPicture(Reading.FAILED)
    distinct = {entry.text: entry.regions for entry in words if entry.text}
    if not distinct:
        return ReadPicture(Reading.EMPTY)
    regions = tuple(region for found in distinct.values() for region in found)
    return ReadPicture(Reading.READ, "\n".join(distinct), regions[:MAX_TEXT_REGIONS])
