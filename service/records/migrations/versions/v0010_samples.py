"""Queue a random sample of all decisions, and what monitoring suggests."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("reviews", sa.Column("sample_share", sa.Float))
    op.add_column("reviews", sa.Column("reason", sa.String(64)))


def downgrade() -> None:
    """Take back; what was drawn or suggested stays in the queue as any other: older versions know no such purpose."""
    op.execute("UPDATE reviews SET purpose = 'review' WHERE purpose IN ('sample', 'suggest')")
    op.drop_column("reviews", "reason")
    op.drop_column("reviews", "sample_share")
