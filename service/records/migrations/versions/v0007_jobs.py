"""Keep jobs, webhooks and idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INDEX = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "idempotency_answers",
        sa.Column("owner", sa.String(128), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("is_final", sa.Boolean, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
    )
    op.create_index("idempotency_answers_by_time", "idempotency_answers", ["created_at_us"])
    _create_jobs()
    _create_webhooks()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(36), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32)),
        sa.Column("key_tenant", sa.String(64)),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("webhook_id", sa.String(36)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("error", sa.String(300)),
        sa.Column("input_name", sa.String(80)),
        sa.Column("input_bytes", sa.BigInteger),
        sa.Column("n_items", sa.BigInteger),
        sa.Column("n_decided", sa.BigInteger, nullable=False),
        sa.Column("n_failed", sa.BigInteger, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("started_at_us", sa.BigInteger),
        sa.Column("finished_at_us", sa.BigInteger),
        sa.Column("lease_owner", sa.String(36)),
        sa.Column("lease_until_us", sa.BigInteger, nullable=False),
    )
    op.create_index("jobs_by_state", "jobs", ["state"])
    op.create_table(
        "job_results",
        sa.Column("job_id", sa.String(36), primary_key=True),
        sa.Column("index", _INDEX, primary_key=True, autoincrement=False),
        sa.Column("decision_id", sa.String(36)),
        sa.Column("content_id", sa.String(128)),
        sa.Column("code", sa.String(64)),
        sa.Column("message", sa.String(300)),
        sqlite_with_rowid=False,
    )


def _create_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.String(36), primary_key=True),
        sa.Column("tenant", sa.String(64)),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("min_action", sa.String(16), nullable=False),
        sa.Column("description", sa.String(200), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("secret", sa.String(128), nullable=False),
        sa.Column("old_secret", sa.String(128)),
        sa.Column("old_until_us", sa.BigInteger),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("webhook_id", sa.String(36), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("decision_id", sa.String(36)),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("n_attempts", sa.Integer, nullable=False),
        sa.Column("next_at_us", sa.BigInteger, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("settled_at_us", sa.BigInteger),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_error", sa.String(200)),
    )
    for name, columns in (
        ("webhook_deliveries_due", ["state", "next_at_us"]),
        ("webhook_deliveries_by_webhook", ["webhook_id", "delivery_id"]),
        ("webhook_deliveries_by_decision", ["decision_id"]),
    ):
        op.create_index(name, "webhook_deliveries", columns)
    op.create_table(
        "webhook_cursors",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    for table in ("webhook_cursors", "webhook_deliveries", "webhooks", "job_results", "jobs", "idempotency_answers"):
        op.drop_table(table)
