"""Keep what monitoring looks at: more features of texts, projected embeddings, and what failed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, Any] = {
    "language": sa.String(8),
    "script": sa.String(4),
    "n_urls": sa.Integer,
    "n_emoji": sa.Integer,
    "altered_share": sa.Float,
    "disguised_share": sa.Float,
    "cached": sa.Boolean,
    "text_vector": sa.LargeBinary,
    "image_vector": sa.LargeBinary,
}


def upgrade() -> None:
    """Apply."""
    for name, kind in _COLUMNS.items():
        op.add_column("decisions", sa.Column(name, kind))
    op.create_table(
        "item_failures",
        sa.Column("failure_id", sa.String(36), primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("surface", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("n_items", sa.Integer, nullable=False),
    )
    op.create_index("item_failures_by_time", "item_failures", ["at_us"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("item_failures")
    for name in reversed(_COLUMNS):
        op.drop_column("decisions", name)
