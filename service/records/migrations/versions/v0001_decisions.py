"""Create the decision log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "deployment",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "deciders",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("policy_name", sa.String(128), nullable=False),
        sa.Column("policy_version", sa.String(16), nullable=False),
        sa.Column("policy_text", sa.Text, nullable=False),
        sa.Column("bundles", sa.Text, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.String(36), primary_key=True),
        sa.Column("decided_at_us", sa.BigInteger, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("surface", sa.String(64), nullable=False),
        sa.Column("modalities", sa.String(32), nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("n_chars", sa.Integer),
        sa.Column("n_tokens", sa.Integer),
        sa.Column("n_windows", sa.Integer),
        sa.Column("ascii_share", sa.Float),
        sa.Column("upper_share", sa.Float),
        sa.Column("digit_share", sa.Float),
        sa.Column("scores", sa.Text, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("review", sa.Boolean, nullable=False),
        sa.Column("flagged", sa.Boolean, nullable=False),
        sa.Column("decider_id", sa.String(16), sa.ForeignKey("deciders.id"), nullable=False),
        sa.Column("latency_ms", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("decisions_by_time", "decisions", ["decided_at_us"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("decisions")
    op.drop_table("deciders")
    op.drop_table("deployment")
