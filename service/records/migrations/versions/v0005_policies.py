"""Keep policies, their activations, and what shadows would have done."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    state = op.create_table(
        "rollout_state",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(state, [{"id": 1, "revision": 0}])
    op.create_table(
        "policies",
        sa.Column("version", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
    )
    op.create_table(
        "activations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.String(16), sa.ForeignKey("policies.version"), nullable=False),
        sa.Column("previous_version", sa.String(16), sa.ForeignKey("policies.version")),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "shadows",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("set_at_us", sa.BigInteger, nullable=False),
        sa.Column("set_by", sa.String(128), nullable=False),
    )
    op.create_table(
        "shadow_decisions",
        sa.Column("decision_id", sa.String(36), primary_key=True),
        sa.Column("shadow", sa.String(64), primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("active_version", sa.String(16), nullable=False),
        sa.Column("active_action", sa.String(16), nullable=False),
        sa.Column("active_review", sa.Boolean, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("review", sa.Boolean, nullable=False),
        sa.Column("flagged", sa.Boolean, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("scores", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("shadow_decisions_by_shadow", "shadow_decisions", ["shadow", "at_us"])
    op.create_index("shadow_decisions_by_time", "shadow_decisions", ["at_us"])


def downgrade() -> None:
    """Take back."""
    for table in ("shadow_decisions", "shadows", "activations", "policies", "rollout_state"):
        op.drop_table(table)
