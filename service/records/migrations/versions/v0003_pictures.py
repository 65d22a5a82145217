"""Keep what monitoring may know of an item's images, and where its scores came from."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = {
    "n_images": sa.Integer,
    "image_width": sa.Integer,
    "image_height": sa.Integer,
    "brightness": sa.Float,
    "n_frames": sa.Integer,
    "n_text_chars": sa.Integer,
    "sources": sa.Text,
}


def upgrade() -> None:
    """Apply."""
    for name, kind in _COLUMNS.items():
        op.add_column("decisions", sa.Column(name, kind))


def downgrade() -> None:
    """Take back."""
    for name in reversed(_COLUMNS):
        op.drop_column("decisions", name)
