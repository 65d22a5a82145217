"""Tables of the review queue, appeals and labels, for SQLite and Postgres alike.

None of them refers to `decisions` by a foreign key: decisions are purged in their own time.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from service.records.tables import metadata

reviews: Final = Table(
    "reviews",
    metadata,
    Column("review_id", String(36), primary_key=True),
    Column("decision_id", String(36), nullable=False),
    Column("purpose", String(8), nullable=False, comment="review, sample, suggest, second or golden."),
    Column("for_reviewer", String(200), nullable=False, comment="Whose golden item it is; empty for all else."),
    Column("tenant", String(64), nullable=False),
    Column("surface", String(64), nullable=False),
    Column("action", String(16), nullable=False, comment="Of the decision."),
    Column("category", String(64), comment="The harm that weighs most."),
    Column("severity", Integer, nullable=False),
    Column("uncertainty", Float, nullable=False),
    Column("reach", BigInteger, nullable=False),
    Column("user_reports", BigInteger, nullable=False),
    Column("created_at_us", BigInteger, nullable=False, comment="When the decision was made."),
    Column("queue_rank", Float, nullable=False, comment="Orders as priority does at any time; see priority.py."),
    Column("state", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("escalation", Text, comment="Why it was escalated, in the reviewer's words."),
    Column("escalated_by", String(200)),
    Column("lease_id", String(36)),
    Column("lease_actor", String(64)),
    Column("lease_reviewer", String(200)),
    Column("lease_until_us", BigInteger),
    Column("decided_at_us", BigInteger),
    Column("sample_share", Float, comment="Chance with which the random sample took it; null for all else."),
    Column("reason", String(64), comment="Why it was suggested; null for all else."),
    UniqueConstraint("decision_id", "purpose", "for_reviewer", name="reviews_are_distinct"),
    Index("reviews_by_rank", "state", "queue_rank", "review_id"),
    Index("reviews_in_order", "queue_rank", "review_id"),
    Index("reviews_by_age", "purpose", "state", "created_at_us"),
    Index("reviews_by_time", "created_at_us", "review_id"),
    Index("reviews_by_lease", "lease_until_us"),
)

review_content: Final = Table(
    "review_content",
    metadata,
    Column("decision_id", String(36), primary_key=True),
    Column("kept_at_us", BigInteger, nullable=False),
    Column("text", Text),
    Column("n_images", Integer, nullable=False),
    Index("review_content_by_time", "kept_at_us"),
    comment="Content, where the deployment keeps it for its reviewers.",
)

review_images: Final = Table(
    "review_images",
    metadata,
    Column("decision_id", String(36), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("file", LargeBinary, nullable=False),
)

review_verdicts: Final = Table(
    "review_verdicts",
    metadata,
    Column("verdict_id", String(36), primary_key=True),
    Column("decision_id", String(36), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("source", String(8), nullable=False, comment="review, second, golden, relabel or appeal."),
    Column("verdict", String(16), comment="uphold, overturn or change; null for a relabelling."),
    Column("action", String(16), comment="What stands after it; null for a relabelling."),
    Column("labels", Text, nullable=False, comment="JSON: yes, no or unsure by category."),
    Column("reviewer", String(200), nullable=False),
    Column("level", Integer, nullable=False),
    Column("note", Text, comment="The reviewer's words. Personal."),
    Column("at_us", BigInteger, nullable=False),
    Index("review_verdicts_by_decision", "decision_id"),
    Index("review_verdicts_by_time", "at_us"),
    comment="What people said, one row a verdict. Decisions themselves never change.",
)

review_labels: Final = Table(
    "review_labels",
    metadata,
    Column("label_id", String(36), primary_key=True, comment="UUID version 7: sorts by time."),
    Column("decision_id", String(36), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("category", String(64), nullable=False),
    Column("value", String(8), nullable=False, comment="yes, no or unsure."),
    Column("reviewer", String(200), nullable=False),
    Column("source", String(8), nullable=False, comment="review, appeal, golden or relabel."),
    Column(
        "is_derived", Boolean, nullable=False, comment="It follows from the verdict; nobody said it of the category."
    ),
    Column("at_us", BigInteger, nullable=False),
    Column("policy_name", String(128), nullable=False),
    Column("policy_version", String(16), nullable=False),
    Column("bundles", Text, nullable=False, comment="JSON: digests of the bundles that scored."),
    Column("prob", Float, comment="Of the category when the decision was made; null where it was not scored."),
    Index("review_labels_by_decision", "decision_id"),
    comment="Every human verdict as labelled examples.",
)

appeals: Final = Table(
    "appeals",
    metadata,
    Column("appeal_id", String(36), primary_key=True, comment="UUID version 7: sorts by time."),
    Column("decision_id", String(36), nullable=False),
    Column("open_decision_id", String(36), comment="The decision while the appeal is open: one open appeal each."),
    Column("tenant", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("has_statement", Boolean, nullable=False),
    Column("statement", Text, comment="The author's words, where content is kept. Personal."),
    Column("opened_by", String(64), nullable=False),
    Column("opened_at_us", BigInteger, nullable=False),
    Column("outcome_action", String(16), comment="What stands after it."),
    Column("message", Text, comment="To the author. Personal."),
    Column("decided_by", String(200)),
    Column("decided_at_us", BigInteger),
    UniqueConstraint("open_decision_id", name="appeals_one_open"),
    Index("appeals_by_decision", "decision_id"),
    Index("appeals_by_state", "state", "appeal_id"),
)

golden_items: Final = Table(
    "golden_items",
    metadata,
    Column("decision_id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("action", String(16), comment="The known answer; null where only labels are known."),
    Column("labels", Text, nullable=False, comment="JSON: yes or no by category."),
    Column("marked_by", String(200), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    comment="Items with known answers, mixed in unseen to measure reviewers.",
)
