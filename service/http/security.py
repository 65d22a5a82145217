"""Security in the OpenAPI document: which operation asks for which scope, and how a key is brought."""

from collections.abc import Mapping
from typing import Any, Final

from service.access.principal import Scope

Json = dict[str, Any]
Operation = tuple[str, str]
"""A path as the document writes it, and a method in lower case."""

SCHEMES: Final[Json] = {
    "bearerKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `weir_<id>_<secret>`, or the deployment's `WEIR_ADMIN_TOKEN`. Without any key the "
        "service is open, answers its own machine only, and ignores this header.",
    },
    "headerKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same, in another header."},
    "queryKey": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "The same, as clients of the Perspective API bring it.",
    },
}
_GOOGLE: Final = "/v1alpha1/"
_WHY: Final = {
    "401": "No key, or one that is not good (any more).",
    "403": "The key does not allow this, or the service is open and answers its own machine only.",
    "429": "The key has asked too often, or the queue is full; try again after `Retry-After` seconds.",
}


def secured(document: Json, scopes: Mapping[Operation, tuple[Scope, ...]]) -> Json:
    """The document with the scopes of every operation, one of which is enough, and what it answers without."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            enough = scopes.get((path, method))
            if method == "parameters" or not enough:
                continue
            names = ("bearerKey", "headerKey", "queryKey") if path.startswith(_GOOGLE) else ("bearerKey", "headerKey")
            operation["security"] = [{name: [scope.value]} for scope in enough for name in names]
            envelope = "GoogleErrorEnvelope" if path.startswith(_GOOGLE) else "ErrorEnvelope"
            schema = {"$ref": f"#/components/schemas/{envelope}"}
            for status, why in _WHY.items():
                answer = {"description": why, "content": {"application/json": {"schema": schema}}}
                operation["responses"].setdefault(status, answer)
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return document
