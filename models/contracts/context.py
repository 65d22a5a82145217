"""Context: what the caller knows of an item beyond its content, for policies to decide by."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from models.contracts.base import Value

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""A name that the deployment chose, such as a surface or a kind of content: lower case, at most 64 characters."""
TenantName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
"""A language tag, such as `en` or `pt-BR` (BCP 47)."""
SubjectId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class Audience(StrEnum):
    """Who will see the item."""

    GENERAL = "general"
    ADULTS = "adults"
    MINORS = "minors"
    """Minors are present."""


class Author(Value):
    """Who posted the item.

    Attributes:
        id: the caller's own name for the person. It is kept as a keyed digest only.
        account_age_days: None when it is not known, which is not the same as new.
        prior_violations: decisions against this author that stood.
        is_verified: the caller vouches for the account.

    """

    id: SubjectId | None = None
    account_age_days: Count | None = None
    prior_violations: Count = 0
    is_verified: bool = False


class Context(Value):
    """What the caller knows of an item; all of it optional.

    Attributes:
        kind: of content, such as `post`, `comment`, `message`, `listing`.
        surface: where it appears, such as `feed` or `direct-messages`.
        tenant: whose policy and records; a key that belongs to a tenant may name no other.
        user_reports: reports by users so far.
        reach: people who have seen it or are expected to.

    """

    kind: Name | None = None
    surface: Name | None = None
    tenant: TenantName | None = None
    audience: Audience = Audience.GENERAL
    locale: Locale | None = None
    author: Author = Author()
    user_reports: Count = 0
    reach: Count = 0


NO_CONTEXT = Context()
"""An item of which nothing more is known."""
