"""Units: what is written together or not at all, and who hears of it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from sqlalchemy import Connection

from service.faults import describe
from service.records.tables import Row

Write = Callable[[Connection], None]
"""Something to write in the transaction of a decision."""
Guard = Callable[[Connection], bool]
"""Asked first, in the same transaction: False when the unit must not be written, as another was first."""

logger = logging.getLogger("bentoml.weir.records")


class Fate(Enum):
    """What became of a unit."""

    WAITING = auto()
    WRITTEN = auto()
    REFUSED = auto()
    """Its guard said no."""
    REJECTED = auto()
    """The database takes everything else, but not this."""


@dataclass(slots=True)
class Unit:
    """What is written together or not at all: the decisions of a request, and what belongs to them.

    Attributes:
        rows: of `decisions`, whole.
        also: written after them.
        guard: whether to write it.
        loop: in which the following are called.
        on_done: called once the unit is on disk (True) or its guard refused it (False).
        on_rejected: called when the database will never take it.

    """

    rows: Sequence[Row]
    also: Sequence[Write] = ()
    guard: Guard | None = None
    loop: asyncio.AbstractEventLoop | None = None
    on_done: Callable[[bool], None] | None = None
    on_rejected: Callable[[], None] | None = None
    fate: Fate = field(default=Fate.WAITING, init=False)

    @property
    def size(self) -> int:
        """What it counts for."""
        return max(1, len(self.rows))

    def tell(self) -> None:
        """Tell of its fate, in its loop."""
        if self.fate is Fate.REJECTED:
            if self.on_rejected is not None:
                self.on_rejected()
        elif self.on_done is not None:
            self.on_done(self.fate is Fate.WRITTEN)


def tell_all(group: Sequence[Unit]) -> None:
    """Tell every loop of its units in one call: each call writes to the loop's pipe."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
    for unit in group:
        if unit.loop is not None:
            by_loop.setdefault(unit.loop, []).append(unit)
    for loop, units in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell, units)


def _tell(units: Sequence[Unit]) -> None:
    for unit in units:
        try:
            unit.tell()
        except Exception as error:  # noqa: BLE001 - the answer of one request must not break the others
            logger.error("answering a request failed: %s", describe(error))  # noqa: TRY400 - it could quote content
