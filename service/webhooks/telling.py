"""Telling: which endpoints hear of a decision, and what they are told, in the transaction that writes it."""

from collections.abc import Sequence
from functools import partial

import orjson

from models.contracts import Action
from service.asking import Decided
from service.records.writer import Write
from service.webhooks.deliveries import DeliveryStore, Message
from service.webhooks.store import Endpoint, WebhookStore
from service.webhooks.values import Event

STRICTNESS = {action.value: action.strictness for action in Action}


class Subscriptions:
    """The endpoints as this process knows them: read again every second, so that a decision asks no database."""

    def __init__(self, store: WebhookStore) -> None:
        self._store = store
        self.endpoints: tuple[Endpoint, ...] = ()
        self.decision_endpoints: tuple[Endpoint, ...] = ()

    def refresh(self) -> None:
        """Read them again. Blocks on the database."""
        self.endpoints = self._store.endpoints()
        self.decision_endpoints = tuple(entry for entry in self.endpoints if Event.DECISION_MADE in entry.events)


class DecisionTeller:
    """A `DecisionHook` that writes a message for every endpoint that hears of a decision."""

    def __init__(self, subscriptions: Subscriptions, deliveries: DeliveryStore) -> None:
        self.subscriptions = subscriptions
        self._deliveries = deliveries

    def __call__(self, decided: Decided) -> Write | None:
        """What to write; None when nobody hears of it."""
        endpoints = self.subscriptions.decision_endpoints
        if not endpoints:
            return None
        strictness = STRICTNESS[decided.action]
        hearing = [
            entry.webhook_id
            for entry in endpoints
            if strictness >= entry.min_strictness and entry.hears(Event.DECISION_MADE, decided.tenant)
        ]
        return partial(self._deliveries.enqueue, messages=_messages(decided, hearing)) if hearing else None


def message_body(event: str, at: str, data: dict[str, object]) -> str:
    """The body of a message: its type, when it happened, and what."""
    return orjson.dumps({"type": event, "timestamp": at, "data": data}).decode()


def _messages(decided: Decided, webhook_ids: Sequence[str]) -> list[Message]:
    decision = decided.make()
    said = decision.model_dump(mode="json", include={"decision_id", "content_id", "policy", "decided_at"})
    reasons = [reason.model_dump(mode="json", exclude={"message"}, exclude_none=True) for reason in decision.reasons]
    data: dict[str, object] = {
        **said,
        "tenant": decided.tenant,
        "surface": decided.surface,
        "action": decided.action,
        "review": decided.review,
        "flagged": decided.flagged,
        "reasons": reasons,
    }
    body = message_body(Event.DECISION_MADE, said["decided_at"], data)
    return [Message(webhook_id, Event.DECISION_MADE, decided.decision_id, body) for webhook_id in webhook_ids]
