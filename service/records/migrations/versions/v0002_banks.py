"""Add banks of known content."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    state = op.create_table(
        "bank_state",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(state, [{"id": 1, "revision": 0}])
    op.create_table(
        "banks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("polarity", sa.String(16), nullable=False),
        sa.Column("category", sa.String(32)),
        sa.Column("action", sa.String(16)),
        sa.Column("review", sa.Boolean, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("thresholds", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bank_items",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("bank_id", sa.Integer, sa.ForeignKey("banks.id"), nullable=False),
        sa.Column("identity", sa.String(80), nullable=False),
        sa.Column("sha256", sa.LargeBinary),
        sa.Column("pdq", sa.LargeBinary),
        sa.Column("pdq_quality", sa.Integer),
        sa.Column("text_sha256", sa.LargeBinary),
        sa.Column("text_sketch", sa.LargeBinary),
        sa.Column("image_embedding", sa.LargeBinary),
        sa.Column("image_bundle", sa.String(64)),
        sa.Column("text_embedding", sa.LargeBinary),
        sa.Column("text_bundle", sa.String(64)),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("quarantined_at_us", sa.BigInteger),
        sa.Column("quarantine_reason", sa.Text),
        sa.Column("n_matches", sa.BigInteger, nullable=False),
        sa.Column("last_match_at_us", sa.BigInteger),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("bank_id", "identity", name="bank_items_are_distinct"),
        sqlite_autoincrement=True,
    )
    op.create_index("bank_items_by_revision", "bank_items", ["revision"])
    op.create_table(
        "bank_removals",
        sa.Column("item_id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_bank_removals_revision", "bank_removals", ["revision"])


def downgrade() -> None:
    """Take back."""
    for table in ("bank_removals", "bank_items", "banks", "bank_state"):
        op.drop_table(table)
