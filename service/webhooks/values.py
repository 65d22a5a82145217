"""Webhooks as the API shows them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from models.contracts import Action
from models.contracts.base import Value
from service.jobs.values import Count, PlainText, UuidText


class Event(StrEnum):
    """What a webhook can hear of."""

    DECISION_MADE = "decision.made"
    """At least as strict as the endpoint's `min_action`."""
    JOB_FINISHED = "job.finished"
    JOB_FAILED = "job.failed"
    REVIEW_DECIDED = "review.decided"
    APPEAL_OPENED = "appeal.opened"
    APPEAL_DECIDED = "appeal.decided"
    POLICY_ACTIVATED = "policy.activated"
    POLICY_ROLLED_BACK = "policy.rolled_back"


class DeliveryState(StrEnum):
    """What became of a message."""

    PENDING = "pending"
    """It is tried, or will be tried again."""
    DELIVERED = "delivered"
    """The receiver answered with a status from 200 to 299."""
    DEAD = "dead"
    """It was tried as often as it is; only a replay tries it again."""


Url = Annotated[str, StringConstraints(min_length=1, max_length=2_048, pattern=r"^https?://[!-~]+$")]
Description = Annotated[str, StringConstraints(max_length=200), PlainText]


class WebhookDraft(Value):
    """An endpoint to make.

    Attributes:
        url: where messages are posted to.
        events: that it hears of.
        min_action: milder decisions are not told.
        tenant: whose events; a key of one tenant may name no other. None: those of all.

    """

    url: Url
    events: Annotated[tuple[Event, ...], Field(min_length=1, max_length=len(Event))]
    min_action: Action = Action.LABEL
    description: Description = ""
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = None


class Webhook(Value):
    """An endpoint. Its secret is shown once, when it is made."""

    webhook_id: UuidText
    url: str
    events: tuple[Event, ...]
    min_action: Action
    description: str
    tenant: str | None
    enabled: bool
    old_secret_until: datetime | None
    created_at: datetime


class NewWebhook(Webhook):
    """An endpoint that was just made, or got a new secret: the only time that the secret is shown."""

    secret: str


class WebhookPatch(Value):
    """What to change of an endpoint; what is null stays."""

    url: Url | None = None
    events: Annotated[tuple[Event, ...], Field(min_length=1, max_length=len(Event))] | None = None
    min_action: Action | None = None
    description: Description | None = None
    enabled: bool | None = None


class WebhookList(Value):
    """All endpoints that the key may see, the newest first."""

    webhooks: tuple[Webhook, ...]


class Rotation(Value):
    """How long the old secret signs beside the new one; 0 where it has leaked."""

    overlap_hours: Annotated[int, Field(ge=0, le=720)] = 24


class Delivery(Value):
    """One message to one endpoint, without its body.

    Attributes:
        last_status: HTTP status of the last attempt, if there was an answer.
        last_error: why the last attempt failed.

    """

    delivery_id: UuidText
    event: str
    decision_id: str | None
    state: DeliveryState
    n_attempts: Count
    next_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    last_status: int | None
    last_error: str | None


class DeliveryPage(Value):
    """Some deliveries, the newest first; `next` is the `before` of the next page, and null on the last one."""

    deliveries: tuple[Delivery, ...]
    next: UuidText | None


class Replayed(Value):
    """How many deliveries are tried again."""

    n_deliveries: Count
