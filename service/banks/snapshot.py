"""Snapshots: all banks as of one revision, ready to match; the next one is built from the last and what changed.

A snapshot is a large base that stays and a small rest that is built anew at every change: the items that were added
or changed since the base. What was changed or removed is dead in the base. When the rest has grown to an eighth
of the base, or the whole is small, everything is read again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, Row, func, select

from models.contracts import Action, Category, MatchKind
from service.banks.rows import read_draft
from service.banks.segment import COLUMNS, EmbeddingSpace, Rows, Segment, SegmentBuilder, Spaces
from service.banks.tables import bank_items, bank_removals, bank_state, banks
from service.banks.values import MAX_PDQ_DISTANCE, BankDraft, Polarity

FULL_BELOW: Final = 5_000
"""Items up to which everything is read again at every change: it takes a fraction of a second."""
REST_SHARE: Final = 8
_PAGE: Final = 20_000
_NEAR_TEXT_DISTANCE: Final = 0.2
"""Similarity 0.8, as usual for near-duplicate text. Source: Lee et al. (2022), "Deduplicating training data"."""
_EMBEDDING_DISTANCE: Final = 0.05
"""Strict, where the bundle does not say what its embeddings are good for."""


class BankVerdict(NamedTuple):
    """What a positive bank says about content that matches it."""

    bank: str
    category: Category
    action: Action
    review: bool
    message: str


@dataclass(frozen=True, slots=True)
class KnownBank:
    """An enabled bank.

    Attributes:
        verdict: None for a negative bank.
        limits: greatest distance by kind; a kind that is turned off is absent.

    """

    name: str
    verdict: BankVerdict | None
    limits: Mapping[MatchKind, float]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that can match.

    Attributes:
        banks: the enabled ones by number; items of others are never found.
        base_revision: of everything in `base`.
        changed: items that changed since the snapshot before.

    """

    revision: int
    banks: Mapping[int, KnownBank]
    base_revision: int
    base: Segment
    rest: Segment
    changed: frozenset[int] = frozenset()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Those that have items."""
        return tuple(segment for segment in (self.base, self.rest) if len(segment))

    @property
    def n_stale(self) -> int:
        """Embeddings that other bundles made and that are therefore ignored."""
        return self.base.n_stale + self.rest.n_stale

    def bank_of(self, key: int) -> KnownBank | None:
        """The bank of an item; None for one that cannot match."""
        for segment in self.segments:
            if (number := segment.bank_of(key)) is not None:
                return self.banks.get(number)
        return None

    def without(self, keys: Iterable[int]) -> "Snapshot":
        """The same, in which some items match no more."""
        dead = frozenset(keys)
        return replace(self, base=self.base.without(dead), rest=self.rest.without(dead)) if dead else self

    def has(self, kind: str) -> bool:
        """Whether an enabled bank has items of a kind."""
        return any(not segment.kinds.get(kind, frozenset()).isdisjoint(self.banks) for segment in self.segments)


def load_snapshot(engine: Engine, spaces: Spaces, previous: Snapshot | None = None) -> Snapshot:
    """Read what is new since `previous`, or everything.

    Memory is bounded by the indexes themselves: rows are read in pages, each in a short transaction.
    """
    with engine.connect() as connection:
        revision = int(connection.execute(select(bank_state.c.revision)).scalar_one())
        known = _load_banks(connection, spaces)
        if previous is None or _is_full_due(connection, previous):
            base = _read_segment(connection, spaces)
            changed = frozenset() if previous is None else _changed(connection, previous.revision)
            return Snapshot(revision, known, revision, base, SegmentBuilder(spaces).build(), changed)
        since_base = _changed(connection, previous.base_revision)
        return Snapshot(
            revision,
            known,
            previous.base_revision,
            previous.base.without(since_base),
            _read_segment(connection, spaces, previous.base_revision),
            _changed(connection, previous.revision),
        )


def _is_full_due(connection: Connection, previous: Snapshot) -> bool:
    n_base = len(previous.base)
    if n_base <= FULL_BELOW:
        return True
    newer = select(func.count()).where(bank_items.c.revision > previous.base_revision)
    return int(connection.execute(newer).scalar_one()) > n_base // REST_SHARE


def _changed(connection: Connection, revision: int) -> frozenset[int]:
    """Items that were added, changed or removed after a revision."""
    changed = select(bank_items.c.id).where(bank_items.c.revision > revision)
    removed = select(bank_removals.c.item_id).where(bank_removals.c.revision > revision)
    return frozenset(connection.execute(changed.union_all(removed)).scalars())


def _read_segment(connection: Connection, spaces: Spaces, since: int = -1) -> Segment:
    builder = SegmentBuilder(spaces)
    for page in _pages(connection, since):
        builder.add(page)
    return builder.build()


def _pages(connection: Connection, since: int) -> Iterator[Rows]:
    columns = [bank_items.c[name] for name in COLUMNS]
    matching = bank_items.c.enabled & bank_items.c.quarantined_at_us.is_(None)
    query = select(*columns).where(matching).order_by(bank_items.c.id).limit(_PAGE)
    if since >= 0:
        query = query.where(bank_items.c.revision > since)
    after = 0
    while page := connection.execute(query.where(bank_items.c.id > after)).all():
        yield page
        after = page[-1].id
        connection.rollback()


def _load_banks(connection: Connection, spaces: Spaces) -> dict[int, KnownBank]:
    rows = connection.execute(select(banks).where(banks.c.enabled))
    return {row.id: _known_bank(row, spaces) for row in rows}


def _known_bank(row: Row[Any], spaces: Spaces) -> KnownBank:
    draft = read_draft(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row by column
    chosen = _defaults(spaces) | draft.thresholds
    limits = {kind: distance for kind, distance in chosen.items() if distance is not None}
    return KnownBank(draft.name, _verdict(draft), limits)


def _defaults(spaces: Spaces) -> dict[MatchKind, float | None]:
    return {
        MatchKind.EXACT: 0.0,
        MatchKind.PDQ: MAX_PDQ_DISTANCE,
        MatchKind.NEAR_TEXT: _NEAR_TEXT_DISTANCE,
        MatchKind.IMAGE_EMBEDDING: _embedding_distance(spaces.image),
        MatchKind.TEXT_EMBEDDING: _embedding_distance(spaces.text),
    }


def _embedding_distance(space: EmbeddingSpace | None) -> float:
    return _EMBEDDING_DISTANCE if space is None or space.threshold is None else space.threshold


def _verdict(draft: BankDraft) -> BankVerdict | None:
    if draft.polarity is Polarity.NEGATIVE or draft.category is None or draft.action is None:
        return None
    return BankVerdict(draft.name, draft.category, draft.action, draft.review, draft.message)
