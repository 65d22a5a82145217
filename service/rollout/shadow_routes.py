"""The routes under `/v1/policies/shadow`: let a policy run beside what decides, and see what it would have done."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.errors import RequestError
from service.rollout import schemas
from service.rollout.answering import NO_POLICY, NO_SHADOW, Overseer, answered
from service.rollout.desk import Desk
from service.rollout.values import ShadowKind

ShadowQuery = Annotated[
    schemas.ShadowName | None,
    Query(description="A policy's version or a bundle's digest; by default the policy that runs beside now."),
]


def add_shadow_routes(router: APIRouter, desk: Desk) -> None:
    """Add them to the routes of policies."""

    @router.get("/shadow", operation_id="getShadowPolicy", responses=NO_SHADOW)
    def get_shadow() -> schemas.ShadowResponse:
        """The policy that runs beside what decides."""
        setting = desk.shadows.settings().get(ShadowKind.POLICY)
        if setting is None:
            raise no_shadow()
        return schemas.shadow(setting)

    @router.put("/shadow", operation_id="setShadowPolicy", responses=NO_POLICY)
    def set_shadow(overseer: Overseer, request: schemas.ShadowRequest) -> schemas.ShadowResponse:
        """Let a stored policy run beside what decides; it decides nothing, and what it would have done is recorded."""
        with answered():
            return schemas.shadow(desk.shadow(ShadowKind.POLICY, request.version, request.share, overseer.actor))

    @router.delete("/shadow", operation_id="clearShadowPolicy", status_code=204, responses=NO_SHADOW)
    def clear_shadow(overseer: Overseer) -> Response:
        """Let no policy run beside any more. What it would have done stays recorded."""
        if not desk.clear_shadow(ShadowKind.POLICY, overseer.actor):
            raise no_shadow()
        return Response(status_code=204)

    @router.get("/shadow/report", operation_id="getShadowReport", responses=NO_SHADOW)
    def report_shadow(shadow: ShadowQuery = None) -> schemas.ShadowReportResponse:
        """How often a shadow would have done something else than what decided."""
        if shadow is None:
            setting = desk.shadows.settings().get(ShadowKind.POLICY)
            if setting is None:
                raise no_shadow()
            shadow = setting.target
        return schemas.shadow_report(desk.shadows.report(shadow))


def no_shadow() -> RequestError:
    """Nothing runs beside."""
    return RequestError(404, "no_shadow", "no policy runs beside what decides; PUT /v1/policies/shadow sets one")
