"""Opening accountability: its routes and its background purge, over an engine."""

from fastapi import APIRouter

from service.accountability.dsa.platform import load_platform
from service.accountability.purging import Purger
from service.accountability.registry import retained_kinds
from service.accountability.routes import build_router
from service.engine import Engine
from service.records.log import open_digester


def build_audit_router(engine: Engine) -> APIRouter:
    """`/v1/audit`.

    Raises:
        PlatformError: The file that `WEIR_DSA_PLATFORM` names cannot be used.

    """
    digester = open_digester(engine.database, engine.settings)
    return build_router(engine.database, digester, load_platform(engine.settings.dsa_platform))


def open_purger(engine: Engine) -> Purger:
    """Start purging in the background, as far as this deployment keeps anything for a limited time."""
    settings = engine.settings
    purger = Purger(engine.database, retained_kinds(settings), settings.purge_interval_s)
    purger.start()
    return purger
