"""The tables of webhooks and their deliveries."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from service.records.tables import metadata

webhooks: Final = Table(
    "webhooks",
    metadata,
    Column("webhook_id", String(36), primary_key=True),
    Column("tenant", String(64), comment="Whose events it hears; empty for those of all."),
    Column("url", String(2048), nullable=False),
    Column("events", Text, nullable=False, comment="JSON: names of events."),
    Column("min_action", String(16), nullable=False, comment="Milder decisions are not told."),
    Column("description", String(200), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("secret", String(128), nullable=False, comment="Readable: a signature needs it."),
    Column("old_secret", String(128), comment="Signs as well until `old_until_us`."),
    Column("old_until_us", BigInteger),
    Column("created_at_us", BigInteger, nullable=False),
)

webhook_deliveries: Final = Table(
    "webhook_deliveries",
    metadata,
    Column("delivery_id", String(36), primary_key=True, comment="UUID version 7; the receiver's `webhook-id`."),
    Column("webhook_id", String(36), nullable=False),
    Column("event", String(64), nullable=False),
    Column("decision_id", String(36)),
    Column("payload", Text, nullable=False, comment="JSON, without content."),
    Column("state", String(16), nullable=False, comment="pending, delivered or dead."),
    Column("n_attempts", Integer, nullable=False),
    Column(
        "next_at_us", BigInteger, nullable=False, comment="Not tried before; while it is tried, the end of the lease."
    ),
    Column("created_at_us", BigInteger, nullable=False),
    Column("settled_at_us", BigInteger),
    Column("last_status", Integer, comment="HTTP status of the last attempt."),
    Column("last_error", String(200)),
    Index("webhook_deliveries_due", "state", "next_at_us"),
    Index("webhook_deliveries_by_webhook", "webhook_id", "delivery_id"),
    Index("webhook_deliveries_by_decision", "decision_id"),
)

webhook_cursors: Final = Table(
    "webhook_cursors",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="Entries of the ledger up to here have been told."),
)
