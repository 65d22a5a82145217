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

from service.access.gate import Gate
from service.access.principal import Principal, Scope
from service.errors import RequestError, invalid
from service.faults import describe
from service.http.messages import error_response

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
    """A dependency: the principal of a request that may do this."""

    scope: Scope

    def __call__(self, request: Request, response: Response) -> Principal:
        """Let the request pass, or raise."""
        gate: Gate = request.app.state.gate
        admission = gate.admit(self.scope, list(request.headers.raw), b"")
        response.headers.raw.extend(admission.headers)
        return admission.principal


Decider = Annotated[Principal, Depends(Require(Scope.DECIDE))]
Reviewer = Annotated[Principal, Depends(Require(Scope.REVIEW))]
Admin = Annotated[Principal, Depends(Require(Scope.ADMIN))]


def scopes_of(routers: Sequence[APIRouter]) -> dict[tuple[str, str], Scope]:
    """What every route asks for, by its path and its method in lower case."""
    return {
        (route.path, method.lower()): scope
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and (scope := _scope(route.dependant)) is not None
        for method in route.methods or ()
    }


def _scope(dependant: Dependant) -> Scope | None:
    found = [entry.call.scope for entry in dependant.dependencies if isinstance(entry.call, Require)]
    deeper = [scope for entry in dependant.dependencies if (scope := _scope(entry)) is not None]
    return next(iter([*found, *deeper]), None)


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
