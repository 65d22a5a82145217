"""Tables of the decision log, for SQLite and Postgres alike."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

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
    comment="Who decided: one policy text and one set of bundles. With it, a decision can be replayed.",
)

decisions: Final = Table(
    "decisions",
    metadata,
    Column("decision_id", String(36), primary_key=True, comment="UUID version 7: sorts by time."),
    Column("decided_at_us", BigInteger, nullable=False, comment="Microseconds since 1970, UTC."),
    Column("tenant", String(64), nullable=False),
    Column("surface", String(64), nullable=False, comment="The endpoint that was asked."),
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
    Index("decisions_by_time", "decided_at_us"),
    sqlite_with_rowid=False,
)

Row = tuple[str | int | float | bool | None, ...]
"""One decision in the order of the columns of `decisions`; of a text it ends before the first of `PICTURED`."""

PICTURED: Final = ("n_images", "image_width", "image_height", "brightness", "n_frames", "n_text_chars", "sources")
"""The last columns, which a plain text leaves empty, and its row out."""
