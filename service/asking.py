"""Asking: on whose behalf a request's items are decided, and what becomes of the decisions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.contracts import NO_CONTEXT, Context, Decision
from service.access.principal import OPEN, Principal
from service.moderator import Judgement
from service.panel import Ruling
from service.policy.facts import NO_FACTS, Facts
from service.records.tables import Row
from service.records.writer import Guard, Write


@dataclass(slots=True)
class Ask:
    """One request to decide.

    Attributes:
        endpoint: that was asked, such as `decisions`; the surface of items that name none.
        tenant: of items that name none; already checked against the principal.
        contexts: one an item; empty when no item has any.
        content_ids: the caller's names, one an item; empty when no item has any.
        previous: the turn before each text; empty when no text has one. It goes to the model, and to one that
            runs beside it, and nowhere else.
        is_recorded: False for requests that ask to be forgotten: nothing is written, and no hook hears of them.
        is_abandoned: tells whether the client has gone.
        guard: asked in the transaction of the decisions; when it refuses them, `on_refused` is called and no answer is.
        also: written with them.
        keep: takes the rows, and what is written with them, in place of the log, right after the outcomes were
            answered: for those who write several parts of a request, or its answer, in one transaction.
        is_background: nobody waits for it, so it takes no room from those who do.

    """

    endpoint: str
    tenant: str
    principal: Principal = OPEN
    contexts: Sequence[Context] = ()
    content_ids: Sequence[str | None] = ()
    previous: Sequence[str | None] = ()
    is_recorded: bool = True
    is_abandoned: Callable[[], bool] | None = None
    guard: Guard | None = None
    on_refused: Callable[[], None] | None = None
    also: Callable[[Sequence["Decided | None"]], Sequence[Write]] | None = None
    keep: Callable[[Sequence[Row], Sequence[Write]], None] | None = None
    is_background: bool = False

    def context(self, index: int) -> Context:
        """Of one item."""
        return self.contexts[index] if self.contexts else NO_CONTEXT

    def facts(self, index: int, text: str = "") -> Facts:
        """What is known of one item before it is looked at, and its text where that is normalised already."""
        context = self.context(index)
        return Facts(context.tenant or self.tenant, self.endpoint, context, text=text)

    def content_id(self, index: int) -> str | None:
        """Of one item."""
        return self.content_ids[index] if self.content_ids else None

    def turn(self, index: int) -> str | None:
        """The turn before one item's text."""
        return self.previous[index] if self.previous else None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on its way to the log, for those who write something beside it.

    Attributes:
        text: as posted and normalised; empty when there is none.
        images: the bytes of each.
        make: builds the decision in the shared vocabulary; plain texts are decided without it.
        outcome: what was judged and by whom: a plain text's judgement, or the panel's ruling.
        facts: what a policy may know of the item.
        previous: the turn before a plain text, for a second model that reads it, and for nobody who writes.

    """

    decision_id: str
    decided_at_us: int
    tenant: str
    surface: str
    action: str
    review: bool
    flagged: bool
    context: Context
    text: str
    images: tuple[bytes, ...]
    make: Callable[[], Decision]
    outcome: Judgement | Ruling | None = None
    facts: Facts = NO_FACTS
    previous: str | None = field(default=None, repr=False)


class DecisionHook(Protocol):
    """Hears of every decision before it is written, in the event loop: quick for those it has nothing to say about."""

    def __call__(self, decided: Decided) -> Write | None:
        """What to write in the same transaction; None for nothing."""
        ...
