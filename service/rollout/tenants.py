"""Tenants, as far as staging a rollout by them goes."""

from typing import Final

from sqlalchemy import Engine, select

from service.records.tables import decisions

NEWEST: Final = 10_000
"""Decisions that are looked at: a few milliseconds in a log of any length."""


def only_tenant(database: Engine) -> str | None:
    """The tenant of all of the newest decisions; None where there are several, or no decisions."""
    newest = select(decisions.c.tenant).order_by(decisions.c.decided_at_us.desc()).limit(NEWEST).subquery()
    with database.connect() as connection:
        found = connection.execute(select(newest.c.tenant).distinct().limit(2)).scalars().all()
    return str(found[0]) if len(found) == 1 else None
