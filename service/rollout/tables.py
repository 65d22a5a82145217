"""Tables of the rollout: stored policies, their activations, shadows, and what shadows would have done."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from service.records.tables import metadata

rollout_state: Final = Table(
    "rollout_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    comment="One row: the revision of the newest change. Writers update it first, which makes them take turns.",
)

policies: Final = Table(
    "policies",
    metadata,
    Column("version", String(16), primary_key=True, comment="Digest of the text and of its lists."),
    Column("name", String(128), nullable=False),
    Column("text", Text, nullable=False, comment="Whole: what its list files hold is written into it."),
    Column("created_at_us", BigInteger, nullable=False),
    Column("created_by", String(128), nullable=False),
    comment="Policies as written. A row never changes.",
)

activations: Final = Table(
    "activations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False, comment="activated or rolled_back."),
    Column("version", String(16), ForeignKey("policies.version"), nullable=False, comment="That decides from here on."),
    Column("previous_version", String(16), ForeignKey("policies.version")),
    Column("percent", Integer, nullable=False, comment="Of tenants that it decides for, 1 to 100."),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    comment="Who let which policy decide for how many tenants, and who took it back. Only appended to.",
    sqlite_autoincrement=True,
)

shadows: Final = Table(
    "shadows",
    metadata,
    Column("kind", String(16), primary_key=True, comment="policy or bundle."),
    Column("target", Text, nullable=False, comment="The version of a policy, or the folder of a bundle."),
    Column("share", Float, nullable=False, comment="Of decisions that it runs beside, above 0 and up to 1."),
    Column("set_at_us", BigInteger, nullable=False),
    Column("set_by", String(128), nullable=False),
    comment="What runs beside the active policy and the text bundle now: at most one of each kind.",
)

shadow_decisions: Final = Table(
    "shadow_decisions",
    metadata,
    Column("decision_id", String(36), primary_key=True),
    Column("shadow", String(64), primary_key=True, comment="The version of a policy, or the digest of a bundle."),
    Column("at_us", BigInteger, nullable=False, comment="Of the decision."),
    Column("active_version", String(16), nullable=False, comment="Of the policy that decided."),
    Column("active_action", String(16), nullable=False),
    Column("active_review", Boolean, nullable=False),
    Column("action", String(16), nullable=False),
    Column("review", Boolean, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("rules", Text, nullable=False, comment="JSON: ids of the rules that would have fired, strictest first."),
    Column("scores", Text, comment="JSON: probability by category, of a bundle."),
    Index("shadow_decisions_by_shadow", "shadow", "at_us"),
    Index("shadow_decisions_by_time", "at_us"),
    comment="What a shadow would have done with an item.",
    sqlite_with_rowid=False,
)
