"""The store of endpoints."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from models.contracts import Action
from service.access.principal import Principal
from service.errors import RequestError
from service.jobs.store import now_us
from service.jobs.views import moment
from service.records.ledger import record_event, write_transaction
from service.webhooks.signing import make_secret
from service.webhooks.tables import webhook_deliveries, webhooks
from service.webhooks.values import Event, NewWebhook, Webhook, WebhookDraft, WebhookPatch

_W: Final = webhooks.c
_HOUR_US: Final = 3_600_000_000
_NO_WEBHOOK: Final = RequestError(404, "not_found", "there is no such webhook")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is needed to tell an endpoint of an event.

    Attributes:
        tenant: whose events it hears; None for those of all, and those that concern no tenant.
        min_strictness: rung of the mildest action that it hears of.
        since_us: what happened before that is not told.

    """

    webhook_id: str
    tenant: str | None
    events: frozenset[str]
    min_strictness: int
    since_us: int = 0

    def hears(self, event: str, tenant: str | None) -> bool:
        """Whether it is told of such an event."""
        return event in self.events and self.tenant in (None, tenant)


@dataclass(frozen=True, slots=True)
class Address:
    """Where an endpoint is, and the secrets that sign, the newest first."""

    url: str
    secrets: tuple[str, ...]


class WebhookStore:
    """Reads and writes endpoints. Blocks on the database: not for the event loop."""

    def __init__(self, engine: Engine, new_id: Callable[[], str]) -> None:
        self.engine = engine
        self._new_id = new_id

    def create(self, draft: WebhookDraft, principal: Principal) -> NewWebhook:
        """Make an endpoint, with a secret that is shown this once.

        Raises:
            RequestError: The draft names a tenant that is not the principal's (403).

        """
        tenant = draft.tenant or principal.tenant
        if principal.tenant not in (None, tenant):
            raise RequestError(403, "tenant_mismatch", "the key belongs to one tenant, and the webhook names another")
        secret = make_secret()
        row: dict[str, Any] = {
            "webhook_id": self._new_id(),
            "tenant": tenant,
            "url": draft.url,
            "events": orjson.dumps([event.value for event in draft.events]).decode(),
            "min_action": draft.min_action.value,
            "description": draft.description,
            "enabled": True,
            "secret": secret,
            "created_at_us": now_us(),
        }
        with write_transaction(self.engine) as connection:
            connection.execute(insert(webhooks).values(row))
            self._note(connection, "created", row["webhook_id"], principal, tenant)
            return _shown(self._row(connection, row["webhook_id"], principal), secret)

    def list(self, principal: Principal) -> tuple[Webhook, ...]:
        """All that the principal may see, the newest first."""
        chosen = select(webhooks).order_by(_W.webhook_id.desc())
        if principal.tenant is not None:
            chosen = chosen.where(_W.tenant == principal.tenant)
        with self.engine.connect() as connection:
            return tuple(_webhook(row) for row in connection.execute(chosen).mappings())

    def get(self, webhook_id: str, principal: Principal) -> Webhook:
        """One endpoint.

        Raises:
            RequestError: There is none, or it is another tenant's (404).

        """
        with self.engine.connect() as connection:
            return _webhook(self._row(connection, webhook_id, principal))

    def change(self, webhook_id: str, patch: WebhookPatch, principal: Principal) -> Webhook:
        """Change some of an endpoint.

        Raises:
            RequestError: There is none (404).

        """
        said: dict[str, Any] = patch.model_dump(mode="json", exclude_none=True)
        if "events" in said:
            said["events"] = orjson.dumps(said["events"]).decode()
        with write_transaction(self.engine) as connection:
            found = self._row(connection, webhook_id, principal)
            if said:
                connection.execute(update(webhooks).where(_W.webhook_id == webhook_id).values(said))
                self._note(connection, "changed", webhook_id, principal, found["tenant"])
            return _webhook(self._row(connection, webhook_id, principal))

    def rotate(self, webhook_id: str, overlap_hours: int, principal: Principal) -> NewWebhook:
        """Give an endpoint a new secret; the old one signs as well for a while.

        Raises:
            RequestError: There is none (404).

        """
        secret = make_secret()
        with write_transaction(self.engine) as connection:
            found = self._row(connection, webhook_id, principal)
            values: dict[str, Any] = {"secret": secret, "old_secret": None, "old_until_us": None}
            if overlap_hours:
                values |= {"old_secret": found["secret"], "old_until_us": now_us() + overlap_hours * _HOUR_US}
            connection.execute(update(webhooks).where(_W.webhook_id == webhook_id).values(values))
            self._note(connection, "rotated", webhook_id, principal, found["tenant"])
            return _shown(self._row(connection, webhook_id, principal), secret)

    def delete(self, webhook_id: str, principal: Principal) -> None:
        """Delete an endpoint and its deliveries.

        Raises:
            RequestError: There is none (404).

        """
        with write_transaction(self.engine) as connection:
            found = self._row(connection, webhook_id, principal)
            connection.execute(delete(webhooks).where(_W.webhook_id == webhook_id))
            connection.execute(delete(webhook_deliveries).where(webhook_deliveries.c.webhook_id == webhook_id))
            self._note(connection, "deleted", webhook_id, principal, found["tenant"])

    def has(self, webhook_id: str, principal: Principal) -> bool:
        """Whether there is an endpoint of that id that the principal may use."""
        chosen = select(_W.webhook_id).where(_W.webhook_id == webhook_id)
        if principal.tenant is not None:
            chosen = chosen.where(_W.tenant == principal.tenant)
        with self.engine.connect() as connection:
            return connection.execute(chosen).scalar() is not None

    def endpoints(self) -> tuple[Endpoint, ...]:
        """All that are enabled."""
        columns = (_W.webhook_id, _W.tenant, _W.events, _W.min_action, _W.created_at_us)
        with self.engine.connect() as connection:
            rows = connection.execute(select(*columns).where(_W.enabled).order_by(_W.webhook_id)).all()
        return tuple(
            Endpoint(webhook_id, tenant, frozenset(orjson.loads(events)), Action(min_action).strictness, since_us)
            for webhook_id, tenant, events, min_action, since_us in rows
        )

    def address(self, webhook_id: str) -> Address | None:
        """Where to send a message; None when the endpoint is disabled or gone."""
        with self.engine.connect() as connection:
            chosen = select(webhooks).where(_W.webhook_id == webhook_id, _W.enabled)
            row = connection.execute(chosen).mappings().first()
        if row is None:
            return None
        has_old = row["old_secret"] is not None and row["old_until_us"] > now_us()
        return Address(row["url"], (row["secret"], row["old_secret"]) if has_old else (row["secret"],))

    def _row(self, connection: Connection, webhook_id: str, principal: Principal) -> RowMapping:
        row = connection.execute(select(webhooks).where(_W.webhook_id == webhook_id)).mappings().first()
        if row is None or (principal.tenant is not None and row["tenant"] != principal.tenant):
            raise _NO_WEBHOOK
        return row

    def _note(self, connection: Connection, what: str, webhook_id: str, by: Principal, tenant: str | None) -> None:
        record_event(connection, f"webhook.{what}", by.actor, tenant, {"webhook_id": webhook_id})


def _webhook(row: RowMapping) -> Webhook:
    return Webhook.model_validate(_fields(row))


def _shown(row: RowMapping, secret: str) -> NewWebhook:
    return NewWebhook.model_validate(_fields(row) | {"secret": secret})


def _fields(row: RowMapping) -> dict[str, Any]:
    until = row["old_until_us"]
    return {
        "webhook_id": row["webhook_id"],
        "url": row["url"],
        "events": tuple(Event(name) for name in orjson.loads(row["events"])),
        "min_action": Action(row["min_action"]),
        "description": row["description"],
        "tenant": row["tenant"],
        "enabled": row["enabled"],
        "old_secret_until": None if until is None or until <= now_us() else moment(until),
        "created_at": moment(row["created_at_us"]),
    }
