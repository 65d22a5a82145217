"""Tenancy: a key that belongs to a tenant speaks for no other."""

from collections.abc import Sequence

from models.contracts import Context
from service.access.principal import Principal
from service.errors import RequestError


def require_own_tenant(principal: Principal, contexts: Sequence[Context], place: str = "items") -> None:
    """Let items pass that name no other tenant than the principal's.

    Args:
        principal: who asks.
        contexts: one an item.
        place: of the items in the request, for the error.

    Raises:
        RequestError: One of them does (403).

    """
    if principal.tenant is None:
        return
    for index, context in enumerate(contexts):
        if context.tenant is not None and context.tenant != principal.tenant:
            raise RequestError(
                403,
                "tenant_mismatch",
                "the key belongs to one tenant, and the item names another",
                f"{place}[{index}].context.tenant",
            )
