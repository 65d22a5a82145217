"""Paths: which part of the service answers what."""

from typing import Final

from service.http.bank_endpoint import is_bank_path
from service.http.comments import ANALYZE, SUGGEST
from service.http.discovery import DISCOVERY
from service.http.documents import ASSETS
from service.http.models import MODELS, is_model_path
from service.http.redactions import REDACTIONS

PRODUCT: Final = frozenset(
    {
        "/v1/moderations",
        "/v1/decisions",
        REDACTIONS,
        ANALYZE,
        SUGGEST,
        MODELS,
        *DISCOVERY,
        "/livez",
        "/readyz",
        "/metrics",
        *ASSETS,
    },
)
"""Answered by `service.http.api`, on the event loop."""
MANAGED: Final = (
    "/v1/policies",
    "/v1/reviews",
    "/v1/appeals",
    "/v1/labels",
    "/v1/jobs",
    "/v1/webhooks",
    "/v1/keys",
    "/v1/audit",
)
"""First parts of the paths that `service.http.management` answers, in threads."""
STREAMED: Final = "/input"
"""Last part of the paths under `/v1/jobs` whose bodies are files: they bound and store what comes as it comes."""


def is_managed(path: str) -> bool:
    """Whether a path belongs to the management routes."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in MANAGED)


def family(path: str) -> str:
    """Which routes a path belongs to, by their first part: what logs may have of it."""
    found = (prefix for prefix in (*MANAGED, "/v1/banks") if path == prefix or path.startswith(f"{prefix}/"))
    return next(found, "(unknown)")


def is_streamed(path: str) -> bool:
    """Whether a managed path takes a body of any length."""
    return path.startswith("/v1/jobs/") and path.endswith(STREAMED)


def is_ours(path: str) -> bool:
    """Whether a path is Weir's and not BentoML's."""
    return path in PRODUCT or is_bank_path(path) or is_managed(path) or is_model_path(path)
