"""Walking the chain: every entry's number and hash, and every row that it vouches for, some thousand at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, select

from service.accountability.findings import MAX_LISTED, AuditProblem, ProblemKind
from service.records.commitments import COLUMNS, PERSONAL, commit, decision_digest
from service.records.ledger import Entry, EntryKind, Head, chained, event_digest
from service.records.tables import decisions, events, ledger

CHUNK: Final = 2_000
_ASK: Final = 500
_PERSONAL: Final = tuple(COLUMNS.index(name) for name in PERSONAL)
_SALT: Final = COLUMNS.index("salt")
_COMMITMENT: Final = COLUMNS.index("personal")
_ERASED_AT: Final = COLUMNS.index("erased_at_us")

LedgerRow = Row[Any]


class Notes:
    """What was found so far."""

    def __init__(self) -> None:
        self.n_entries = 0
        self.n_decisions = 0
        self.n_events = 0
        self.n_found_decisions = 0
        self.n_found_events = 0
        self.n_erased = 0
        self.n_problems = 0
        self.problems: list[AuditProblem] = []

    def note(self, kind: ProblemKind, detail: str, seq: int | None = None, entry_id: str | None = None) -> None:
        """Write one problem down; beyond the first hundred they are only counted."""
        self.n_problems += 1
        if len(self.problems) < MAX_LISTED:
            self.problems.append(AuditProblem(kind=kind, seq=seq, entry_id=entry_id, detail=detail))


class ChainWalk:
    """Goes along the chain from a place whose hash is known."""

    def __init__(self, connection: Connection, start: Head, notes: Notes) -> None:
        self._connection = connection
        self._notes = notes
        self.head = start

    def take(self, entries: Sequence[LedgerRow]) -> None:
        """Check the next entries, and what they vouch for."""
        for entry in entries:
            self._follow(entry)
        check_rows(self._connection, entries, self._notes)
        self._notes.n_entries += len(entries)

    def _follow(self, entry: LedgerRow) -> None:
        due, stored = self.head.seq + 1, bytes(entry.hash)
        if entry.seq != due:
            missing = f"entry {due}" if entry.seq == due + 1 else f"entries {due} to {entry.seq - 1}"
            self._notes.note(ProblemKind.MISSING_ENTRY, f"{missing} of the ledger are gone", due)
        elif entry.kind not in tuple(EntryKind):
            self._notes.note(ProblemKind.UNKNOWN_KIND, "the entry is about nothing known", entry.seq, entry.entry_id)
        elif chained(self.head.hash, entry.seq, as_entry(entry)) != stored:
            self._notes.note(
                ProblemKind.BROKEN_HASH, "the hash does not follow from what is before it", entry.seq, entry.entry_id
            )
        self.head = Head(entry.seq, stored)


def as_entry(row: LedgerRow) -> Entry:
    """A row of the ledger as what was chained."""
    return Entry(EntryKind(row.kind), row.entry_id, row.at_us, bytes(row.digest))


def read_entries(connection: Connection, after: int, limit: int | None = None) -> Iterator[Sequence[LedgerRow]]:
    """The ledger after an entry, in chunks, in the order of its numbers."""
    left = limit
    while left is None or left > 0:
        size = CHUNK if left is None else min(CHUNK, left)
        chunk = connection.execute(select(ledger).where(ledger.c.seq > after).order_by(ledger.c.seq).limit(size)).all()
        if chunk:
            yield chunk
        if len(chunk) < size:
            return
        after = chunk[-1].seq
        left = None if left is None else left - len(chunk)


def check_rows(connection: Connection, entries: Iterable[LedgerRow], notes: Notes) -> None:
    """Hold decisions and events against the digests that the ledger has of them."""
    listed = list(entries)
    about = {kind: [entry for entry in listed if entry.kind == kind] for kind in EntryKind}
    for entry, row in _joined(connection, decisions, about[EntryKind.DECISION]):
        notes.n_decisions += 1
        if row is None:
            notes.note(ProblemKind.MISSING_ROW, "the decision is gone", entry.seq, entry.entry_id)
            continue
        notes.n_found_decisions += 1
        _check_decision(entry, row, notes)
    for entry, row in _joined(connection, events, about[EntryKind.EVENT]):
        notes.n_events += 1
        if row is None:
            notes.note(ProblemKind.MISSING_ROW, "the event is gone", entry.seq, entry.entry_id)
            continue
        notes.n_found_events += 1
        if event_digest(row._asdict()) != bytes(entry.digest):
            notes.note(ProblemKind.CHANGED_ROW, "the event is not what was chained", entry.seq, entry.entry_id)


def _check_decision(entry: LedgerRow, row: LedgerRow, notes: Notes) -> None:
    if row[_COMMITMENT] is None or decision_digest(tuple(row)) != bytes(entry.digest):
        notes.note(ProblemKind.CHANGED_ROW, "the decision is not what was chained", entry.seq, entry.entry_id)
    personal = [row[index] for index in _PERSONAL]
    if row[_ERASED_AT] is not None:
        notes.n_erased += 1
        fits = row[_SALT] is None and not any(personal)
    else:
        fits = row[_SALT] is not None and commit(personal, bytes(row[_SALT])) == _bytes(row[_COMMITMENT])
    if not fits:
        said = "personal fields do not fit their commitment"
        notes.note(ProblemKind.CHANGED_PERSONAL_FIELDS, said, entry.seq, entry.entry_id)


def _joined(
    connection: Connection, table: Table, entries: Sequence[LedgerRow]
) -> Iterator[tuple[LedgerRow, LedgerRow | None]]:
    """Every entry with its row by the first column, the key; or with None where there is no row."""
    for start in range(0, len(entries), _ASK):
        part = entries[start : start + _ASK]
        wanted = select(table).where(table.columns[0].in_([entry.entry_id for entry in part]))
        found = {row[0]: row for row in connection.execute(wanted)}
        for entry in part:
            yield entry, found.get(entry.entry_id)


def _bytes(value: bytes | memoryview | None) -> bytes:
    return b"" if value is None else bytes(value)
