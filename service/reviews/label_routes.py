"""Routes of the labels: what people have said, and golden items."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.errors import invalid
from service.http.management import Reviewer as ReviewPrincipal
from service.reviews.answers import EITHER, NOT_FOUND, DecisionId, Limit, SinceUs
from service.reviews.cursors import Cursor
from service.reviews.desk import Desk
from service.reviews.golden import mark_golden, unmark_golden
from service.reviews.label_reading import label_page
from service.reviews.requests import GoldenMark
from service.reviews.reviewer import reviewer_of
from service.reviews.views import GoldenView, LabelPage, moment


def build_label_router(desk: Desk) -> APIRouter:
    """All of `/v1/labels`."""
    router = APIRouter(prefix="/v1/labels", tags=["labels"])

    @router.get("", operation_id="listLabels")
    def list_labels(
        principal: ReviewPrincipal,
        since_us: SinceUs = 0,
        limit: Limit = 100,
        cursor: Annotated[Cursor | None, Query()] = None,
    ) -> LabelPage:
        """Every label that people gave, the oldest first, with where it comes from."""
        return label_page(desk, principal.tenant, since_us, limit, cursor)

    @router.post("/golden", operation_id="markGolden", status_code=201, responses=EITHER)
    def mark(principal: ReviewPrincipal, body: GoldenMark) -> GoldenView:
        """Say what the right answer of an item is; it is mixed into the queue to measure reviewers."""
        if not body.labels and body.action is None:
            raise invalid("invalid_value", "a golden item has labels, an action, or both", "labels")
        reviewer = reviewer_of(principal, body.reviewer)
        at_us = mark_golden(desk, reviewer, principal.tenant, body.decision_id, dict(body.labels), body.action)
        return GoldenView(
            decision_id=body.decision_id, labels=dict(body.labels), action=body.action, marked_at=moment(at_us)
        )

    @router.delete("/golden/{decision_id}", operation_id="unmarkGolden", status_code=204, responses=NOT_FOUND)
    def unmark(principal: ReviewPrincipal, decision_id: DecisionId) -> None:
        """Stop mixing an item in."""
        unmark_golden(desk, reviewer_of(principal, None), principal.tenant, decision_id)

    return router
