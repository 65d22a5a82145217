"""The front doors for clients of other APIs in the OpenAPI document: comments, their discovery, and models."""

from typing import Any, Final

from pydantic import BaseModel

from service.http.comments import ANALYZE, SUGGEST
from service.http.discovery import DISCOVERY
from service.http.models import MODELS, ONE_MODEL
from service.wire import model_schemas
from service.wire.perspective import schemas
from service.wire.perspective.discovery import VERSION

Json = dict[str, Any]

FRONT_REQUESTS: Final[tuple[type[BaseModel], ...]] = (
    schemas.AnalyzeCommentRequest,
    schemas.SuggestCommentScoreRequest,
)
FRONT_RESPONSES: Final[tuple[type[BaseModel], ...]] = (
    schemas.AnalyzeCommentResponse,
    schemas.SuggestCommentScoreResponse,
    schemas.GoogleErrorEnvelope,
    model_schemas.Model,
    model_schemas.ModelList,
)
_ERRORS: Final = {
    "400": "Malformed request, or a comment that cannot be analyzed.",
    "413": "The body is too large.",
    "415": "The body is not `application/json`.",
    "429": "The queue is full, or the key has asked too often; try again after `Retry-After` seconds.",
    "500": "The server failed.",
    "503": "Deadline exceeded, decisions cannot be recorded, or starting; try again after `Retry-After` seconds.",
}
_COMMENT: Final = {"text": "What kind of idiot name is foo? Sorry, I like your name."}
_EXAMPLES: Final[dict[str, Json]] = {
    "AnalyzeCommentRequest": {
        "comment": _COMMENT,
        "requestedAttributes": {"TOXICITY": {}, "INSULT": {"scoreThreshold": 0.5}},
        "languages": ["en"],
        "spanAnnotations": True,
        "doNotStore": True,
    },
    "SuggestCommentScoreRequest": {
        "comment": _COMMENT,
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.0}}},
        "clientToken": "comment-53922",
    },
}


def front_paths() -> Json:
    """The fragment of `paths`."""
    return {
        ANALYZE: {
            "post": _comments(
                "analyzeComment",
                "Scores of a comment by attributes, in the wire format of the Perspective API.",
                "AnalyzeComment",
            )
        },
        SUGGEST: {
            "post": _comments(
                "suggestCommentScore",
                "Write down which scores somebody finds right for a comment.",
                "SuggestCommentScore",
            )
        },
        MODELS: {"get": _get("listModels", "The names that `POST /v1/moderations` takes.", "ModelList")},
        ONE_MODEL: {
            "parameters": [
                {
                    "name": "model",
                    "in": "path",
                    "required": True,
                    "description": "A name, or bundles with `+` between.",
                    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:+-]+$", "maxLength": 256},
                }
            ],
            "get": _get("getModel", "What one name means.", "Model")
            | {"responses": _answers("Model") | {"404": _answer("No model has this name.", "ErrorEnvelope")}},
        },
        **{path: {"get": _discovery(name)} for path, name in zip(sorted(DISCOVERY), _DISCOVERY_IDS, strict=True)},
    }


_DISCOVERY_IDS: Final = ("getDiscovery", "getDiscoveryOfDirectory")


def _comments(name: str, summary: str, message: str) -> Json:
    example = {"comment": {"value": _EXAMPLES[f"{message}Request"]}}
    return {
        "operationId": name,
        "tags": ["comments"],
        "summary": summary,
        "parameters": [
            _query("alt", "The format of the response.", {"type": "string", "enum": ["json"], "default": "json"}),
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(f"{message}Request"), "examples": example}},
        },
        "responses": {
            "200": _answer("Done.", f"{message}Response"),
            **{status: _answer(why, "GoogleErrorEnvelope") for status, why in _ERRORS.items()},
        },
    }


def _get(name: str, summary: str, model: str) -> Json:
    return {"operationId": name, "tags": ["models"], "summary": summary, "responses": _answers(model)}


def _discovery(name: str) -> Json:
    return {
        "operationId": name,
        "tags": ["comments"],
        "summary": "What Google's client libraries read to find the methods and the address of the API.",
        "parameters": [
            _query("version", "Of the API.", {"type": "string", "enum": [VERSION], "default": VERSION}),
        ],
        "responses": {
            "200": {
                "description": "The discovery document.",
                "content": {"application/json": {"schema": {"type": "object", "title": "DiscoveryDocument"}}},
            },
            "400": _answer("The request does not name its host.", "ErrorEnvelope"),
        },
    }


def _query(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _answers(model: str) -> Json:
    return {"200": _answer("Found.", model)}


def _answer(why: str, model: str) -> Json:
    return {"description": why, "content": {"application/json": {"schema": _ref(model)}}}


def _ref(model: str) -> Json:
    return {"$ref": f"#/components/schemas/{model}"}
