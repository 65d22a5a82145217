"""The description: the OpenAPI document of the service, from this checkout without a server, or from a running one."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

OPENAPI: Final = "openapi.json"
TIMEOUT_S: Final = 30


class DescriptionError(Exception):
    """The document cannot be had; the message says why."""


def describe_here() -> dict[str, Any]:
    """The document with the settings of this environment: opens the bundles and a database of its own, for a moment.

    Raises:
        SettingsError, BundlesError, BundleError, PolicyError: The service could not start either.

    """
    from service.companions import accompany
    from service.engine import open_engine
    from service.http.documents import describe_api
    from service.settings import load_settings

    with TemporaryDirectory() as folder:
        own: dict[str, Any] = {
            "database_url": f"sqlite:///{Path(folder) / 'weir.db'}",
            "metrics_dir": Path(folder) / "metrics",
            "cache_url": None,
        }
        engine = open_engine(load_settings().model_copy(update=own))
        try:
            accompany(engine)
            return describe_api(engine)
        finally:
            asyncio.run(engine.close())


def describe_there(url: str) -> dict[str, Any]:
    """The document of a running service.

    Raises:
        DescriptionError: It does not answer with one.

    """
    import httpx

    try:
        response = httpx.get(f"{url.rstrip('/')}/{OPENAPI}", timeout=TIMEOUT_S).raise_for_status()
        document = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise DescriptionError(f"{url} gives no {OPENAPI}: {type(error).__name__}") from None
    if not isinstance(document, dict) or "paths" not in document:
        raise DescriptionError(f"{url}/{OPENAPI} is not an OpenAPI document")
    return document
