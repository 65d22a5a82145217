"""Answering: who may ask about policies, and how what goes wrong reads on the wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import Depends

from service.access.principal import Principal
from service.errors import RequestError, invalid
from service.http.management import Admin
from service.policy.document import PolicyError
from service.rollout.errors import NothingToRollBackError, RolloutError, UnknownPolicyError, UnusablePolicyError
from service.wire.schemas import ErrorEnvelope

Responses = dict[int | str, dict[str, Any]]

NO_POLICY: Final[Responses] = {404: {"model": ErrorEnvelope, "description": "No policy of that version is stored."}}
NO_SHADOW: Final[Responses] = {404: {"model": ErrorEnvelope, "description": "No policy runs beside what decides."}}
CONFLICT: Final[Responses] = {
    409: {"model": ErrorEnvelope, "description": "It cannot be done as things stand; the message says why."}
}


def require_all_tenants(principal: Admin) -> Principal:
    """A policy decides for every tenant, so a key of one tenant sees and changes none.

    Raises:
        RequestError: The key belongs to one tenant (403).

    """
    if principal.tenant is not None:
        raise RequestError(403, "wrong_tenant", "policies decide for every tenant; this key belongs to one of them")
    return principal


Overseer = Annotated[Principal, Depends(require_all_tenants)]


@contextmanager
def answered() -> Iterator[None]:
    """What goes wrong, as the error envelope says it."""
    try:
        yield
    except UnknownPolicyError as error:
        raise RequestError(404, "unknown_policy", str(error)) from None
    except NothingToRollBackError as error:
        raise RequestError(409, "nothing_to_roll_back", str(error)) from None
    except (PolicyError, UnusablePolicyError) as error:
        raise invalid("invalid_policy", str(error)) from None
    except RolloutError as error:
        raise RequestError(409, "rollout_conflict", str(error)) from None
