"""Tables of the banks, in the same database as the decision log, for SQLite and Postgres alike.

Content is never stored: an item is its signatures. Every change of what can match takes the next `revision`, so that
a worker reads what is newer than what it has.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from service.records.tables import metadata

_Key: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only when the column is an INTEGER."""

bank_state: Final = Table(
    "bank_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    comment="One row: the revision of the newest change. Writers update it first, which makes them take turns.",
)

banks: Final = Table(
    "banks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("polarity", String(16), nullable=False),
    Column("category", String(32), comment="Null for a negative bank."),
    Column("action", String(16), comment="Null for a negative bank."),
    Column("review", Boolean, nullable=False),
    Column("message", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("thresholds", Text, nullable=False, comment="JSON: greatest distance by match kind; null turns it off."),
    Column("created_at_us", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

bank_items: Final = Table(
    "bank_items",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("bank_id", Integer, ForeignKey("banks.id"), nullable=False),
    Column("identity", String(80), nullable=False, comment="The strongest signature: equal items have equal ones."),
    Column("sha256", LargeBinary, comment="Of the bytes of the picture's file."),
    Column("pdq", LargeBinary, comment="32 bytes."),
    Column("pdq_quality", Integer),
    Column("text_sha256", LargeBinary, comment="Of the normalised text."),
    Column("text_sketch", LargeBinary, comment="MinHash values, little-endian 32-bit."),
    Column("image_embedding", LargeBinary, comment="Little-endian 16-bit floats."),
    Column("image_bundle", String(64), comment="Digest of the bundle that made the embedding."),
    Column("text_embedding", LargeBinary, comment="Little-endian 16-bit floats."),
    Column("text_bundle", String(64), comment="Digest of the bundle that made the embedding."),
    Column("note", Text, nullable=False),
    Column("labels", Text, nullable=False, comment="JSON: a list of strings."),
    Column("created_at_us", BigInteger, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("quarantined_at_us", BigInteger),
    Column("quarantine_reason", Text),
    Column("n_matches", BigInteger, nullable=False),
    Column("last_match_at_us", BigInteger),
    Column("revision", BigInteger, nullable=False),
    UniqueConstraint("bank_id", "identity", name="bank_items_are_distinct"),
    Index("bank_items_by_revision", "revision"),
    sqlite_autoincrement=True,
    comment="An id is never used twice: a worker that missed a removal cannot take a new item for the old one.",
)

bank_removals: Final = Table(
    "bank_removals",
    metadata,
    Column("item_id", _Key, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False, index=True),
    comment="Items that are gone, so that workers forget them without reading everything again.",
)
