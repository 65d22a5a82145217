"""Routes of the appeals: the product team opens them for authors, reviewers decide them."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.access.principal import Principal, Scope
from service.http.management import Decider, DeciderOrReviewer
from service.http.management import Reviewer as ReviewPrincipal
from service.reviews import appeals
from service.reviews.answers import EITHER, NOT_FOUND, AppealId, Limit
from service.reviews.appeal_reading import appeal_page, one_appeal
from service.reviews.cursors import Cursor
from service.reviews.desk import Desk
from service.reviews.requests import AppealRequest, AppealRuling
from service.reviews.reviewer import reviewer_of
from service.reviews.values import AppealState, UuidText
from service.reviews.views import AppealPage, AppealView


def build_appeal_router(desk: Desk) -> APIRouter:
    """All of `/v1/appeals`."""
    router = APIRouter(prefix="/v1/appeals", tags=["appeals"])

    @router.post("", operation_id="openAppeal", status_code=201, responses=EITHER)
    def open_appeal(principal: Decider, body: AppealRequest) -> AppealView:
        """Open an appeal against a decision for its author."""
        grievance = appeals.Grievance(body.decision_id, body.statement, body.author_id)
        return one_appeal(desk, principal.tenant, appeals.open_appeal(desk, principal, grievance))

    @router.get("", operation_id="listAppeals")
    def list_appeals(
        principal: ReviewPrincipal,
        state: AppealState | None = None,
        decision_id: Annotated[UuidText | None, Query()] = None,
        limit: Limit = 50,
        cursor: Annotated[Cursor | None, Query()] = None,
    ) -> AppealPage:
        """Appeals, the newest first."""
        return appeal_page(desk, principal.tenant, state, decision_id, limit, cursor)

    @router.get("/{appeal_id}", operation_id="getAppeal", responses=NOT_FOUND)
    def one(principal: DeciderOrReviewer, appeal_id: AppealId) -> AppealView:
        """One appeal, also for the product team that opened it; who decided it is for reviewers only."""
        return _as_seen_by(principal, one_appeal(desk, principal.tenant, appeal_id))

    @router.post("/{appeal_id}/decide", operation_id="decideAppeal", responses=EITHER)
    def decide(principal: ReviewPrincipal, appeal_id: AppealId, body: AppealRuling) -> AppealView:
        """Decide an appeal: somebody does who has not judged the item before."""
        verdict = appeals.AppealVerdict(AppealState(body.outcome), body.message, body.labels, body.action, body.note)
        reviewer = reviewer_of(principal, body.reviewer)
        appeals.decide_appeal(desk, reviewer, principal.tenant, appeal_id, verdict)
        return one_appeal(desk, principal.tenant, appeal_id)

    return router


def _as_seen_by(principal: Principal, appeal: AppealView) -> AppealView:
    return appeal if principal.may(Scope.REVIEW) else appeal.model_copy(update={"decided_by": None})
