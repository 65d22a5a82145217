"""Findings: what an audit of the chain says."""

from enum import StrEnum

from models.contracts.base import Value

MAX_LISTED = 100
"""Problems that one report lists; all are counted."""


class ProblemKind(StrEnum):
    """What can be wrong with the chain or with what it vouches for."""

    MISSING_ENTRY = "missing_entry"
    """Numbers are skipped: entries were taken out of the ledger."""
    BROKEN_HASH = "broken_hash"
    """An entry was changed, put in, or moved: its hash does not follow from what is before it."""
    MISSING_ROW = "missing_row"
    """The ledger tells of a decision or event that is gone."""
    CHANGED_ROW = "changed_row"
    """A decision or event is not what the ledger vouches for."""
    CHANGED_PERSONAL_FIELDS = "changed_personal_fields"
    """Personal fields do not fit their commitment, or are only half erased."""
    UNRECORDED_ERASURE = "unrecorded_erasure"
    """More decisions are erased than the events of erasures account for."""
    UNLISTED_ROW = "unlisted_row"
    """A decision or event that the ledger does not know: it was put in."""
    UNKNOWN_KIND = "unknown_kind"
    """An entry about a table that does not exist."""
    TRUNCATED = "truncated"
    """The chain ends before the head that was kept elsewhere."""
    OTHER_HEAD = "other_head"
    """The chain has another hash than the head that was kept elsewhere."""
    PURGED_HEAD = "purged_head"
    """The head that was kept elsewhere lies in the purged part, where it cannot be checked any more."""
    BROKEN_CHECKPOINT = "broken_checkpoint"
    """The purged part is not the one that the purge's event vouches for."""


class AuditProblem(Value):
    """One thing that is wrong.

    Attributes:
        seq: number of the entry in the ledger, where it has one.
        entry_id: of the decision or event, where it is known.
        detail: one line for people; no content.

    """

    kind: ProblemKind
    seq: int | None = None
    entry_id: str | None = None
    detail: str


class AuditHead(Value):
    """The end of the chain. Keep it elsewhere: a later audit can then prove that nothing before it was changed.

    Attributes:
        seq: number of the last entry; 0 while there is none.
        hash: 64 hex digits.
        head: both as one word, for `weir audit verify --expect-head`.

    """

    seq: int
    hash: str
    head: str


class AuditReport(Value):
    """What an audit found.

    Attributes:
        valid: nothing is wrong.
        head: where the chain ends.
        n_entries: entries that were checked.
        n_decisions: decisions among them.
        n_events: events among them.
        n_erased: decisions whose personal fields are erased.
        purged_through: the last entry that a purge has removed; 0 for none.
        n_problems: all of them.
        problems: the first 100.

    """

    valid: bool
    head: AuditHead
    n_entries: int
    n_decisions: int
    n_events: int
    n_erased: int
    purged_through: int
    n_problems: int
    problems: tuple[AuditProblem, ...]
