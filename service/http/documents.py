"""Documents: the page for people and the description for machines. Read once, served from memory."""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

import orjson

from service.access.gate import OpenGate
from service.engine import Engine
from service.errors import RequestError
from service.http.management import build_management, scopes_of
from service.http.messages import JSON, Header, Request, Respond, Response, error_response
from service.http.openapi import build_openapi, with_managed
from service.http.routers import build_routers
from service.http.security import secured

ASSETS: Final[Mapping[str, str]] = {
    "/": "page.html",
    "/assets/page.css": "page.css",
    "/assets/page.js": "page.js",
    "/assets/decision.js": "decision.js",
    "/assets/element.js": "element.js",
    "/assets/evidence.js": "evidence.js",
    "/assets/key.js": "key.js",
    "/assets/pictures.js": "pictures.js",
    "/assets/words.js": "words.js",
    "/openapi.json": "openapi.json",
}
"""What is served at which path."""

_FOLDER: Final = Path(__file__).parent / "page"
_TYPES: Final = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": JSON,
}
_CONTENT_SECURITY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SECURITY: Final[tuple[Header, ...]] = (
    (b"content-security-policy", _CONTENT_SECURITY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
)


def document_endpoint(name: str, engine: Engine) -> Callable[[Request, Respond], None]:
    """Serve one document.

    The description is written when somebody asks for it, in a thread: it takes a third of a second.
    """
    headers: tuple[Header, ...] = ((b"content-type", _TYPES[Path(name).suffix]), *_SECURITY)
    if name == "openapi.json":
        return _described(headers, cache(lambda: orjson.dumps(describe_api(engine))))
    body = _body(name, engine)

    def endpoint(_: Request, respond: Respond) -> None:
        respond(Response(200, [*headers], body))

    return endpoint


def _described(headers: tuple[Header, ...], write: Callable[[], bytes]) -> Callable[[Request, Respond], None]:
    def endpoint(_: Request, respond: Respond) -> None:
        def answer(written: asyncio.Future[bytes]) -> None:
            if written.cancelled() or written.exception() is not None:
                respond(error_response(RequestError(500, "internal", "the description could not be written")))
            else:
                respond(Response(200, [*headers], written.result()))

        asyncio.get_running_loop().run_in_executor(None, write).add_done_callback(answer)

    return endpoint


def describe_api(engine: Engine) -> dict[str, Any]:
    """The OpenAPI document of everything that Weir answers."""
    routers = build_routers(engine)
    managed = build_management(OpenGate(), routers).openapi()
    return with_managed(build_openapi(engine.limits), secured(managed, scopes_of(routers)))


def _body(name: str, engine: Engine) -> bytes:
    content = (_FOLDER / name).read_bytes()
    return _page(content.decode(), engine) if name == "page.html" else content


def _page(template: str, engine: Engine) -> bytes:
    """The page with what it has to know of the deployment: limits on pictures, what can be found to be blurred, links.

    Without a model that looks at pictures the page takes none.
    """
    images = engine.limits.images
    kinds = {kind for model in engine.models.images for kind in model.manifest.region_kinds}
    filled = Template(template).substitute(
        max_images=images.max_images if images else 0,
        max_image_bytes=images.max_bytes if images else 0,
        blurs=" ".join(sorted(kinds)),
        monitor=_monitor_link(engine.settings.monitor_url),
    )
    return filled.encode()


def _monitor_link(url: str | None) -> str:
    """To the dashboard, where the deployment says that there is one."""
    return "" if url is None else f' · <a href="{escape(url)}">Monitoring</a>'
