"""Recorded decisions as a replay reads them: only what a policy judges by, and what was done."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection, select

from models.contracts import NO_CONTEXT, Context, KnownMatch, MatchKind, Modality
from service.policy.facts import Facts
from service.records.tables import decisions
from service.rollout.replay.selection import Piece, Selection

BLOCK: Final = 2_000
"""Rows that are taken from the database at a time."""
_COLUMNS: Final = (
    "decision_id", "tenant", "surface", "modalities", "scores", "action", "review", "decider_id", "context", "reasons",
    "signals", "known", "erased_at_us",
)  # fmt: skip


class Recorded(NamedTuple):
    """One decision; every field as its column has it."""

    decision_id: str
    tenant: str
    surface: str
    modalities: str
    scores: str
    action: str
    review: bool
    decider_id: str
    context: str | None
    reasons: str | None
    signals: str | None
    known: str | None
    erased_at_us: int | None


def recorded(connection: Connection, selection: Selection, piece: Piece) -> Iterator[Recorded]:
    """The selected decisions of one piece, in the order of time; never more than a block of them in memory."""
    at = decisions.c.decided_at_us
    query = (
        select(*(decisions.c[name] for name in _COLUMNS))
        .where(at >= piece.since_us, at < piece.until_us, *selection.clauses())
        .order_by(at)
    )
    rows = connection.execution_options(yield_per=BLOCK).execute(query)
    for block in rows.partitions():
        yield from map(Recorded._make, block)


def stored_facts(row: Recorded) -> Facts:
    """What a policy may know of the item, besides its scores and its content."""
    if row.known is None:
        return _facts(row.tenant, row.surface, row.modalities, row.context)
    found = _facts(row.tenant, row.surface, row.modalities, row.context)
    banks = dict.fromkeys(str(entry["bank"]) for entry in orjson.loads(row.known))
    matches = tuple(KnownMatch(bank=bank, item_id="", kind=MatchKind.EXACT, distance=0.0, input="") for bank in banks)
    return Facts(found.tenant, found.endpoint, found.context, found.modalities, matches=matches)


@lru_cache(maxsize=4_096)
def _facts(tenant: str, surface: str, modalities: str, context: str | None) -> Facts:
    """Most decisions share these with many others."""
    said = NO_CONTEXT if context is None else Context.model_validate_json(context)
    kinds = frozenset(Modality(name) for name in modalities.split(",") if name)
    return Facts(tenant, surface, said, kinds)
