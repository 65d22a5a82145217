"""The families of management routes, each built by its own package."""

from fastapi import APIRouter

from service.engine import Engine


def build_routers(engine: Engine) -> list[APIRouter]:  # noqa: ARG001 - no family yet
    """All of them, over an engine."""
    return []
