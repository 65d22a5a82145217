"""The routes under `/v1/webhooks`: endpoints, their secrets, and what became of their messages."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response

from service.access.principal import Principal
from service.errors import invalid
from service.fetching.errors import FetchRefusedError
from service.http.management import Admin
from service.jobs.values import UUID_PATTERN
from service.webhooks.deliveries import DeliveryStore
from service.webhooks.store import WebhookStore
from service.webhooks.values import (
    Delivery,
    DeliveryPage,
    DeliveryState,
    NewWebhook,
    Replayed,
    Rotation,
    Webhook,
    WebhookDraft,
    WebhookList,
    WebhookPatch,
)
from service.wire.schemas import ErrorEnvelope

PREFIX: Final = "/v1/webhooks"
_NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {404: {"model": ErrorEnvelope, "description": "There is none."}}

WebhookId = Annotated[str, Path(pattern=UUID_PATTERN)]
DeliveryId = Annotated[str, Path(pattern=UUID_PATTERN)]
AddressCheck = Callable[[str], None]
"""Raises `FetchRefusedError` for an address that no message may go to."""


class WebhookDesk:
    """What the routes do."""

    def __init__(
        self, webhooks: WebhookStore, deliveries: DeliveryStore, check: AddressCheck, refresh: Callable[[], None]
    ) -> None:
        self.webhooks = webhooks
        self.deliveries = deliveries
        self.refresh = refresh
        self._check = check

    def create(self, draft: WebhookDraft, principal: Principal) -> NewWebhook:
        """Make an endpoint.

        Raises:
            RequestError: Its address is not allowed (400), or its tenant (403).

        """
        self.require_address(draft.url)
        made = self.webhooks.create(draft, principal)
        self.refresh()
        return made

    def change(self, webhook_id: str, patch: WebhookPatch, principal: Principal) -> Webhook:
        """Change an endpoint.

        Raises:
            RequestError: Its address is not allowed (400), or there is none (404).

        """
        if patch.url is not None:
            self.require_address(patch.url)
        changed = self.webhooks.change(webhook_id, patch, principal)
        self.refresh()
        return changed

    def require_address(self, url: str) -> None:
        """Refuse what can never be reached; where its name leads is checked with every message.

        Raises:
            RequestError: It is not allowed (400).

        """
        try:
            self._check(url)
        except FetchRefusedError as error:
            raise invalid("url_not_allowed", str(error), "url") from None


def build_webhook_router(desk: WebhookDesk) -> APIRouter:
    """The router over a desk."""
    router = APIRouter(prefix=PREFIX, tags=["webhooks"])

    @router.post("", operation_id="createWebhook", status_code=201)
    def create(admin: Admin, draft: WebhookDraft) -> NewWebhook:
        """Make an endpoint. The answer shows its secret, this once."""
        return desk.create(draft, admin)

    @router.get("", operation_id="listWebhooks")
    def list_webhooks(admin: Admin) -> WebhookList:
        """All endpoints, the newest first."""
        return WebhookList(webhooks=desk.webhooks.list(admin))

    @router.get("/{webhook_id}", operation_id="getWebhook", responses=_NOT_FOUND)
    def get(admin: Admin, webhook_id: WebhookId) -> Webhook:
        """One endpoint."""
        return desk.webhooks.get(webhook_id, admin)

    @router.patch("/{webhook_id}", operation_id="changeWebhook", responses=_NOT_FOUND)
    def change(admin: Admin, webhook_id: WebhookId, patch: WebhookPatch) -> Webhook:
        """Change some of an endpoint."""
        return desk.change(webhook_id, patch, admin)

    @router.delete("/{webhook_id}", operation_id="deleteWebhook", status_code=204, responses=_NOT_FOUND)
    def delete(admin: Admin, webhook_id: WebhookId) -> Response:
        """Delete an endpoint, with what was not delivered yet."""
        desk.webhooks.delete(webhook_id, admin)
        desk.refresh()
        return Response(status_code=204)

    @router.post("/{webhook_id}/secret", operation_id="rotateWebhookSecret", responses=_NOT_FOUND)
    def rotate(admin: Admin, webhook_id: WebhookId, rotation: Rotation) -> NewWebhook:
        """Give an endpoint a new secret, shown this once; the old one signs as well for so long."""
        return desk.webhooks.rotate(webhook_id, rotation.overlap_hours, admin)

    @router.get("/{webhook_id}/deliveries", operation_id="listDeliveries", responses=_NOT_FOUND)
    def deliveries(
        admin: Admin,
        webhook_id: WebhookId,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[str | None, Query(pattern=UUID_PATTERN, description="`next` of the page before.")] = None,
        state: DeliveryState | None = None,
    ) -> DeliveryPage:
        """What became of the messages to an endpoint, the newest first."""
        desk.webhooks.get(webhook_id, admin)
        found = desk.deliveries.page(webhook_id, limit + 1, before, state)
        following = found[limit - 1].delivery_id if len(found) > limit else None
        return DeliveryPage(deliveries=tuple(found[:limit]), next=following)

    @router.post("/{webhook_id}/deliveries/{delivery_id}/replay", operation_id="replayDelivery", responses=_NOT_FOUND)
    def replay(admin: Admin, webhook_id: WebhookId, delivery_id: DeliveryId) -> Delivery:
        """Try one message again from the start, whatever became of it."""
        desk.webhooks.get(webhook_id, admin)
        return desk.deliveries.replay(webhook_id, delivery_id)

    @router.post("/{webhook_id}/replay", operation_id="replayDeadDeliveries", responses=_NOT_FOUND)
    def replay_dead(admin: Admin, webhook_id: WebhookId) -> Replayed:
        """Try all dead messages of an endpoint again."""
        desk.webhooks.get(webhook_id, admin)
        return Replayed(n_deliveries=desk.deliveries.replay_dead(webhook_id))

    return router
