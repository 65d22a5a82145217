"""The families of management routes, each built by its own package."""

from fastapi import APIRouter

from service.access import routes as keys
from service.accountability.opening import build_audit_router
from service.engine import Engine
from service.jobs.opening import build_jobs_router
from service.reviews.opening import build_review_routers
from service.rollout import routes as policies
from service.rollout.companions import open_desk
from service.webhooks.opening import build_webhooks_router, webhook_store


def build_routers(engine: Engine) -> list[APIRouter]:
    """All of them, over an engine."""
    return [
        policies.build_router(open_desk(engine)),
        *build_review_routers(engine),
        build_jobs_router(engine, webhook_store(engine).has),
        build_webhooks_router(engine),
        keys.build_router(engine.database),
        build_audit_router(engine),
    ]
