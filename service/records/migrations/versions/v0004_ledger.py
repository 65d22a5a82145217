"""Chain decisions and events, and keep what a replay, a review and an erasure need."""

from typing import Any

import sqlalchemy as sa
from alembic import op

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
_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    op.add_column("deciders", sa.Column("thresholds", sa.Text))
    for name, kind in _COLUMNS.items():
        op.add_column("decisions", sa.Column(name, kind))
    op.create_index("decisions_by_subject", "decisions", ["subject"])
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
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    for table in ("leases", "ledger_checkpoints", "ledger", "events"):
        op.drop_table(table)
    op.drop_index("decisions_by_subject", "decisions")
    for name in reversed(_COLUMNS):
        op.drop_column("decisions", name)
    op.drop_column("deciders", "thresholds")
