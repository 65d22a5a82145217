"""Tables: what safety metrics read of the store, by name. A test holds the names against the service's own tables."""

from typing import Final

from sqlalchemy import BigInteger, Float, Integer, String, Text, column, table

decisions: Final = table(
    "decisions",
    column("decision_id", String),
    column("decided_at_us", BigInteger),
    column("tenant", String),
    column("surface", String),
    column("decider_id", String),
    column("action", String),
    column("scores", Text),
    column("latency_ms", Float),
    column("content_id", String),
    column("context", Text),
    column("reasons", Text),
)
reviews: Final = table(
    "reviews",
    column("decision_id", String),
    column("purpose", String),
    column("tenant", String),
    column("action", String),
    column("severity", Integer),
    column("reach", BigInteger),
    column("user_reports", BigInteger),
    column("created_at_us", BigInteger),
    column("state", String),
    column("decided_at_us", BigInteger),
)
sampled: Final = table(
    "reviews",
    column("decision_id", String),
    column("purpose", String),
    column("tenant", String),
    column("action", String),
    column("severity", Integer),
    column("reach", BigInteger),
    column("created_at_us", BigInteger),
    column("sample_share", Float),
)
"""The same table where it tells the chance with which an item was drawn."""
review_verdicts: Final = table(
    "review_verdicts",
    column("verdict_id", String),
    column("decision_id", String),
    column("tenant", String),
    column("source", String),
    column("verdict", String),
    column("action", String),
    column("labels", Text),
    column("reviewer", String),
    column("at_us", BigInteger),
)
review_labels: Final = table(
    "review_labels",
    column("label_id", String),
    column("decision_id", String),
    column("category", String),
    column("value", String),
    column("reviewer", String),
    column("at_us", BigInteger),
)
appeals: Final = table(
    "appeals",
    column("decision_id", String),
    column("tenant", String),
    column("state", String),
    column("opened_at_us", BigInteger),
    column("decided_at_us", BigInteger),
)
golden_items: Final = table(
    "golden_items",
    column("decision_id", String),
    column("tenant", String),
    column("action", String),
    column("labels", Text),
)
TABLES: Final = (decisions, reviews, sampled, review_verdicts, review_labels, appeals, golden_items)

SAMPLE: Final = "sample"
"""Purpose of what the random sample put before a reviewer."""
REVIEW: Final = "review"
"""Purpose of what the policy put before a reviewer."""
GOLDEN: Final = "golden"
"""Purpose, and source of verdicts, of items with known answers."""
STANDING: Final = ("review", "appeal")
"""Sources of verdicts that decide what stands; others measure reviewers."""
REVERSED: Final = ("overturned", "changed")
"""States of appeals that found the decision wrong."""
