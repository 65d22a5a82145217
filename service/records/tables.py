"""Tables of the decision log, for SQLite and Postgres alike."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata: Final = MetaData()

deployment: Final = Table(
    "deployment",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    comment="What all workers of a deployment share, such as a generated digest key.",
)

deciders: Final = Table(
    "deciders",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("policy_name", String(128), nullable=False),
    Column("policy_version", String(16), nullable=False),
    Column("policy_text", Text, nullable=False),
    Column("bundles", Text, nullable=False, comment="JSON: name, version and digest of each bundle."),
    Column("thresholds", Text, comment="JSON: the threshold table of each bundle, by its digest, for replays."),
    comment="Who decided: one policy text and one set of bundles. With it, a decision can be replayed.",
)

decisions: Final = Table(
    "decisions",
    metadata,
    Column("decision_id", String(36), primary_key=True, comment="UUID version 7: sorts by time."),
    Column("decided_at_us", BigInteger, nullable=False, comment="Microseconds since 1970, UTC."),
    Column("tenant", String(64), nullable=False),
    Column(
        "surface",
        String(64),
        nullable=False,
        comment="Where the item appears; the endpoint that was asked where the caller did not say.",
    ),
    Column("modalities", String(32), nullable=False, comment="Comma-separated."),
    Column("content_digest", String(64), nullable=False, comment="Keyed BLAKE2b-256 of text and images, hex."),
    Column("n_chars", Integer),
    Column("n_tokens", Integer),
    Column("n_windows", Integer),
    Column("ascii_share", Float),
    Column("upper_share", Float),
    Column("digit_share", Float),
    Column("scores", Text, nullable=False, comment="JSON: probability by category; categories not applied are absent."),
    Column("action", String(16), nullable=False),
    Column("review", Boolean, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("decider_id", String(16), ForeignKey("deciders.id"), nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("n_images", Integer),
    Column("image_width", Integer, comment="Of the first image, in pixels."),
    Column("image_height", Integer),
    Column("brightness", Float, comment="Mean luma of the first image, 0 to 1."),
    Column("n_frames", Integer, comment="Frames in the file of the first image."),
    Column("n_text_chars", Integer, comment="Characters read in all images."),
    Column("sources", Text, comment="JSON: source by category, where it is not the text alone."),
    Column("content_id", String(128), comment="The caller's own name for the item. Personal."),
    Column("subject", String(64), comment="Keyed digest of the author's id, hex. Personal."),
    Column("context", Text, comment="JSON: what the caller said of the item, without the author's id. Personal."),
    Column("reasons", Text, comment="JSON: the reasons without their messages; empty when no rule fired."),
    Column(
        "signals",
        Text,
        comment="JSON: [bundle digest, source, probabilities in the order of its labels]s, for replays.",
    ),
    Column("known", Text, comment="JSON: what banks said."),
    Column("key_id", String(32), comment="The API key that asked."),
    Column("personal", LargeBinary, comment="Commitment to the personal fields."),
    Column("salt", LargeBinary, comment="Of the commitment; gone when they are erased."),
    Column("erased_at_us", BigInteger),
    Column("language", String(8), comment="Of the text, ISO 639; und where it cannot be told."),
    Column("script", String(4), comment="Of most of its letters, ISO 15924."),
    Column("n_urls", Integer),
    Column("n_emoji", Integer),
    Column("altered_share", Float, comment="Of characters: removed or replaced as they disguise."),
    Column("disguised_share", Float, comment="Of words: those that look disguised."),
    Column("cached", Boolean, comment="Its text's scores are of another posting of it: held, or awaited with it."),
    Column("text_vector", LargeBinary, comment="Projected sentence embedding, int8. Erased with the personal fields."),
    Column("image_vector", LargeBinary, comment="The same of the first image."),
    Index("decisions_by_time", "decided_at_us"),
    sqlite_with_rowid=False,
)
Index(
    "decisions_by_subject",
    decisions.c.subject,
    sqlite_where=decisions.c.subject.is_not(None),
    postgresql_where=decisions.c.subject.is_not(None),
)

events: Final = Table(
    "events",
    metadata,
    Column("event_id", String(36), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", String(64), nullable=False, comment="Such as policy.activated."),
    Column("actor", String(128), nullable=False),
    Column("tenant", String(64)),
    Column("payload", Text, nullable=False, comment="JSON, without content and without persons."),
    Index("events_by_time", "at_us"),
    comment="What was done: activations, erasures, purges, verdicts.",
)

ledger: Final = Table(
    "ledger",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("entry_id", String(36), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="Of the row."),
    Column("hash", LargeBinary, nullable=False, comment="Of this entry and the hash before it."),
    comment="The hash chain over decisions and events.",
)

ledger_checkpoints: Final = Table(
    "ledger_checkpoints",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("kept", LargeBinary, nullable=False, comment="Hash over the entries of events up to here, which stay."),
    comment="Where the chain begins after a purge: the last entry that is gone.",
)

item_failures: Final = Table(
    "item_failures",
    metadata,
    Column("failure_id", String(36), primary_key=True, comment="UUID version 7: sorts by time."),
    Column("at_us", BigInteger, nullable=False, comment="Start of the minute in which they failed."),
    Column("tenant", String(64), nullable=False),
    Column("surface", String(64), nullable=False),
    Column("code", String(64), nullable=False, comment="Such as empty_content."),
    Column("n_items", Integer, nullable=False),
    Index("item_failures_by_time", "at_us"),
    comment="Items that got a typed failure and no decision, counted by the minute by each worker.",
)

leases: Final = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until_us", BigInteger, nullable=False),
    comment="Which process does a job that only one may do.",
)

Row = tuple[str | int | float | bool | bytes | None, ...]
"""One decision in the order of the columns of `decisions`."""
