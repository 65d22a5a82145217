"""The management routes: policies, reviews, jobs, keys, audit. Low in rate and rich in shapes, so FastAPI answers them.

Each family of routes is a router that its own package builds; this module makes them one application with Weir's error
envelope, the gate in front of every route, and one OpenAPI document. Handlers are plain functions: FastAPI
runs them in a thread, where they may wait for the database.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response as StarletteResponse

from service.access.gate import Gate, Headers
from service.access.principal import Principal, Scope
from service.errors import RequestError, invalid, unsupported_media
from service.faults import describe
from service.http.messages import error_response

_JSON: Final = "application/json"
_CODES: Final = {404: "not_found", 405: "method_not_allowed"}
_WORDS: Final = {
    404: "there is nothing at this path; /openapi.json lists what there is",
    405: "this path does not answer this method",
}

logger: Final = logging.getLogger("bentoml.weir.http")


def build_management(gate: Gate, routers: Sequence[APIRouter]) -> FastAPI:
    """One application of all families of routes."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.gate = gate
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(RequestError, _answer_request_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(SQLAlchemyError, _answer_database_error)
    app.add_exception_handler(Exception, _answer_fault)
    return app


@dataclass(frozen=True)
class Require:
    """A dependency: the principal of a request that may do this, and brings its body as JSON where the route has one.

    Attributes:
        scopes: one of them is enough; who has none is told of the first.

    """

    scopes: tuple[Scope, ...]

    def __call__(self, request: Request, response: Response) -> Principal:
        """Let the request pass, or raise."""
        gate: Gate = request.app.state.gate
        headers = list(request.headers.raw)
        admission = gate.admit(self._fitting(gate, headers), headers, b"")
        _require_json(request)
        response.headers.raw.extend(admission.headers)
        return admission.principal

    def _fitting(self, gate: Gate, headers: Headers) -> Scope:
        first, *others = self.scopes
        if not others:
            return first
        principal = gate.identify(headers)
        return next((scope for scope in self.scopes if principal.may(scope)), first)


Decider = Annotated[Principal, Depends(Require((Scope.DECIDE,)))]
Reviewer = Annotated[Principal, Depends(Require((Scope.REVIEW,)))]
DeciderOrReviewer = Annotated[Principal, Depends(Require((Scope.DECIDE, Scope.REVIEW)))]
Admin = Annotated[Principal, Depends(Require((Scope.ADMIN,)))]


def scopes_of(routers: Sequence[APIRouter]) -> dict[tuple[str, str], tuple[Scope, ...]]:
    """What every route asks for, one of which is enough, by its path and its method in lower case."""
    return {
        (route.path, method.lower()): scopes
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and (scopes := _scopes(route.dependant))
        for method in route.methods or ()
    }


def _scopes(dependant: Dependant) -> tuple[Scope, ...]:
    found = [entry.call.scopes for entry in dependant.dependencies if isinstance(entry.call, Require)]
    deeper = [scopes for entry in dependant.dependencies if (scopes := _scopes(entry))]
    return next(iter([*found, *deeper]), ())


def _require_json(request: Request) -> None:
    """Refuse a body of another type: FastAPI would take it for text and miss an object.

    Raises:
        RequestError: The route takes JSON and the content-type is another, or none (415).

    """
    if getattr(request.scope.get("route"), "body_field", None) is None:
        return
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise unsupported_media(_JSON)


def _written(error: RequestError) -> StarletteResponse:
    response = error_response(error)
    written = StarletteResponse(response.body, response.status)
    written.headers.raw.extend(header for header in response.headers if header[0] != b"content-length")
    return written


async def _answer_request_error(_: Request, error: Exception) -> StarletteResponse:
    assert isinstance(error, RequestError)  # noqa: S101 - FastAPI dispatches by type
    return _written(error)


async def _answer_validation_error(_: Request, error: Exception) -> StarletteResponse:
    """What a shape should be, and where; never what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first: dict[str, Any] = dict(error.errors()[0])
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    code = {"missing": "missing_field", "extra_forbidden": "unknown_field", "json_invalid": "invalid_json"}
    return _written(invalid(code.get(first["type"], "invalid_value"), str(first["msg"]), place or None))


async def _answer_http_error(_: Request, error: Exception) -> StarletteResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = error.status_code
    written = _written(RequestError(status, _CODES.get(status, "invalid"), _WORDS.get(status, str(error.detail))))
    written.headers.update(error.headers or {})
    return written


async def _answer_database_error(_: Request, error: Exception) -> StarletteResponse:
    logger.error("a management request failed: %s", describe(error))
    return _written(RequestError(503, "database_unavailable", "the database does not answer; try again later"))


async def _answer_fault(_: Request, error: Exception) -> StarletteResponse:
    logger.error("a management request failed: %s", describe(error))
    return _written(RequestError(500, "internal", "the server failed to answer this request"))
