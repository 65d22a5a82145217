"""What the routes under `/v1/audit` take and give, besides `service.accountability.findings`."""

from typing import Annotated, Any, Final

from pydantic import Field, JsonValue, StringConstraints

from models.contracts.base import Value
from models.contracts.context import TenantName
from service.accountability.findings import AuditProblem

MAX_PAGE: Final = 500
MAX_VERIFIED: Final = 10_000
"""Entries of the chain that one request verifies."""

EventKind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){0,2}$")]
EventCursor = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
StatementCursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}\.[0-9a-f-]{1,36}$")]


class AuditVerification(Value):
    """A stretch of the chain that was verified.

    Attributes:
        valid: nothing is wrong in it.
        n_entries: how many entries it has.
        problems: the first 100 of `n_problems`.
        next_after: where the next stretch begins; null when this one reached the head.

    """

    valid: bool
    n_entries: int
    n_problems: int
    problems: tuple[AuditProblem, ...]
    next_after: int | None


class AuditEvent(Value):
    """Something that was done.

    Attributes:
        at_us: microseconds since 1970, UTC.
        kind: a dotted name, such as `policy.activated`.
        actor: who did it.
        tenant: null where it concerns all of them.
        payload: what was done, without content and persons.

    """

    event_id: str
    at_us: int
    kind: str
    actor: str
    tenant: str | None
    payload: dict[str, JsonValue]


class AuditEvents(Value):
    """A page of events, the newest first; `next_before` is null after the last page."""

    events: tuple[AuditEvent, ...]
    next_before: str | None


class ErasureRequest(Value):
    """Whom to forget.

    Attributes:
        subject: the author's id, as the requests to decide named it.
        tenant: only within this tenant; a key of one tenant can name no other.

    """

    subject: Annotated[str, Field(min_length=1, max_length=128)]
    tenant: TenantName | None = None


class StatementsPage(Value):
    """A page of statements of reasons: `statements` is what the Transparency Database's batch endpoint takes.

    Attributes:
        statements: at most 100; may be fewer, or none, before the last page.
        next_after: where the next page begins; null after the last.

    """

    statements: tuple[dict[str, Any], ...]
    next_after: str | None
