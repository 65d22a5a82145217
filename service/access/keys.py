"""Keys: API keys as they are made and as they are shown. A token is shown once, to whoever makes the key."""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from models.contracts.base import Value
from models.contracts.context import TenantName
from service.access.principal import Principal, Scope
from service.access.rates import PATTERN, Rate
from service.access.tokens import ID_PATTERN

MAX_LIFE_DAYS = 3_650

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9 ._@:/-]+$")]


def _named_form(value: object) -> object:
    """Say what a rate looks like rather than by which pattern it is read; what is no text is left to the type."""
    if isinstance(value, str):
        try:
            Rate.read(value)
        except ValueError:
            raise PydanticCustomError("rate", "a rate is a number and /s, /m or /h, such as 100/s") from None
    return value


RateText = Annotated[str, BeforeValidator(_named_form), StringConstraints(pattern=PATTERN)]
KeyId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


class KeyDraft(Value):
    """A key to be made.

    Attributes:
        name: for people.
        tenant: the one tenant that it may act for; None for any.
        expires_in_days: None for never.
        rate: requests in a time, such as `100/s`; None for the deployment's own.
        item_rate: items in a time, as a batch is one request.

    """

    name: Name
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=4)]
    tenant: TenantName | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_LIFE_DAYS)] | None = None
    rate: RateText | None = None
    item_rate: RateText | None = None

    @field_validator("scopes")
    @classmethod
    def _once(cls, scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
        return tuple(scope for scope in Scope if scope in scopes)


class ApiKey(Value):
    """A key as it is shown: everything but its secret.

    Attributes:
        last_used_at: to the hour.

    """

    id: KeyId
    name: str
    tenant: str | None
    scopes: tuple[Scope, ...]
    rate: str | None
    item_rate: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def principal(self) -> Principal:
        """Who brings it."""
        return Principal(self.id, self.tenant, frozenset(self.scopes))


class NewKey(Value):
    """A key that was just made, with the token that is never shown again."""

    key: ApiKey
    token: str
