"""The store of API keys: made, shown, renewed and revoked in the database. Every change is audited."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, Row, select, update

from service.access.keys import ApiKey, KeyDraft, NewKey
from service.access.principal import Scope
from service.access.tables import api_keys, key_state
from service.access.tokens import hash_token, make_token, renew_token
from service.records.ledger import record_event, write_transaction

HOUR_US: Final = 3_600 * 1_000_000
_DAY_US: Final = 24 * HOUR_US
_REVISION: Final = select(key_state.c.revision)


class UnknownKeyError(LookupError):
    """There is no such key, for whoever asks."""


class StoredKey(NamedTuple):
    """A key with the hash of its token."""

    key: ApiKey
    hash: bytes
    expires_at_us: int | None
    is_revoked: bool


class KeyStore:
    """Keys in the database. A tenant, where one is given, sees and touches only its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, draft: KeyDraft, actor: str) -> NewKey:
        """Make a key.

        Args:
            draft: what it may do.
            actor: who makes it, for the audit log.

        """
        key_id, token = make_token()
        now = now_us()
        row = {
            "id": key_id,
            "name": draft.name,
            "tenant": draft.tenant,
            "scopes": ",".join(draft.scopes),
            "secret_hash": hash_token(token.encode()),
            "rate": draft.rate,
            "item_rate": draft.item_rate,
            "created_at_us": now,
            "created_by": actor,
            "expires_at_us": now + draft.expires_in_days * _DAY_US if draft.expires_in_days else None,
        }
        with write_transaction(self._engine) as connection:
            connection.execute(api_keys.insert().values(row))
            _changed(connection)
            said: dict[str, object] = {
                name: row[name] for name in ("id", "name", "scopes", "rate", "item_rate", "expires_at_us")
            }
            record_event(connection, "key.created", actor, draft.tenant, said)
            return NewKey(key=_key(_found(connection, key_id, None)), token=token)

    def keys(self, tenant: str | None = None) -> list[ApiKey]:
        """All keys, those that are no longer good included, in the order in which they were made."""
        query = select(api_keys).order_by(api_keys.c.created_at_us, api_keys.c.id)
        if tenant is not None:
            query = query.where(api_keys.c.tenant == tenant)
        with self._engine.connect() as connection:
            return [_key(row) for row in connection.execute(query)]

    def key(self, key_id: str, tenant: str | None = None) -> ApiKey:
        """One key.

        Raises:
            UnknownKeyError: There is none.

        """
        with self._engine.connect() as connection:
            return _key(_found(connection, key_id, tenant))

    def revoke(self, key_id: str, actor: str, tenant: str | None = None) -> ApiKey:
        """End a key for good; one that is revoked already stays as it is.

        Raises:
            UnknownKeyError: There is none.

        """
        with write_transaction(self._engine) as connection:
            found = _found(connection, key_id, tenant)
            if found.revoked_at_us is None:
                _set(connection, key_id, revoked_at_us=now_us())
                record_event(connection, "key.revoked", actor, found.tenant, {"id": key_id, "name": found.name})
            return _key(_found(connection, key_id, tenant))

    def rotate(self, key_id: str, actor: str, tenant: str | None = None) -> NewKey:
        """Give a key another token; the one before is no longer good.

        Raises:
            UnknownKeyError: There is none, or it is revoked.

        """
        token = renew_token(key_id)
        with write_transaction(self._engine) as connection:
            found = _found(connection, key_id, tenant)
            if found.revoked_at_us is not None:
                raise UnknownKeyError
            _set(connection, key_id, secret_hash=hash_token(token.encode()))
            record_event(connection, "key.rotated", actor, found.tenant, {"id": key_id, "name": found.name})
            return NewKey(key=_key(_found(connection, key_id, tenant)), token=token)

    def revision(self) -> int:
        """Moves with every change."""
        with self._engine.connect() as connection:
            return int(connection.execute(_REVISION).scalar_one())

    def stored(self) -> tuple[int, list[StoredKey]]:
        """Every key with its hash, and the revision that they are of or after."""
        with self._engine.connect() as connection:
            revision = int(connection.execute(_REVISION).scalar_one())
            rows = connection.execute(select(api_keys)).all()
        return revision, [
            StoredKey(_key(row), bytes(row.secret_hash), row.expires_at_us, row.revoked_at_us is not None)
            for row in rows
        ]

    def used(self, key_ids: Iterable[str]) -> None:
        """Note that keys were used in this hour."""
        hour = now_us() // HOUR_US * HOUR_US
        with write_transaction(self._engine) as connection:
            for key_id in sorted(key_ids):
                connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at_us=hour))

    def has_any(self) -> bool:
        """Whether there ever was one."""
        with self._engine.connect() as connection:
            return connection.execute(select(api_keys.c.id).limit(1)).first() is not None


def now_us() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000


def _found(connection: Connection, key_id: str, tenant: str | None) -> Row[Any]:
    row = connection.execute(select(api_keys).where(api_keys.c.id == key_id)).first()
    if row is None or (tenant is not None and row.tenant != tenant):
        raise UnknownKeyError
    return row


def _set(connection: Connection, key_id: str, **values: object) -> None:
    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(**values))
    _changed(connection)


def _changed(connection: Connection) -> None:
    connection.execute(update(key_state).values(revision=key_state.c.revision + 1))


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        tenant=row.tenant,
        scopes=tuple(Scope(name) for name in row.scopes.split(",")),
        rate=row.rate,
        item_rate=row.item_rate,
        created_at=_time(row.created_at_us),
        created_by=row.created_by,
        expires_at=None if row.expires_at_us is None else _time(row.expires_at_us),
        revoked_at=None if row.revoked_at_us is None else _time(row.revoked_at_us),
        last_used_at=None if row.last_used_at_us is None else _time(row.last_used_at_us),
    )


def _time(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
