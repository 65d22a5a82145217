"""The routes under `/v1/policies`: store, activate, roll back, and read what was done."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from service.policy.document import parse_policy
from service.rollout import schemas
from service.rollout.answering import CONFLICT, NO_POLICY, Overseer, answered, require_all_tenants
from service.rollout.desk import Desk
from service.rollout.shadow_routes import add_shadow_routes

PREFIX: Final = "/v1/policies"

VersionPath = Annotated[schemas.Version, Path(description="Of a stored policy.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Entries of one page.")]
Before = Annotated[
    int | None, Query(ge=1, le=2**53, description="`next_before` of the page before; none for the first page.")
]


def build_router(desk: Desk) -> APIRouter:
    """The router over a desk."""
    router = APIRouter(prefix=PREFIX, tags=["policies"], dependencies=[Depends(require_all_tenants)])

    @router.get("", operation_id="listPolicies")
    def list_policies() -> schemas.PoliciesResponse:
        """All stored policies without their texts, and which of them decide."""
        standing = desk.policies.standing()
        return schemas.PoliciesResponse(
            policies=[schemas.summary(policy, standing) for policy in desk.policies.policies()],
            active=standing.base,
            candidate=standing.candidate,
            percent=standing.percent,
        )

    @router.post("", operation_id="createPolicy", status_code=201)
    def create_policy(overseer: Overseer, draft: schemas.PolicyDraft) -> schemas.PolicyDetail:
        """Check a policy and store it, for ever. It decides nothing yet; one that is stored already stays as it is."""
        with answered():
            stored = desk.add(parse_policy(draft.text, "policy"), overseer.actor)
        return schemas.detail(stored, desk.policies.standing())

    @router.get("/history", operation_id="listActivations")
    def history(limit: Limit = 50, before: Before = None) -> schemas.HistoryResponse:
        """Who let which policy decide, and who took it back: the newest first."""
        found = desk.policies.history(limit + 1, before)
        page = found[:limit]
        return schemas.HistoryResponse(
            activations=[schemas.entry(activation) for activation in page],
            next_before=page[-1].id if len(found) > limit else None,
        )

    @router.post("/rollback", operation_id="rollBackPolicy", responses=CONFLICT)
    def roll_back(overseer: Overseer, request: schemas.RollbackRequest) -> schemas.ActivationEntry:
        """Take back what was activated last: the candidate of a staged rollout, or else the policy of all tenants."""
        with answered():
            return schemas.entry(desk.roll_back(overseer.actor, request.reason))

    @router.get("/rollback", include_in_schema=False)
    def refuse_to_show_rollback() -> None:
        """Without it the path would be read as that of a version."""
        raise HTTPException(405, headers={"Allow": "POST"})

    add_shadow_routes(router, desk)  # before the paths that take any word

    @router.get("/{version}", operation_id="getPolicy", responses=NO_POLICY)
    def get_policy(version: VersionPath) -> schemas.PolicyDetail:
        """One stored policy with its text."""
        with answered():
            return schemas.detail(desk.policies.policy(version), desk.policies.standing())

    @router.post("/{version}/activate", operation_id="activatePolicy", responses=NO_POLICY | CONFLICT)
    def activate(
        overseer: Overseer, version: VersionPath, request: schemas.ActivationRequest
    ) -> schemas.ActivationEntry:
        """Let a stored policy decide for a share of tenants, or for all of them. Refused when it cannot be compiled."""
        with answered():
            return schemas.entry(desk.activate(version, request.percent, overseer.actor, request.reason))

    return router
