"""The OpenAPI document: assembled from the wire types and the limits that this deployment really has."""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from models.contracts import Redaction
from service.access.principal import Scope
from service.banks.openapi import bank_paths
from service.banks.schemas import BANK_REQUESTS, BANK_RESPONSES
from service.http.front_openapi import FRONT_REQUESTS, FRONT_RESPONSES, front_paths
from service.http.scopes import SCOPES
from service.http.security import SCHEMES, secured
from service.wire import schemas
from service.wire.limits import Limits

Json = dict[str, Any]

VERSION: Final = "0.1.0"
_REF: Final = "#/components/schemas/{model}"
_WHY: Final = {
    "400": "Malformed request, or an input that cannot be scored.",
    "401": "No key, or one that is not known.",
    "403": "The key does not allow this.",
    "404": "Nothing at this path.",
    "405": "This path does not answer this method; `Allow` lists those it does.",
    "413": "The body is too large.",
    "415": "The body is not `application/json`.",
    "429": "The queue is full; try again after `Retry-After` seconds.",
    "500": "The server failed.",
    "503": "Deadline exceeded, decisions cannot be recorded, or starting; try again after `Retry-After` seconds.",
}
_TAGS: Final = ("moderations", "decisions", "redactions", "banks")
"""Second parts of the paths that name what they are about; all other operations are of the service itself."""
_FASTAPI_ERRORS: Final = frozenset({"HTTPValidationError", "ValidationError"})
_MANAGED_ERRORS: Final = ("400", "401", "403", "413", "429", "500", "503")
_IN: Final[tuple[type[BaseModel], ...]] = (
    schemas.ModerationsRequest,
    schemas.DecisionsRequest,
    schemas.RedactionRequest,
    *FRONT_REQUESTS,
    *BANK_REQUESTS,
)
_OUT: Final[tuple[type[BaseModel], ...]] = (
    schemas.ModerationsResponse,
    schemas.DecisionsResponse,
    schemas.ErrorEnvelope,
    schemas.Status,
    *FRONT_RESPONSES,
    *BANK_RESPONSES,
)
_REDACT: Final = "^({0})(,({0}))*$".format("|".join(Redaction))
_PIXEL: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
_EXAMPLES: Final[dict[str, Json]] = {
    "ModerationsRequest": {
        "text": {"value": {"input": "What a lovely day."}},
        "texts": {"value": {"input": ["What a lovely day.", "You idiot."]}},
        "textWithImages": {
            "value": {
                "input": [
                    {"type": "text", "text": "What a lovely day."},
                    {"type": "image_url", "image_url": {"url": _PIXEL}},
                ]
            }
        },
    },
    "DecisionsRequest": {
        "texts": {"value": {"items": [{"id": "comment-1", "text": "What a lovely day."}]}},
        "textWithImages": {
            "value": {"items": [{"id": "post-1", "text": "Look!", "images": [{"url": _PIXEL}], "redact": ["face"]}]}
        },
    },
    "RedactionRequest": {"face": {"value": {"image": {"url": _PIXEL}, "redact": ["face", "plate"]}}},
}


def build_openapi(limits: Limits) -> Json:
    """The document for these limits."""
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Weir",
            "version": VERSION,
            "description": "Content moderation that a team runs itself: calibrated scores and policy decisions.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": tagged(_paths() | front_paths() | bank_paths()),
        "components": {"schemas": _schemas(limits), "securitySchemes": SCHEMES},
    }
    scopes = {(path, method): (SCOPES[path],) for path in SCOPES for method in document["paths"].get(path, ())}
    banks = {(path, method): (Scope.ADMIN,) for path, item in bank_paths().items() for method in item}
    return secured(document, scopes | banks)


def tagged(paths: Json) -> Json:
    """Paths whose operations all have a tag: that by which generated clients group them."""
    for path, item in paths.items():
        tag = next((name for name in _TAGS if path.startswith(f"/v1/{name}")), "service")
        for method, operation in item.items():
            if method != "parameters":
                operation.setdefault("tags", [tag])
    return paths


def with_managed(document: Json, managed: Json) -> Json:
    """The document with the management routes, whose errors have the same envelope.

    Raises:
        ValueError: Two different shapes have one name.

    """
    schemas = dict(document["components"]["schemas"])
    for name, schema in managed.get("components", {}).get("schemas", {}).items():
        if name not in _FASTAPI_ERRORS and _spoken(schemas.setdefault(name, schema)) != _spoken(schema):
            raise ValueError(f"two shapes are named {name}")
    for operation in (entry for methods in managed["paths"].values() for entry in methods.values()):
        if "HTTPValidationError" in str(operation["responses"].get("422")):  # FastAPI's own, which is a 400 here
            del operation["responses"]["422"]
        for status in _MANAGED_ERRORS:
            operation["responses"].setdefault(status, _answer(_WHY[status], "ErrorEnvelope"))
        if "application/json" in operation.get("requestBody", {}).get("content", ()):
            operation["responses"].setdefault("415", _answer(_WHY["415"], "ErrorEnvelope"))
        operation["responses"] = dict(sorted(operation["responses"].items()))
    components = document["components"] | {"schemas": schemas}
    return document | {"paths": document["paths"] | managed["paths"], "components": components}


def _spoken(schema: object) -> object:
    """A schema without what is null: FastAPI leaves a default of null out, pydantic writes it."""
    if isinstance(schema, dict):
        return {key: _spoken(value) for key, value in schema.items() if value is not None}
    return [_spoken(value) for value in schema] if isinstance(schema, list) else schema


def _paths() -> Json:
    return {
        "/v1/moderations": {
            "post": _operation(
                "createModeration",
                "Classify text and images, in the wire format of the OpenAI moderation endpoint.",
                "ModerationsRequest",
                {
                    "200": ("One result an input.", "ModerationsResponse"),
                    "404": ("There is no such model; `GET /v1/models` lists those there are.", "ErrorEnvelope"),
                },
            )
        },
        "/v1/decisions": {"post": _decisions()},
        "/v1/redactions": {"post": _redaction()},
        "/livez": _probe("getLiveness", "Whether the process runs.", ("200",)),
        "/readyz": _probe("getReadiness", "Whether new requests should come here.", ("200", "503")),
        "/metrics": _page("getMetrics", "All workers' metrics in the format of Prometheus.", "text/plain"),
        "/openapi.json": _page("getOpenapi", "This document.", "application/json"),
        "/": _page("getPage", "A page to try it.", "text/html"),
    }


def _operation(
    name: str, summary: str, request: str, answers: dict[str, tuple[str, str]], either: str | None = None
) -> Json:
    """A scoring operation. `either`: what 429, 500 and 503 may carry instead of the error envelope."""
    errors = {status: _answer(_WHY[status], "ErrorEnvelope") for status in ("400", "413", "415")}
    for status in ("429", "500", "503"):
        errors[status] = _answer(_WHY[status], "ErrorEnvelope", *([either] if either else []))
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": _request(request)},
        "responses": {status: _answer(why, model) for status, (why, model) in answers.items()} | errors,
    }


def _decisions() -> Json:
    """Items in, an outcome each out; the same outcomes for whoever repeats a request under its key."""
    operation = _operation(
        "createDecisions",
        "Decide on items: scores, reasons, and what to do by the policy.",
        "DecisionsRequest",
        {"200": ("At least one item was decided.", "DecisionsResponse")},
        either="DecisionsResponse",
    )
    why = "No item could be decided, and each result says why; or the key came before with another body."
    operation["responses"] |= {
        "409": _answer("The first request with this key is being decided; try again later.", "ErrorEnvelope"),
        "422": _answer(why, "DecisionsResponse", "ErrorEnvelope"),
    }
    operation["parameters"] = [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Repeats of a request under one key get its decisions, with `Idempotent-Replayed: true`.",
            "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
        }
    ]
    return operation


def _redaction() -> Json:
    """An image in, as JSON or as its bytes; a JPEG out."""
    operation = _operation(
        "createRedaction", "A blurred copy of one image. Nothing is decided or recorded.", "RedactionRequest", {}
    )
    operation["requestBody"]["content"] |= _content("image/*", {"type": "string", "format": "binary"})
    operation["parameters"] = [
        {
            "name": "redact",
            "in": "query",
            "required": False,
            "description": "With an image as its bytes: what to blur, one or more of these with commas between.",
            "schema": {"type": "string", "pattern": _REDACT, "default": Redaction.HARM.value},
        }
    ]
    copy = {"description": "The copy.", "content": _content("image/jpeg", {"type": "string", "format": "binary"})}
    operation["responses"] = {"200": copy} | operation["responses"]
    operation["responses"]["415"] = _answer("The body is neither `application/json` nor an image.", "ErrorEnvelope")
    return operation


def _request(model: str) -> Json:
    return {"application/json": {"schema": _ref(model), "examples": _EXAMPLES[model]}}


def _probe(name: str, summary: str, statuses: tuple[str, ...]) -> Json:
    responses = {status: _answer("Yes." if status == "200" else "Not now.", "Status") for status in statuses}
    return {"get": {"operationId": name, "summary": summary, "responses": responses}}


def _page(name: str, summary: str, media: str) -> Json:
    responses = {"200": {"description": summary, "content": _content(media, {})}}
    return {"get": {"operationId": name, "summary": summary, "responses": responses}}


def _answer(why: str, *models: str) -> Json:
    refs = [_ref(model) for model in models]
    return {"description": why, "content": _content("application/json", refs[0] if len(refs) == 1 else {"anyOf": refs})}


def _content(media: str, schema: Json) -> Json:
    return {media: {"schema": schema}}


def _ref(model: str) -> Json:
    return {"$ref": _REF.format(model=model)}


def _schemas(limits: Limits) -> Json:
    """All wire types by name, with the limits of this deployment written into them."""
    pairs = [*((model, "validation") for model in _IN), *((model, "serialization") for model in _OUT)]
    _, document = models_json_schema(pairs, ref_template=_REF)  # type: ignore[arg-type]
    found: Json = document["$defs"]
    for variant in found["ModerationsRequest"]["properties"]["input"]["anyOf"]:
        if variant["type"] == "array":
            variant["maxItems"] = limits.max_items
            _limit_text(variant["items"], limits)
        else:
            _limit_text(variant, limits)
    _limit_text(found["TextPart"]["properties"]["text"], limits)
    found["DecisionsRequest"]["properties"]["items"]["maxItems"] = limits.max_items
    return found


def _limit_text(schema: Json, limits: Limits) -> None:
    if schema.get("type") == "string":
        schema |= {"minLength": 1, "maxLength": limits.max_text_chars}
