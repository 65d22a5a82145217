"""`/v1/keys`: API keys over HTTP, for those who may administrate. A tenant's key makes and sees that tenant's alone."""

from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import Engine

from models.contracts.base import Value
from service.access.keys import ApiKey, KeyDraft, KeyId, NewKey
from service.access.principal import Principal
from service.access.store import KeyStore, UnknownKeyError
from service.errors import RequestError
from service.http.management import Admin
from service.wire.schemas import ErrorEnvelope

_UNKNOWN: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": ErrorEnvelope, "description": "There is no such key."},
}


class KeysResponse(Value):
    """All keys, in the order in which they were made."""

    keys: tuple[ApiKey, ...]


def build_router(engine: Engine) -> APIRouter:
    """The routes over a database."""
    router, store = APIRouter(prefix="/v1/keys", tags=["keys"]), KeyStore(engine)

    @router.post("", status_code=201, operation_id="createKey", summary="Make a key; its token is shown this once.")
    def create_key(draft: KeyDraft, principal: Admin) -> NewKey:
        return store.create(_own(draft, principal), principal.actor)

    @router.get("", operation_id="listKeys", summary="All keys, without their tokens.")
    def list_keys(principal: Admin) -> KeysResponse:
        return KeysResponse(keys=tuple(store.keys(principal.tenant)))

    @router.get("/{key_id}", operation_id="getKey", summary="One key.", responses=_UNKNOWN)
    def get_key(key_id: KeyId, principal: Admin) -> ApiKey:
        try:
            return store.key(key_id, principal.tenant)
        except UnknownKeyError:
            raise _unknown() from None

    @router.delete("/{key_id}", operation_id="revokeKey", summary="End a key for good.", responses=_UNKNOWN)
    def revoke_key(key_id: KeyId, principal: Admin) -> ApiKey:
        try:
            return store.revoke(key_id, principal.actor, principal.tenant)
        except UnknownKeyError:
            raise _unknown() from None

    @router.post(
        "/{key_id}/rotate",
        operation_id="rotateKey",
        summary="Give a key another token; the one before is no longer good.",
        responses=_UNKNOWN,
    )
    def rotate_key(key_id: KeyId, principal: Admin) -> NewKey:
        try:
            return store.rotate(key_id, principal.actor, principal.tenant)
        except UnknownKeyError:
            raise _unknown() from None

    return router


def _own(draft: KeyDraft, principal: Principal) -> KeyDraft:
    """The draft, for the tenant of whoever makes it.

    Raises:
        RequestError: It names another tenant (403).

    """
    if principal.tenant is None or draft.tenant == principal.tenant:
        return draft
    if draft.tenant is None:
        return draft.model_copy(update={"tenant": principal.tenant})
    raise RequestError(403, "tenant_mismatch", "the key belongs to one tenant, and the draft names another", "tenant")


def _unknown() -> RequestError:
    return RequestError(404, "unknown_key", "there is no such key")
