"""The bank routes in the OpenAPI document: paths and parameters; the wire types are in `schemas`."""

from typing import Any, Final

from service.banks.exchange import ListFormat
from service.banks.exporting import MAX_ITEMS
from service.banks.store import MAX_PAGE

Json = dict[str, Any]

_WHY: Final = {
    "400": "Malformed request, or content or a signature that a bank cannot use.",
    "401": "No key, or one that is not good (any more).",
    "403": "The key does not allow this, or there are no keys at all: then banks are closed over HTTP.",
    "404": "No such bank or item.",
    "409": "There is a bank of this name already.",
    "413": "The body is too large.",
    "415": "The body is not `application/json`.",
    "500": "The server failed.",
    "503": "The database does not answer, or the service is starting.",
}


def bank_paths() -> Json:
    """The fragment of `paths` below `/v1/banks`."""
    bank, item = [_path("name")], [_path("name"), _path("id")]
    return {
        "/v1/banks": {
            "get": _operation("listBanks", "All banks, with the numbers of their items.", {"200": "BanksResponse"}),
            "post": _operation("createBank", "Make a bank.", {"201": "Bank"}, "BankDraft", extra=("409",)),
        },
        "/v1/banks/match": {
            "post": _operation(
                "matchBanks",
                "Look content up in the banks. Nothing is counted, decided or recorded.",
                {"200": "LookupResponse"},
                "LookupRequest",
            )
        },
        "/v1/banks/{name}": {
            "parameters": bank,
            "get": _operation("getBank", "One bank.", {"200": "Bank"}),
            "patch": _operation("changeBank", "Change a bank; absent fields stay.", {"200": "Bank"}, "BankPatch"),
            "delete": _operation("deleteBank", "Delete a bank and its items.", {"200": "DeletedResponse"}),
        },
        "/v1/banks/{name}/items": {
            "parameters": bank,
            "get": _operation("listItems", "A page of items.", {"200": "ItemsResponse"}) | {"parameters": _page()},
            "post": _operation(
                "addItem",
                "Add a text, a picture or signatures; an item that is there already is answered with 200.",
                {"200": "AddedResponse", "201": "AddedResponse"},
                "ItemDraft",
            ),
        },
        "/v1/banks/{name}/items/{id}": {
            "parameters": item,
            "get": _operation("getItem", "One item.", {"200": "Item"}),
            "patch": _operation("changeItem", "Change an item, or release it.", {"200": "Item"}, "ItemPatch"),
            "delete": _operation("deleteItem", "Delete an item.", {"204": ""}),
        },
        "/v1/banks/{name}/import": {
            "parameters": bank,
            "post": _operation("importItems", "Import a hash list.", {"200": "ImportResponse"}, "ImportRequest"),
        },
        "/v1/banks/{name}/export": {"parameters": bank, "get": _export()},
    }


def _operation(
    name: str, summary: str, answers: dict[str, str], request: str | None = None, extra: tuple[str, ...] = ()
) -> Json:
    statuses = ["401", "403", "404", "500", "503", *extra, *(("400", "413", "415") if request else ("400",))]
    errors = {status: {"description": _WHY[status], "content": _json("ErrorEnvelope")} for status in sorted(statuses)}
    done = {
        status: {"description": "Done.", **({"content": _json(model)} if model else {})}
        for status, model in answers.items()
    }
    body = {"requestBody": {"required": True, "content": _json(request)}} if request else {}
    return {"operationId": name, "summary": summary, **body, "responses": done | errors}


def _export() -> Json:
    operation = _operation("exportItems", "The matching items as a hash list.", {"200": ""})
    media = ("text/csv", "application/x-ndjson", "text/plain")
    operation["responses"]["200"] = {
        "description": "A piece of the list.",
        "headers": {
            "weir-next-after": {
                "description": "`after` of the next piece; absent with the last one.",
                "schema": {"type": "string"},
            }
        },
        "content": {one: {"schema": {"type": "string"}} for one in media},
    }
    formats = {"type": "string", "enum": [form.value for form in ListFormat], "default": ListFormat.CSV.value}
    return operation | {"parameters": [_query("format", formats), *_page(MAX_ITEMS, MAX_ITEMS)[:2]]}


def _page(most: int = MAX_PAGE, default: int = 100) -> list[Json]:
    return [
        _query("after", {"type": "integer", "minimum": 0, "maximum": 2**63 - 1, "default": 0}),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": most, "default": default}),
        _query("quarantined", {"type": "string", "enum": ["true"]}),
    ]


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _json(model: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
