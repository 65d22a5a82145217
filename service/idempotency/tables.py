"""The table of answers by idempotency key."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from service.records.tables import metadata

idempotency_answers: Final = Table(
    "idempotency_answers",
    metadata,
    Column("owner", String(128), primary_key=True, comment="The tenant, or the API key of no tenant, that asked."),
    Column("key", String(255), primary_key=True, comment="As the caller sent it."),
    Column("fingerprint", LargeBinary, nullable=False, comment="Keyed digest of endpoint and body."),
    Column("revision", Integer, nullable=False, comment="Counts up when items that had failed for now are decided."),
    Column("is_final", Boolean, nullable=False, comment="False while some item may still be decided."),
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False, comment="JSON, without content and without the caller's names."),
    Column("created_at_us", BigInteger, nullable=False),
    Index("idempotency_answers_by_time", "created_at_us"),
    comment="First answers, written with the decisions that they name.",
)
