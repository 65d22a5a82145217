"""Wording: the text beside an item's images and the words in each of them, through the text model."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from models.contracts import FailureCode
from service.batcher import TextQueue
from service.errors import RequestError
from service.ticket import Outcome, Scored, Ticket
from service.vision.reading import ReadPicture
from service.vision.refusal import ItemRefusedError


@dataclass(frozen=True, slots=True)
class ScoredTexts:
    """An item's texts with their scores; None where there is nothing visible to score.

    Attributes:
        beside: the text beside the images.
        inside: the words in each image.

    """

    beside: Scored | None
    inside: tuple[Scored | None, ...]


async def score_texts(
    beside: str, inside: Sequence[ReadPicture], batcher: TextQueue, deadline: float, *, with_embeddings: bool
) -> ScoredTexts:
    """Score all texts of an item in one ticket, together with whatever else waits for the text model.

    Raises:
        ItemRefusedError: The queue is full, or a text has no score; a blank text beside an image is no failure.

    """
    texts = {place: text for place, text in enumerate([beside, *(entry.text for entry in inside)]) if text}
    outcomes = (
        await _outcomes(list(texts.values()), batcher, deadline, with_embeddings=with_embeddings) if texts else []
    )
    scored: dict[int, Scored] = {}
    for place, outcome in zip(texts, outcomes, strict=True):
        if isinstance(outcome, Scored):
            scored[place] = outcome
        elif outcome is not FailureCode.EMPTY_CONTENT:
            raise ItemRefusedError(outcome or FailureCode.INTERNAL, place - 1 if place else None)
    return ScoredTexts(scored.get(0), tuple(scored.get(place) for place in range(1, len(inside) + 1)))


async def _outcomes(
    texts: list[str], batcher: TextQueue, deadline: float, *, with_embeddings: bool
) -> Sequence[Outcome | None]:
    done: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()

    def settle(ticket: Ticket) -> None:
        if not done.done():
            done.set_result(ticket)

    try:
        batcher.submit(Ticket(texts, time.perf_counter(), deadline, settle, done.cancelled, with_embeddings))
    except RequestError:
        raise ItemRefusedError(FailureCode.OVERLOADED) from None
    return (await done).outcomes
