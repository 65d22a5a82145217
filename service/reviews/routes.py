"""Routes of the review queue: claim, decide, relabel, escalate, and look."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.http.management import Reviewer as ReviewPrincipal
from service.reviews import leases, verdicts
from service.reviews.answers import EITHER, NOT_FOUND, DecisionId, ImagePosition, SinceUs
from service.reviews.content import kept_image
from service.reviews.desk import Desk, not_found
from service.reviews.measuring import agreement_report
from service.reviews.reading import claimed_details, detail, page
from service.reviews.requests import (
    LeaseRelease,
    LeaseRenewal,
    ReviewClaim,
    ReviewEscalation,
    ReviewQuery,
    ReviewRelabelling,
    ReviewVerdict,
)
from service.reviews.reviewer import reviewer_of
from service.reviews.stats import queue_stats
from service.reviews.views import (
    AgreementReport,
    ClaimedReviews,
    LeaseView,
    ReviewDetail,
    ReviewPage,
    ReviewStats,
    Standing,
    moment,
)


def build_review_router(desk: Desk) -> APIRouter:
    """All of `/v1/reviews`."""
    router = APIRouter(prefix="/v1/reviews", tags=["reviews"])
    _add_reading(router, desk)
    _add_leases(router, desk)
    _add_verdicts(router, desk)
    return router


def _add_reading(router: APIRouter, desk: Desk) -> None:
    @router.get("", operation_id="listReviews")
    def list_reviews(principal: ReviewPrincipal, asked: Annotated[ReviewQuery, Query()]) -> ReviewPage:
        """The queue and what came of it, page by page."""
        return page(desk, principal.tenant, asked)

    @router.get("/stats", operation_id="getReviewStats")
    def stats(principal: ReviewPrincipal) -> ReviewStats:
        """How long the queue is, how long it has waited, and how fast it moves."""
        return queue_stats(desk, principal.tenant)

    @router.get("/agreement", operation_id="getReviewerAgreement")
    def agreement(principal: ReviewPrincipal, since_us: SinceUs = 0) -> AgreementReport:
        """How far reviewers agree with known answers and with each other."""
        return agreement_report(desk, principal.tenant, since_us)

    @router.get("/{decision_id}", operation_id="getReview", responses=NOT_FOUND)
    def one(principal: ReviewPrincipal, decision_id: DecisionId) -> ReviewDetail:
        """One item: the decision on record, and what people have said of it since."""
        return detail(desk, principal.actor, principal.tenant, decision_id)

    @router.get(
        "/{decision_id}/images/{position}",
        operation_id="getReviewImage",
        response_class=Response,
        responses=NOT_FOUND
        | {200: {"content": {"application/octet-stream": {}}, "description": "The file as posted."}},
    )
    def image(principal: ReviewPrincipal, decision_id: DecisionId, position: ImagePosition) -> Response:
        """An image of the item, where the deployment keeps them."""
        detail(desk, principal.actor, principal.tenant, decision_id)
        with desk.database.connect() as connection:
            file = kept_image(connection, decision_id, position)
        if file is None:
            raise not_found("kept image")
        headers = {
            "content-disposition": "attachment",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        return Response(file, media_type="application/octet-stream", headers=headers)


def _add_leases(router: APIRouter, desk: Desk) -> None:
    @router.post("/claim", operation_id="claimReviews")
    def claim(principal: ReviewPrincipal, body: ReviewClaim) -> ClaimedReviews:
        """Take the next items by priority; nobody else gets them while the lease lasts."""
        if principal.tenant is not None and body.tenant not in (None, principal.tenant):
            return ClaimedReviews(items=[])
        tenant = principal.tenant or body.tenant
        wanted = leases.Wanted(body.level, tenant, body.surface, body.category, body.action)
        claimed = leases.claim(desk, reviewer_of(principal, body.reviewer), wanted, body.n, body.lease_s)
        return ClaimedReviews(items=claimed_details(desk, claimed))

    @router.post("/{decision_id}/renew", operation_id="renewReview", responses=EITHER)
    def renew(principal: ReviewPrincipal, decision_id: DecisionId, body: LeaseRenewal) -> LeaseView:
        """Hold an item for longer."""
        reviewer = reviewer_of(principal, None)
        until_us = leases.renew(desk, reviewer, principal.tenant, decision_id, body.lease, body.lease_s)
        return LeaseView(lease=body.lease, until=moment(until_us))

    @router.post("/{decision_id}/release", operation_id="releaseReview", status_code=204, responses=EITHER)
    def release(principal: ReviewPrincipal, decision_id: DecisionId, body: LeaseRelease) -> None:
        """Give an item back."""
        leases.release(desk, reviewer_of(principal, None), principal.tenant, decision_id, body.lease)

    @router.post("/{decision_id}/escalate", operation_id="escalateReview", status_code=204, responses=EITHER)
    def escalate(principal: ReviewPrincipal, decision_id: DecisionId, body: ReviewEscalation) -> None:
        """Hand an item to the second level."""
        reviewer = reviewer_of(principal, None)
        verdicts.escalate(desk, reviewer, principal.tenant, decision_id, body.lease, body.reason)


def _add_verdicts(router: APIRouter, desk: Desk) -> None:
    @router.post("/{decision_id}/decide", operation_id="decideReview", responses=EITHER)
    def decide(principal: ReviewPrincipal, decision_id: DecisionId, body: ReviewVerdict) -> Standing:
        """Uphold, overturn or change a decision; only who holds the item may."""
        judged = verdicts.Judged(body.verdict, body.labels, body.action, body.note)
        reviewer = reviewer_of(principal, None)
        action = verdicts.decide(desk, reviewer, principal.tenant, decision_id, body.lease, judged)
        return Standing(decision_id=decision_id, action=action)

    @router.post("/{decision_id}/relabel", operation_id="relabelReview", status_code=204, responses=EITHER)
    def relabel(principal: ReviewPrincipal, decision_id: DecisionId, body: ReviewRelabelling) -> None:
        """Say something else of the harms after the verdict; what stands does not change."""
        reviewer = reviewer_of(principal, body.reviewer)
        verdicts.relabel(desk, reviewer, principal.tenant, decision_id, body.labels, body.note)
