"""Keep the review queue, appeals and labels."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reviews",
        sa.Column("review_id", sa.String(36), primary_key=True),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("for_reviewer", sa.String(200), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("surface", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("category", sa.String(64)),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("uncertainty", sa.Float, nullable=False),
        sa.Column("reach", sa.BigInteger, nullable=False),
        sa.Column("user_reports", sa.BigInteger, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("queue_rank", sa.Float, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("escalation", sa.Text),
        sa.Column("escalated_by", sa.String(200)),
        sa.Column("lease_id", sa.String(36)),
        sa.Column("lease_actor", sa.String(64)),
        sa.Column("lease_reviewer", sa.String(200)),
        sa.Column("lease_until_us", sa.BigInteger),
        sa.Column("decided_at_us", sa.BigInteger),
        sa.UniqueConstraint("decision_id", "purpose", "for_reviewer", name="reviews_are_distinct"),
    )
    op.create_index("reviews_by_rank", "reviews", ["state", "queue_rank", "review_id"])
    op.create_index("reviews_in_order", "reviews", ["queue_rank", "review_id"])
    op.create_index("reviews_by_age", "reviews", ["purpose", "state", "created_at_us"])
    op.create_index("reviews_by_time", "reviews", ["created_at_us", "review_id"])
    op.create_index("reviews_by_lease", "reviews", ["lease_until_us"])
    op.create_table(
        "review_content",
        sa.Column("decision_id", sa.String(36), primary_key=True),
        sa.Column("kept_at_us", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("n_images", sa.Integer, nullable=False),
    )
    op.create_index("review_content_by_time", "review_content", ["kept_at_us"])
    op.create_table(
        "review_images",
        sa.Column("decision_id", sa.String(36), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("file", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "review_verdicts",
        sa.Column("verdict_id", sa.String(36), primary_key=True),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("verdict", sa.String(16)),
        sa.Column("action", sa.String(16)),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )
    op.create_index("review_verdicts_by_decision", "review_verdicts", ["decision_id"])
    op.create_index("review_verdicts_by_time", "review_verdicts", ["at_us"])
    op.create_table(
        "review_labels",
        sa.Column("label_id", sa.String(36), primary_key=True),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("value", sa.String(8), nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("is_derived", sa.Boolean, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("policy_name", sa.String(128), nullable=False),
        sa.Column("policy_version", sa.String(16), nullable=False),
        sa.Column("bundles", sa.Text, nullable=False),
        sa.Column("prob", sa.Float),
    )
    op.create_index("review_labels_by_decision", "review_labels", ["decision_id"])
    op.create_table(
        "appeals",
        sa.Column("appeal_id", sa.String(36), primary_key=True),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("open_decision_id", sa.String(36)),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("has_statement", sa.Boolean, nullable=False),
        sa.Column("statement", sa.Text),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("opened_at_us", sa.BigInteger, nullable=False),
        sa.Column("outcome_action", sa.String(16)),
        sa.Column("message", sa.Text),
        sa.Column("decided_by", sa.String(200)),
        sa.Column("decided_at_us", sa.BigInteger),
        sa.UniqueConstraint("open_decision_id", name="appeals_one_open"),
    )
    op.create_index("appeals_by_decision", "appeals", ["decision_id"])
    op.create_index("appeals_by_state", "appeals", ["state", "appeal_id"])
    op.create_table(
        "golden_items",
        sa.Column("decision_id", sa.String(36), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16)),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("marked_by", sa.String(200), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    for table in (
        "golden_items",
        "appeals",
        "review_labels",
        "review_verdicts",
        "review_images",
        "review_content",
        "reviews",
    ):
        op.drop_table(table)
