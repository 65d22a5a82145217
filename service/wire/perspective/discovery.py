"""The discovery document: what Google's client libraries read to know the methods, fields and address of an API.

Made from the same table of attributes and the same types as the API itself, so that it cannot promise anything else.

Source: the format of the Google API Discovery Service, "API discovery document".
"""

from typing import Any, Final

from pydantic import BaseModel

from service.wire.perspective import schemas
from service.wire.perspective.attributes import ATTRIBUTES
from service.wire.perspective.fields import SCORE_TYPES

Json = dict[str, Any]

NAME: Final = "commentanalyzer"
VERSION: Final = "v1alpha1"
REVISION: Final = "20261121"
_METHODS: Final = {
    "analyze": ("Scores of a comment by the requested attributes.", "AnalyzeComment"),
    "suggestscore": ("Writes down which scores somebody finds right.", "SuggestCommentScore"),
}
_TYPES: Final[tuple[type[BaseModel], ...]] = (
    schemas.AnalyzeCommentRequest,
    schemas.AnalyzeCommentResponse,
    schemas.ArticleAndParentComment,
    schemas.AttributeParameters,
    schemas.AttributeScores,
    schemas.CommentContext,
    schemas.CommentScore,
    schemas.SpanScore,
    schemas.SuggestCommentScoreRequest,
    schemas.SuggestCommentScoreResponse,
    schemas.TextEntry,
)
_NAMES: Final = {"CommentContext": "Context", "CommentScore": "Score"}
"""Types that the original calls by shorter names, which mean something else in the rest of Weir."""
_MAPS: Final = {"RequestedAttributes": "AttributeParameters", "ScoresByAttribute": "AttributeScores"}
"""Objects by attribute, which a discovery document describes by the type of their values."""
_PARAMETERS: Final = {
    "key": ("string", "The API key of the deployment."),
    "alt": ("string", "The format of the response: json."),
    "prettyPrint": ("boolean", "Taken, and changes nothing."),
    "fields": ("string", "Taken, and changes nothing: the response is always whole."),
    "quotaUser": ("string", "Taken, and changes nothing."),
    "$.xgafv": ("string", "Taken, and changes nothing."),
}


def build_discovery(root_url: str) -> Json:
    """The document for a service that clients reach at `root_url`, which ends in a slash."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"{NAME}:{VERSION}",
        "name": NAME,
        "version": VERSION,
        "revision": REVISION,
        "title": "Weir, in the wire format of the Perspective Comment Analyzer API",
        "description": "Scores of comments by a content moderation service that a team runs itself.",
        "ownerName": "Weir",
        "protocol": "rest",
        "rootUrl": root_url,
        "servicePath": "",
        "baseUrl": root_url,
        "batchPath": "batch",
        "parameters": {
            name: {"type": kind, "description": description, "location": "query"}
            | ({"default": "json", "enum": ["json"], "enumDescriptions": ["JSON"]} if name == "alt" else {})
            for name, (kind, description) in _PARAMETERS.items()
        },
        "schemas": {_name(model.__name__): _schema(model) for model in _TYPES},
        "resources": {"comments": {"methods": {name: _method(name) for name in _METHODS}}},
    }


def _method(name: str) -> Json:
    description, message = _METHODS[name]
    path = f"{VERSION}/comments:{name}"
    return {
        "id": f"{NAME}.comments.{name}",
        "description": description,
        "httpMethod": "POST",
        "path": path,
        "flatPath": path,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": f"{message}Request"},
        "response": {"$ref": f"{message}Response"},
    }


def _name(name: str) -> str:
    return _NAMES.get(name, name)


def _schema(model: type[BaseModel]) -> Json:
    """One type, from its JSON schema."""
    document = model.model_json_schema(by_alias=True)
    properties = {name: _property(name, entry) for name, entry in document["properties"].items()}
    return {"id": _name(model.__name__), "type": "object", "description": model.__doc__, "properties": properties}


def _property(name: str, entry: Json) -> Json:
    entry = _present(entry)
    if "$ref" in entry:
        return _reference(entry["$ref"].rpartition("/")[2])
    if entry["type"] == "array":
        return {"type": "array", "items": _property(name, entry["items"])}
    if entry["type"] == "integer":
        return {"type": "integer", "format": "int32"}
    if entry["type"] == "number":
        return {"type": "number", "format": "float"}
    if name == "scoreType" or "const" in entry:
        return {"type": "string", "enum": [*SCORE_TYPES]}
    return {"type": entry["type"]} | ({"enum": entry["enum"]} if "enum" in entry else {})


def _reference(name: str) -> Json:
    if name not in _MAPS:
        return {"$ref": _name(name)}
    words = [f'"{entry.name}" - {entry.meaning} Here: {entry.formula}.' for entry in ATTRIBUTES.values()]
    return {"type": "object", "additionalProperties": {"$ref": _MAPS[name]}, "description": "\n".join(words)}


def _present(entry: Json) -> Json:
    """A field that may be null, without the null."""
    kinds: list[Json] = [kind for kind in entry.get("anyOf", [entry]) if kind.get("type") != "null"]
    return kinds[0]
