"""The store of shadows: what runs beside what decides, what it would have done, and how often that differs."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, Integer, Row, delete, func, select

from service.records.ledger import record_event, write_transaction
from service.rollout.errors import RolloutError, UnknownPolicyError
from service.rollout.store import next_revision, now_us
from service.rollout.tables import policies, shadow_decisions, shadows
from service.rollout.values import ShadowKind, ShadowSetting

_PAIR: Final = (shadow_decisions.c.active_action, shadow_decisions.c.action)


@dataclass(frozen=True, slots=True)
class ActionPair:
    """How many decisions had one action, and would have had another."""

    active: str
    shadow: str
    n_decisions: int


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What a shadow would have done differently.

    Attributes:
        shadow: the version of a policy, or the digest of a bundle.
        n_decisions: that it ran beside.
        first_at_us: of the first of them; None when there is none.
        n_reviews_added: decisions that only the shadow would have put before a person.
        n_reviews_removed: decisions that only what decided did.
        actions: every pair that occurred, the most frequent first.

    """

    shadow: str
    n_decisions: int
    first_at_us: int | None
    last_at_us: int | None
    n_reviews_added: int
    n_reviews_removed: int
    actions: tuple[ActionPair, ...]

    @property
    def n_changed(self) -> int:
        """Decisions whose action would have been another."""
        return sum(pair.n_decisions for pair in self.actions if pair.active != pair.shadow)


class ShadowStore:
    """What runs beside, in one deployment. Every change is one transaction with its event in the hash chain."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def settings(self) -> dict[ShadowKind, ShadowSetting]:
        """What runs beside now."""
        with self._engine.connect() as connection:
            return {found.kind: found for row in connection.execute(select(shadows)) for found in [_setting(row)]}

    def set(self, kind: ShadowKind, target: str, share: float, actor: str) -> ShadowSetting:
        """Let a stored policy, or the bundle in a folder, run beside; it takes the place of the one that does.

        Raises:
            UnknownPolicyError: It is not stored.
            RolloutError: The share is not above 0 and up to 1.

        """
        if not 0.0 < share <= 1.0:
            raise RolloutError("the share of decisions that a shadow runs beside is above 0 and up to 1")
        chosen = ShadowSetting(kind, target, share, now_us(), actor)
        with write_transaction(self._engine) as connection:
            next_revision(connection)
            if kind is ShadowKind.POLICY:
                _require_policy(connection, target)
            connection.execute(delete(shadows).where(shadows.c.kind == kind.value))
            values = {"target": target, "share": share, "set_at_us": chosen.set_at_us, "set_by": actor}
            connection.execute(shadows.insert().values(kind=kind.value, **values))
            record_event(connection, f"shadow.{kind.value}_set", actor, None, {"target": target, "share": share})
        return chosen

    def clear(self, kind: ShadowKind, actor: str) -> bool:
        """Let nothing of this kind run beside any more; False when nothing did. What it would have done stays."""
        with write_transaction(self._engine) as connection:
            next_revision(connection)
            found = connection.execute(select(shadows).where(shadows.c.kind == kind.value)).first()
            if found is None:
                return False
            connection.execute(delete(shadows).where(shadows.c.kind == kind.value))
            payload: dict[str, object] = {"target": found.target}
            record_event(connection, f"shadow.{kind.value}_cleared", actor, None, payload)
        return True

    def report(self, shadow: str, since_us: int = 0) -> ShadowReport:
        """How often a shadow would have done something else, since a time."""
        table = shadow_decisions.c
        ours = (table.shadow == shadow) & (table.at_us >= since_us)
        added = func.sum((table.review & ~table.active_review).cast(Integer))
        removed = func.sum((~table.review & table.active_review).cast(Integer))
        times = select(func.count(), func.min(table.at_us), func.max(table.at_us), added, removed).where(ours)
        pairs = select(*_PAIR, func.count()).where(ours).group_by(*_PAIR).order_by(func.count().desc(), *_PAIR)
        with self._engine.connect() as connection:
            n_decisions, first, last, n_added, n_removed = connection.execute(times).one()
            found = tuple(ActionPair(*row) for row in connection.execute(pairs).tuples())
        return ShadowReport(shadow, n_decisions, first, last, int(n_added or 0), int(n_removed or 0), found)


def purge_shadow_decisions(connection: Connection, before_us: int, limit: int) -> int:
    """Delete what shadows would have done before a time, at most `limit` rows; returns how many."""
    keys = (shadow_decisions.c.decision_id, shadow_decisions.c.shadow)
    oldest = select(*keys).where(shadow_decisions.c.at_us < before_us).order_by(shadow_decisions.c.at_us).limit(limit)
    chosen = connection.execute(oldest).all()
    for decision_id, shadow in chosen:
        both = (keys[0] == decision_id) & (keys[1] == shadow)
        connection.execute(delete(shadow_decisions).where(both))
    return len(chosen)


def overdue_shadow_decisions(connection: Connection, before_us: int) -> int:
    """How many rows a purge would delete."""
    old = select(func.count()).select_from(shadow_decisions).where(shadow_decisions.c.at_us < before_us)
    return int(connection.execute(old).scalar_one())


def _require_policy(connection: Connection, version: str) -> None:
    if connection.execute(select(policies.c.version).where(policies.c.version == version)).first() is None:
        raise UnknownPolicyError(version)


def _setting(row: Row[tuple[object, ...]]) -> ShadowSetting:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return ShadowSetting(**fields | {"kind": ShadowKind(str(fields["kind"]))})
