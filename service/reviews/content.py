"""Content: kept for reviewers only where the deployment says so, for some days, and erasable.

`WEIR_REVIEW_CONTENT` is `none` (nothing: the caller's console shows the item by its `content_id`), `text`, or `all`
(text and image files). The text is the normalised one that was scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from service.asking import Decided
from service.records.writer import Write
from service.reviews.tables import review_content, review_images

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


class ContentKept(StrEnum):
    """What is kept of the content of queued decisions."""

    NONE = "none"
    TEXT = "text"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class KeptContent:
    """What reviewers can see of an item."""

    text: str | None
    n_images: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """What this deployment keeps."""

    kept: ContentKept

    @property
    def is_on(self) -> bool:
        """Anything at all is kept, appeal statements among it."""
        return self.kept is not ContentKept.NONE

    def write(self, decided: Decided) -> Write | None:
        """What keeps the content of a decision; None where nothing is kept."""
        if not self.is_on:
            return None
        images = decided.images if self.kept is ContentKept.ALL else ()
        text = decided.text.replace("\0", _REPLACEMENT) or None  # Postgres stores no NUL in a text
        decision_id, at_us = decided.decision_id, decided.decided_at_us
        files = [{"decision_id": decision_id, "position": i, "file": bytes(file)} for i, file in enumerate(images)]

        def keep(connection: Connection) -> None:
            row = {"decision_id": decision_id, "kept_at_us": at_us, "text": text, "n_images": len(files)}
            connection.execute(review_content.insert().values(row))
            if files:
                connection.execute(review_images.insert(), files)

        return keep


def kept_content(connection: Connection, decision_ids: Sequence[str]) -> dict[str, KeptContent]:
    """What is kept of these decisions."""
    columns = (review_content.c.decision_id, review_content.c.text, review_content.c.n_images)
    found = connection.execute(select(*columns).where(review_content.c.decision_id.in_(decision_ids)))
    return {row.decision_id: KeptContent(row.text, row.n_images) for row in found}


def kept_image(connection: Connection, decision_id: str, position: int) -> bytes | None:
    """One image file; None when it is not kept."""
    same = (review_images.c.decision_id == decision_id) & (review_images.c.position == position)
    found = connection.execute(select(review_images.c.file).where(same)).scalar()
    return None if found is None else bytes(found)


def forget_content(connection: Connection, decision_ids: Sequence[str]) -> int:
    """Delete what is kept of these decisions; returns of how many it was."""
    connection.execute(delete(review_images).where(review_images.c.decision_id.in_(decision_ids)))
    return connection.execute(delete(review_content).where(review_content.c.decision_id.in_(decision_ids))).rowcount


def purge_content(connection: Connection, before_us: int, limit: int) -> int:
    """Delete a batch of content older than this, the oldest first."""
    old = select(review_content.c.decision_id).where(_older(before_us)).order_by(review_content.c.kept_at_us)
    return forget_content(connection, connection.execute(old.limit(limit)).scalars().all())


def overdue_content(connection: Connection, before_us: int) -> int:
    """How many items a purge would delete."""
    found = connection.execute(select(func.count()).select_from(review_content).where(_older(before_us)))
    return int(found.scalar_one())


def _older(before_us: int) -> ColumnElement[bool]:
    return review_content.c.kept_at_us < before_us
