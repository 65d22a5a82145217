"""Chain decisions and events, and keep what a replay, a review and an erasure need."""

import os
from typing import Any

import sqlalchemy as sa
from alembic import op

from service.records.commitments import COLUMNS, PERSONAL, SALT_BYTES, commit
from service.records.committing import entry_of as _entry
from service.records.ledger import append
from service.records.tables import Row

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, Any] = {
    "content_id": sa.String(128),
    "subject": sa.String(64),
    "context": sa.Text,
    "reasons": sa.Text,
    "signals": sa.Text,
    "known": sa.Text,
    "key_id": sa.String(32),
    "personal": sa.LargeBinary,
    "salt": sa.LargeBinary,
    "erased_at_us": sa.BigInteger,
}
_BATCH = 1_000
_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    op.add_column("deciders", sa.Column("thresholds", sa.Text))
    for name, kind in _COLUMNS.items():
        op.add_column("decisions", sa.Column(name, kind))
    is_known = sa.text("subject IS NOT NULL")
    op.create_index("decisions_by_subject", "decisions", ["subject"], sqlite_where=is_known, postgresql_where=is_known)
    op.create_table(
        "events",
        sa.Column("event_id", sa.String(36), primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("tenant", sa.String(64)),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_index("events_by_time", "events", ["at_us"])
    op.create_table(
        "ledger",
        sa.Column("seq", _KEY, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("seq", _KEY, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("kept", sa.LargeBinary, nullable=False),
    )
    _chain_what_is_there()
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
    )


def _chain_what_is_there() -> None:
    """Decisions from before the ledger enter it as they are found, the oldest first."""
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT decision_id FROM decisions ORDER BY decided_at_us, decision_id"))
    ids = [row.decision_id for row in found]
    for start in range(0, len(ids), _BATCH):
        rows = [_committed(connection, decision_id) for decision_id in ids[start : start + _BATCH]]
        append(connection, [_entry(row) for row in rows])


def _committed(connection: sa.Connection, decision_id: str) -> Row:
    """The row, after its personal fields were committed to."""
    which = {"id": decision_id}
    found = connection.execute(sa.text("SELECT * FROM decisions WHERE decision_id = :id"), which).mappings().one()
    salt = os.urandom(SALT_BYTES)
    personal = commit([found[name] for name in PERSONAL], salt)
    change = sa.text("UPDATE decisions SET salt = :salt, personal = :personal WHERE decision_id = :id")
    connection.execute(change, which | {"salt": salt, "personal": personal})
    values = dict(found) | {"personal": personal, "review": bool(found["review"]), "flagged": bool(found["flagged"])}
    return tuple(values.get(name) for name in COLUMNS)


def downgrade() -> None:
    """Take back."""
    for table in ("leases", "ledger_checkpoints", "ledger", "events"):
        op.drop_table(table)
    op.drop_index("decisions_by_subject", "decisions")
    for name in reversed(_COLUMNS):
        op.drop_column("decisions", name)
    op.drop_column("deciders", "thresholds")
