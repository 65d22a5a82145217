"""The table of API keys. Rows are never deleted: once there was a key, the service never falls open again."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from service.records.tables import metadata

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("tenant", String(64), comment="Null: any."),
    Column("scopes", String(64), nullable=False, comment="Comma-separated."),
    Column("secret_hash", LargeBinary, nullable=False, comment="BLAKE2b-256 of id and secret."),
    Column("rate", String(16), comment="Requests in a time, such as 100/s."),
    Column("item_rate", String(16), comment="Items in a time, such as 1000/s."),
    Column("created_at_us", BigInteger, nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("expires_at_us", BigInteger),
    Column("revoked_at_us", BigInteger),
    Column("last_used_at_us", BigInteger, comment="To the hour."),
)

key_state: Final = Table(
    "key_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    comment="One row; its revision moves with every change of a key.",
)
