"""The families of management routes, each built by its own package."""

from fastapi import APIRouter

from service.access import routes as keys
from service.engine import Engine
from service.jobs.opening import build_jobs_router, no_webhooks
from service.reviews.opening import build_review_routers
from service.rollout import routes as policies
from service.rollout.companions import open_desk


def build_routers(engine: Engine) -> list[APIRouter]:
    """All of them, over an engine."""
    return [
        policies.build_router(open_desk(engine)),
        *build_review_routers(engine),
        build_jobs_router(engine, no_webhooks),
        keys.build_router(engine.database),
    ]
