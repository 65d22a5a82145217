"""The bank routes, under `/v1/banks`. They read and write the database, so they run in a thread, not on the event loop.

GET POST             /v1/banks
POST                 /v1/banks/match
GET PATCH DELETE     /v1/banks/{name}
GET POST             /v1/banks/{name}/items
GET PATCH DELETE     /v1/banks/{name}/items/{id}
POST                 /v1/banks/{name}/import
GET                  /v1/banks/{name}/export
"""

import logging
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Final, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.banks.adding import sign_draft
from service.banks.admission import CHALLENGE, AdminToken
from service.banks.errors import BankError, BankExistsError, UnknownBankError, UnknownItemError, UnusableSignatureError
from service.banks.exchange import ListError, ListFormat, Skipped, read_signals
from service.banks.exporting import MAX_ITEMS, export_piece
from service.banks.importing import ListImport
from service.banks.reading import read_after, read_data_url, read_id, read_limit, read_query, read_value
from service.banks.reloading import Banks
from service.banks.schemas import (
    MAX_SHOWN_SKIPS,
    AddedResponse,
    BanksResponse,
    DeletedResponse,
    ImportRequest,
    ImportResponse,
    ItemDraft,
    ItemsResponse,
    LookupRequest,
    LookupResponse,
    LookupVerdict,
    SkippedRow,
)
from service.banks.signing import Signer, UnsignableError
from service.banks.store import BankStore
from service.banks.values import BankDraft, BankPatch, ItemPatch
from service.errors import RequestError, invalid
from service.faults import describe
from service.http.messages import JSON, Header, Response, error_response

PREFIX: Final = "/v1/banks"
_CODES: Final[tuple[tuple[type[BankError], int, str], ...]] = (
    (UnknownBankError, 404, "unknown_bank"),
    (UnknownItemError, 404, "unknown_item"),
    (BankExistsError, 409, "bank_exists"),
    (UnusableSignatureError, 400, "unusable_signature"),
    (ListError, 400, "invalid_list"),
    (BankError, 400, "invalid_value"),
)
_MEDIA: Final = {
    ListFormat.CSV: b"text/csv; charset=utf-8",
    ListFormat.JSONL: b"application/x-ndjson",
    ListFormat.LINES: b"text/plain; charset=utf-8",
}

_ITEM_PARTS: Final = 3

logger: Final = logging.getLogger("bentoml.weir.banks")


class Call(NamedTuple):
    """What a route needs of a request: its query, its body, and the bank and item that the path names."""

    query: str
    body: bytes
    name: str = ""
    item_id: int = 0


Handler = Callable[[Call], Response]


class BankApi:
    """Answers every request under `PREFIX`."""

    def __init__(self, engine: Engine, banks: Banks, signer: Signer, admin: AdminToken) -> None:
        self._engine = engine
        self._store = BankStore(engine)
        self._banks = banks
        self._signer = signer
        self._admin = admin

    def __call__(self, method: str, path: str, query: str, headers: list[Header], body: bytes) -> Response:
        """Answer one request. Blocks, and never raises.

        Args:
            method: in upper case.
            path: decoded, without the query.
            query: as sent, without the question mark.
            headers: names in lower case.
            body: whole, and within the limit of the deployment.

        """
        try:
            self._admin.check(headers)
            return self._answer(method, path, query, body)
        except RequestError as error:
            return error_response(error, [CHALLENGE] if error.status == 401 else None)  # noqa: PLR2004
        except UnsignableError as error:
            return error_response(invalid(error.code.value, str(error)))
        except BankError as error:
            status, code = next((status, code) for kind, status, code in _CODES if isinstance(error, kind))
            return error_response(RequestError(status, code, str(error)))
        except SQLAlchemyError as error:
            logger.error("a bank request failed: %s", describe(error))  # noqa: TRY400 - a traceback could quote content
            return error_response(RequestError(503, "banks_unavailable", "the banks' database does not answer"))
        except Exception as error:  # noqa: BLE001 - the next request must be served
            logger.error("a bank request failed: %s", describe(error))  # noqa: TRY400
            return error_response(RequestError(500, "internal", "the server failed to answer this request"))

    def _answer(self, method: str, path: str, query: str, body: bytes) -> Response:
        handlers, name, item_id = self._route(path)
        allow = (b"allow", ", ".join([*handlers, "OPTIONS"]).encode())
        if method == "OPTIONS":
            return Response(204, [allow], b"")
        if method not in handlers:
            error = RequestError(405, "method_not_allowed", f"this path answers {allow[1].decode()}")
            return error_response(error, [allow])
        response = handlers[method](Call(query, body, name, item_id))
        if method != "GET":
            self._banks.wake()
        return response

    def _route(self, path: str) -> tuple[Mapping[str, Handler], str, int]:
        """The handlers of a path, and the bank and item that it names."""
        parts = path.removeprefix(PREFIX).strip("/").split("/")
        item_id = 0
        if len(parts) == _ITEM_PARTS and parts[1] == "items" and (found := read_id(parts[2])) is not None:
            parts, item_id = [parts[0], "items", "id"], found
        shape = tuple(parts) if parts in (["match"], [""]) else ("name", *parts[1:])
        handlers = self._routes().get(shape)
        if handlers is None:
            raise RequestError(404, "not_found", "there is nothing at this path; /openapi.json lists what there is")
        return handlers, parts[0], item_id

    def _routes(self) -> Mapping[tuple[str, ...], Mapping[str, Handler]]:
        return {
            ("",): {"GET": self._list_banks, "POST": self._create_bank},
            ("match",): {"POST": self._look_up},
            ("name",): {"GET": self._get_bank, "PATCH": self._change_bank, "DELETE": self._delete_bank},
            ("name", "items"): {"GET": self._list_items, "POST": self._add_item},
            ("name", "items", "id"): {
                "GET": self._get_item,
                "PATCH": self._change_item,
                "DELETE": self._delete_item,
            },
            ("name", "import"): {"POST": self._import},
            ("name", "export"): {"GET": self._export},
        }

    def _list_banks(self, call: Call) -> Response:
        read_query(call.query, frozenset())
        stale = self._banks.n_stale_embeddings
        banks = tuple(self._store.banks())
        return _json(200, BanksResponse(banks=banks, revision=self._store.revision(), n_stale_embeddings=stale))

    def _create_bank(self, call: Call) -> Response:
        return _json(201, self._store.create(read_value(BankDraft, call.body)))

    def _get_bank(self, call: Call) -> Response:
        return _json(200, self._store.bank(call.name))

    def _change_bank(self, call: Call) -> Response:
        return _json(200, self._store.change(call.name, read_value(BankPatch, call.body)))

    def _delete_bank(self, call: Call) -> Response:
        return _json(200, DeletedResponse(n_items=self._store.delete(call.name)))

    def _list_items(self, call: Call) -> Response:
        values = read_query(call.query, frozenset({"after", "limit", "quarantined"}))
        if values.get("quarantined", "true") != "true":
            raise invalid("invalid_value", "quarantined is true, or absent", "quarantined")
        limit, stopped = read_limit(values), "quarantined" in values
        items = self._store.items(call.name, after_id=read_after(values), limit=limit, only_quarantined=stopped)
        return _json(200, ItemsResponse(items=tuple(items), next_after=items[-1].id if len(items) == limit else None))

    def _add_item(self, call: Call) -> Response:
        draft = read_value(ItemDraft, call.body)
        added = self._store.add(call.name, sign_draft(draft, self._signer))
        return _json(201 if added.is_new else 200, AddedResponse(item=added.item, is_new=added.is_new))

    def _get_item(self, call: Call) -> Response:
        return _json(200, self._store.item(call.name, call.item_id))

    def _change_item(self, call: Call) -> Response:
        return _json(200, self._store.change_item(call.name, call.item_id, read_value(ItemPatch, call.body)))

    def _delete_item(self, call: Call) -> Response:
        self._store.delete_item(call.name, call.item_id)
        return Response(204, [], b"")

    def _import(self, call: Call) -> Response:
        request = read_value(ImportRequest, call.body)
        skipped: list[SkippedRow] = []

        def note(row: Skipped) -> None:
            if len(skipped) < MAX_SHOWN_SKIPS:
                skipped.append(SkippedRow(line=row.line, reason=row.reason))

        rows = read_signals(StringIO(request.content, newline=""), request.format, request.type)
        report = ListImport(self._store, call.name, self._signer, note).run(rows)
        return _json(200, ImportResponse(**report.as_counts(), skipped=tuple(skipped)))

    def _export(self, call: Call) -> Response:
        values = read_query(call.query, frozenset({"after", "limit", "format"}))
        wanted = values.get("format", ListFormat.CSV.value)
        if wanted not in tuple(ListFormat):
            raise invalid("invalid_value", f"format is one of {', '.join(ListFormat)}", "format")
        form, after = ListFormat(wanted), read_after(values)
        limit = read_limit(values, MAX_ITEMS, MAX_ITEMS)
        piece = export_piece(self._engine, call.name, form, after_id=after, limit=limit, with_header=after == 0)
        headers: list[Header] = [(b"content-type", _MEDIA[form])]
        if piece.next_after_id is not None:
            headers.append((b"weir-next-after", str(piece.next_after_id).encode()))
        return Response(200, headers, piece.text.encode())

    def _look_up(self, call: Call) -> Response:
        request = read_value(LookupRequest, call.body)
        images = [read_data_url(image.url, f"images[{index}]") for index, image in enumerate(request.images)]
        found = self._banks.matcher.look_up(self._signer.sample(request.text, images))
        return _json(
            200,
            LookupResponse(
                matches=found.matches,
                verdicts=tuple(LookupVerdict(**verdict._asdict()) for verdict in found.verdicts),
                suppressed=found.suppressed,
                cleared_by=found.cleared_by,
            ),
        )


def _json(status: int, value: BaseModel) -> Response:
    return Response(status, [(b"content-type", JSON)], value.model_dump_json().encode())
