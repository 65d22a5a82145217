"""Gathering: the decisions of one request, on texts and on pictures, brought together before anything is written.

Texts and items with images travel separately and are written separately, which is right where the answer is sent and
forgotten. Whoever stores the answer itself (idempotency keys, jobs) needs both on disk together with it or not at all:
here they are collected, and handed over as rows that the caller writes as one unit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from models.contracts import FailureCode
from service.asking import Ask
from service.engine import Engine, Outcome
from service.errors import RequestError
from service.http.terms import deadline_of
from service.records.tables import Row
from service.records.writer import Write
from service.vision.examiner import Examined
from service.vision.finding import Posted
from service.vision.refusal import ItemRefusedError
from service.wire.decisions import Item

AskFor = Callable[[Sequence[Item]], Ask]
"""The terms of some of the items."""


@dataclass(slots=True)
class Gathered:
    """What became of the items, and what is to be written for it.

    Attributes:
        outcomes: one an item, in order.
        rows: of the decisions.
        also: what is written with them.

    """

    outcomes: list[Outcome]
    rows: list[Row] = field(default_factory=list)
    also: list[Write] = field(default_factory=list)


def gather(engine: Engine, items: Sequence[Item], ask_for: AskFor, on_gathered: Callable[[Gathered], None]) -> None:
    """Decide items; `on_gathered` is called in the event loop before anything is written. In the event loop.

    Raises:
        RequestError: None of them can be taken now (429, 503).

    """
    pictured = [index for index, item in enumerate(items) if item.failure is None and item.images]
    texts = [index for index, item in enumerate(items) if item.failure is None and not item.images]
    gathered = Gathered([item.failure or FailureCode.INTERNAL for item in items])
    parts = _Parts(gathered, on_gathered, bool(pictured) + bool(texts))
    if not parts.n_open:
        on_gathered(gathered)
    if pictured:
        _examine(engine, items, pictured, parts.terms(ask_for, items, pictured), gathered)
    if texts:
        try:
            _score(engine, items, texts, parts.terms(ask_for, items, texts), gathered)
        except RequestError:
            if not pictured:
                raise
            parts.lose(texts, FailureCode.OVERLOADED)
    refuse_failed(engine, items, ask_for)  # once all others are taken: a request that is refused comes again


def refuse_failed(engine: Engine, items: Sequence[Item], ask_for: AskFor) -> None:
    """Count the items that failed as they were read, such as empty ones: nothing else is ever known of them."""
    failed = [item for item in items if item.failure is not None]
    if failed:
        engine.refuse([item.failure for item in failed if item.failure is not None], ask_for(failed))


@dataclass(slots=True)
class _Parts:
    """The parts of one request: texts, and items with images; either may be missing."""

    gathered: Gathered
    on_gathered: Callable[[Gathered], None]
    n_open: int

    def terms(self, ask_for: AskFor, items: Sequence[Item], indexes: Sequence[int]) -> Ask:
        """Of one part; nobody is gone, as the answer is stored for whoever comes again."""
        ask = ask_for([items[index] for index in indexes])
        ask.is_abandoned, ask.keep = None, self.keep
        return ask

    def keep(self, rows: Sequence[Row], also: Sequence[Write]) -> None:
        """Take what one part writes."""
        self.gathered.rows += rows
        self.gathered.also += also
        self.n_open -= 1
        if self.n_open == 0:
            self.on_gathered(self.gathered)

    def lose(self, indexes: Sequence[int], code: FailureCode) -> None:
        """One part was not taken."""
        for index in indexes:
            self.gathered.outcomes[index] = code
        self.keep((), ())


def _score(engine: Engine, items: Sequence[Item], indexes: Sequence[int], ask: Ask, gathered: Gathered) -> None:
    def take(outcomes: list[Outcome]) -> None:
        for index, outcome in zip(indexes, outcomes, strict=True):
            gathered.outcomes[index] = outcome

    engine.submit([items[index].text for index in indexes], ask, take)


def _examine(engine: Engine, items: Sequence[Item], indexes: Sequence[int], ask: Ask, gathered: Gathered) -> None:
    deadline = deadline_of(engine)
    posted = [
        Posted(
            items[index].text,
            items[index].images,
            deadline,
            items[index].content_id,
            items[index].redact,
            facts=ask.facts(place),
        )
        for place, index in enumerate(indexes)
    ]

    def take(outcomes: list[Examined]) -> None:
        for index, outcome in zip(indexes, outcomes, strict=True):
            gathered.outcomes[index] = taken(items[index], outcome)

    engine.examine(posted, ask, take)


def taken(item: Item, outcome: Examined) -> Outcome:
    """Write down on an item what its outcome says beyond a ruling or a code."""
    if isinstance(outcome, ItemRefusedError):
        item.problem = None if outcome.image is None else f"images[{outcome.image}]: {outcome}"
        return outcome.code
    item.redacted = outcome.redacted
    return outcome.ruling
