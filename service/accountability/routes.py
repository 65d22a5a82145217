"""The routes under `/v1/audit`: the head of the chain, its verification, events, erasure, statements of reasons."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from sqlalchemy import Engine

from service.access.principal import Principal
from service.accountability.dsa.exporting import Place, Span, read_page
from service.accountability.dsa.platform import Platform
from service.accountability.dsa.statement import StatementWriter
from service.accountability.dsa.vocabulary import MAX_BATCH
from service.accountability.erasure import Erased, erase
from service.accountability.findings import AuditHead
from service.accountability.reading import read_events, verify_stretch
from service.accountability.registry import erasers
from service.accountability.schemas import (
    MAX_PAGE,
    MAX_VERIFIED,
    AuditEvents,
    AuditVerification,
    ErasureRequest,
    EventCursor,
    EventKind,
    StatementCursor,
    StatementsPage,
)
from service.accountability.verification import read_current_head
from service.errors import RequestError, invalid
from service.http.management import Admin
from service.records.keys import ContentDigester
from service.wire.schemas import ErrorEnvelope

MAX_US: Final = 2**53
Moment = Annotated[int, Query(ge=0, le=MAX_US, description="Microseconds since 1970, UTC.")]
_NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": ErrorEnvelope, "description": "Not for a key that belongs to one tenant."}
}


def build_router(engine: Engine, digester: ContentDigester, platform: Platform) -> APIRouter:
    """The router.

    Args:
        engine: of the database.
        digester: turns an author's id into what the log has of it.
        platform: what the deployment adds to statements of reasons.

    """
    router = APIRouter(prefix="/v1/audit", tags=["audit"])
    writer = StatementWriter(platform)

    @router.get("/head", operation_id="getAuditHead")
    def head(principal: Admin) -> AuditHead:  # noqa: ARG001 - the key must be good for it
        """The end of the hash chain over all that was decided and done. Keep it elsewhere, and verify against it."""
        return read_current_head(engine)

    @router.get("/verification", operation_id="verifyAuditChain", responses=_NOT_FOUND)
    def verification(
        principal: Admin,
        after: Annotated[int, Query(ge=0, le=MAX_US, description="Begin after this entry.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_VERIFIED, description="Verify so many entries.")] = 1_000,
    ) -> AuditVerification:
        """Verify a stretch of the chain and every decision and event in it."""
        if principal.tenant is not None:
            raise RequestError(404, "not_found", "the chain is of all tenants; this key belongs to one of them")
        return verify_stretch(engine, after, limit)

    @router.get("/events", operation_id="listAuditEvents")
    def list_events(
        principal: Admin,
        kind: Annotated[EventKind | None, Query(description="Of this kind, or of this family of kinds.")] = None,
        before: Annotated[EventCursor | None, Query(description="`next_before` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    ) -> AuditEvents:
        """What was done: activations, erasures, purges, verdicts. The newest first."""
        return read_events(engine, principal.tenant, kind, before, limit)

    @router.post("/erasures", operation_id="eraseSubject", responses=_NOT_FOUND)
    def erase_subject(principal: Admin, request: ErasureRequest) -> Erased:
        """Forget one author: personal fields and stored content go, decisions stay, and the chain still verifies."""
        tenant = _tenant(principal, request.tenant)
        try:
            subject = digester.subject(request.subject)
        except UnicodeEncodeError:
            raise invalid("invalid_value", "subject is valid Unicode", "subject") from None
        return erase(engine, subject, tenant, principal.actor, erasers())

    @router.get("/statements", operation_id="listStatementsOfReasons")
    def statements(
        principal: Admin,
        since_us: Moment = 0,
        until_us: Moment = MAX_US,
        after: Annotated[StatementCursor | None, Query(description="`next_after` of the page before.")] = None,
    ) -> StatementsPage:
        """Statements of reasons for decisions that restrict, in the schema of the EU's Transparency Database."""
        span = Span(since_us, until_us, principal.tenant)
        with engine.connect() as connection:
            page = read_page(connection, writer, span, _place(after), MAX_BATCH)
        following = page.next_after
        return StatementsPage(
            statements=tuple(page.statements),
            next_after=f"{following.at_us}.{following.decision_id}" if following else None,
        )

    return router


def _tenant(principal: Principal, asked: str | None) -> str | None:
    """Within which tenant: the principal's own, where it has one.

    Raises:
        RequestError: Another tenant than its own (404).

    """
    if principal.tenant is not None and asked not in (None, principal.tenant):
        raise RequestError(404, "not_found", "there is no such tenant for this key", "tenant")
    return principal.tenant or asked


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    at_us, _, decision_id = cursor.partition(".")
    return Place(int(at_us), decision_id)
