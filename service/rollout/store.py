"""The store of policies: immutable texts, and the audited history of which of them decides."""

import time
from typing import Final

from sqlalchemy import Connection, Engine, Row, select

from service.policy.document import PolicyDocument
from service.records.ledger import record_event, write_transaction
from service.rollout.errors import RolloutError, UnknownPolicyError
from service.rollout.standing import EVERYBODY, ActivationKind, Standing, stand
from service.rollout.tables import activations, policies, rollout_state
from service.rollout.values import Activation, StoredPolicy

FILE_ACTOR: Final = "file"
"""Who activates the file that WEIR_POLICY names."""


class PolicyStore:
    """Policies and activations of one deployment. Every change is one transaction with its event in the hash chain."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, document: PolicyDocument, actor: str) -> StoredPolicy:
        """Store a policy, unless its version is stored; returns it as it is stored."""
        with write_transaction(self._engine) as connection:
            next_revision(connection)
            return _add(connection, document, actor)

    def activate(self, version: str, percent: int, actor: str, reason: str) -> Activation:
        """Let a stored policy decide for `percent` of tenants, 1 to 100. The caller has seen that it can be compiled.

        Raises:
            UnknownPolicyError: It is not stored.
            RolloutError: It decides for everybody already, or nothing decides for the rest.

        """
        with write_transaction(self._engine) as connection:
            next_revision(connection)
            _require(connection, version)
            standing = _standing(connection)
            if percent < EVERYBODY and standing.base is None:
                raise RolloutError("nothing decides for the other tenants yet: activate a policy for 100 percent first")
            if percent < EVERYBODY and standing.base == version:
                raise RolloutError(
                    f"policy {version} decides for every tenant already; activate another one, or roll back"
                )
            before = standing.base if standing.newest == version else standing.newest
            return _append(connection, ActivationKind.ACTIVATED, version, before, percent, actor, reason)

    def roll_back(self, actor: str, reason: str) -> Activation:
        """Take back what was activated last: the candidate of a staged rollout, or else the policy of all.

        Raises:
            NothingToRollBackError: No policy decided before this one.

        """
        with write_transaction(self._engine) as connection:
            next_revision(connection)
            before = _standing(connection)
            after = before.rolled_back()
            assert after.base is not None  # noqa: S101 - what can be rolled back leaves a base
            return _append(connection, ActivationKind.ROLLED_BACK, after.base, before.newest, EVERYBODY, actor, reason)

    def adopt_file(self, document: PolicyDocument, *, is_chosen: bool) -> bool:
        """Store and activate the policy file, unless this version of it was ever activated; True when that was done.

        Args:
            document: of the file.
            is_chosen: the deployment named the file. The one that ships with Weir never takes over from a policy that
                somebody activated, so that a new release does not change who decides.

        """
        with write_transaction(self._engine) as connection:
            next_revision(connection)
            _add(connection, document, FILE_ACTOR)
            history = _activations(connection)
            was_active = any(entry.version == document.version for entry in history)
            by_hand = bool(history) and history[-1].actor != FILE_ACTOR
            if was_active or (by_hand and not is_chosen):
                return False
            previous = stand(history).newest
            reason = "the policy file"
            _append(connection, ActivationKind.ACTIVATED, document.version, previous, EVERYBODY, FILE_ACTOR, reason)
        return True

    def policy(self, version: str) -> StoredPolicy:
        """A stored policy.

        Raises:
            UnknownPolicyError: It is not stored.

        """
        with self._engine.connect() as connection:
            return _require(connection, version)

    def policies(self) -> list[StoredPolicy]:
        """All of them, the newest first."""
        newest = select(policies).order_by(policies.c.created_at_us.desc(), policies.c.version)
        with self._engine.connect() as connection:
            return [_policy(row) for row in connection.execute(newest)]

    def history(self, limit: int, before_id: int | None = None) -> list[Activation]:
        """A page of activations, the newest first; `before_id` is the last id of the page before."""
        page = select(activations).order_by(activations.c.id.desc()).limit(limit)
        if before_id is not None:
            page = page.where(activations.c.id < before_id)
        with self._engine.connect() as connection:
            return [_activation(row) for row in connection.execute(page)]

    def standing(self) -> Standing:
        """Who decides now."""
        with self._engine.connect() as connection:
            return _standing(connection)

    def revision(self) -> int:
        """Of the newest change: one row, read often."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(rollout_state.c.revision)).scalar_one())


def next_revision(connection: Connection) -> None:
    """Announce a change to all workers, and wait for the turn to make it. The connection is in a transaction."""
    connection.execute(rollout_state.update().values(revision=rollout_state.c.revision + 1))


def now_us() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def _add(connection: Connection, document: PolicyDocument, actor: str) -> StoredPolicy:
    found = connection.execute(select(policies).where(policies.c.version == document.version)).first()
    if found is not None:
        return _policy(found)
    stored = StoredPolicy(document.version, document.name, document.text, now_us(), actor)
    connection.execute(
        policies.insert().values(
            version=stored.version,
            name=stored.name,
            text=stored.text,
            created_at_us=stored.created_at_us,
            created_by=actor,
        )
    )
    record_event(connection, "policy.added", actor, None, {"version": stored.version})
    return stored


def _append(
    connection: Connection,
    kind: ActivationKind,
    version: str,
    previous: str | None,
    percent: int,
    actor: str,
    reason: str,
) -> Activation:
    values: dict[str, object] = {"version": version, "previous_version": previous, "percent": percent, "reason": reason}
    at_us = now_us()
    insert = activations.insert().values(kind=kind.value, at_us=at_us, actor=actor, **values)
    key = connection.execute(insert).inserted_primary_key
    assert key is not None  # noqa: S101 - of a single row there always is one
    record_event(connection, f"policy.{kind.value}", actor, None, values)
    return Activation(int(key[0]), kind, version, previous, percent, at_us, actor, reason)


def _standing(connection: Connection) -> Standing:
    return stand(_activations(connection))


def _activations(connection: Connection) -> list[Activation]:
    return [_activation(row) for row in connection.execute(select(activations).order_by(activations.c.id))]


def _require(connection: Connection, version: str) -> StoredPolicy:
    found = connection.execute(select(policies).where(policies.c.version == version)).first()
    if found is None:
        raise UnknownPolicyError(version)
    return _policy(found)


def _policy(row: Row[tuple[object, ...]]) -> StoredPolicy:
    return StoredPolicy(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def _activation(row: Row[tuple[object, ...]]) -> Activation:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Activation(**fields | {"kind": ActivationKind(str(fields["kind"]))})
