"""The API: which request goes where, what is refused before its body is read, and how every error looks."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.access.exposure import not_local
from service.access.gate import Admission, Gate, OpenGate
from service.access.principal import OPEN, Principal, Scope
from service.access.seats import Seats
from service.engine import Engine
from service.errors import RequestError, unsupported_media
from service.faults import describe
from service.http.bank_endpoint import BankEndpoint, build_bank_endpoint, is_bank_path
from service.http.comments import ANALYZE, SUGGEST, Analyze, Suggest
from service.http.decisions import Decisions
from service.http.discovery import DISCOVERY, discovery
from service.http.documents import ASSETS, document_endpoint
from service.http.envelopes import write_error
from service.http.messages import Header, Request, Respond, Response, header, request_id
from service.http.models import MODELS, ONE_MODEL, ModelList, OneModel, open_names, route
from service.http.moderations import Moderations
from service.http.paths import family
from service.http.probes import livez, metrics, readyz
from service.http.redactions import REDACTIONS, Redactions
from service.http.scopes import SCOPES
from service.telemetry.passage import Passage
from service.telemetry.watch import under

Endpoint = Callable[[Request, Respond], None]
Routes = Mapping[str, Mapping[str, Endpoint]]
PROBES: Final = frozenset({"/livez", "/readyz"})
"""Always answered, whoever asks."""
BENTO_PROBES: Final = frozenset({"/healthz"})
KEY_IN_QUERY: Final = "/v1alpha1/"
"""First part of the paths whose query may bring the key, as clients of the Perspective API do."""
_NOBODY: Final = Admission(OPEN)
LONG: Final = frozenset({"/v1/moderations", "/v1/decisions", REDACTIONS})
"""Paths whose bodies bring images, and may be as long as images need, where a model looks at them."""
WITH_BODY: Final = frozenset({"POST", "PATCH", "PUT"})
"""Methods whose body is read."""
_JSON: Final = "application/json"
_MEDIA: Final = {REDACTIONS: "application/json, or that of the image"}

logger: Final = logging.getLogger("bentoml.weir.http")


def stay() -> None:
    """Give nothing back: there was no seat."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may bring its body: who answers it, and for whom.

    Attributes:
        leave: called when it has its answer or its client has gone, however often.

    """

    endpoint: Endpoint
    admission: Admission
    leave: Callable[[], None] = stay


class Api:
    """Routes requests to endpoints. Knows no server: an adapter hands it messages and takes responses.

    Attributes:
        max_body_bytes: adapters ask `admit_long_body` before they read beyond it.

    """

    def __init__(self, engine: Engine, gate: Gate, routes: Routes, banks: BankEndpoint | None = None) -> None:
        self._engine = engine
        self.gate = gate
        self._routes = routes
        self._banks = banks
        self._long = LONG if engine.vision is not None else frozenset[str]()
        self.max_body_bytes = engine.settings.max_body_bytes
        self.request_timeout_s = engine.settings.request_timeout_ms / 1e3
        self.max_connections = engine.settings.max_connections
        self.seats = Seats(engine.settings.max_concurrent_requests, engine.settings.max_concurrent_requests_per_key)

    def admit(
        self,
        method: str,
        path: str,
        headers: list[Header],
        query: bytes = b"",
        *,
        is_local: bool = True,
    ) -> Admitted:
        """Who answers a request and for whom, before its body is read.

        Args:
            method: in upper case.
            path: decoded, without the query.
            headers: names in lower case.
            query: as sent, without the question mark.
            is_local: whether the connection comes from this machine.

        Raises:
            RequestError: 401, 403, 404, 405, 413, 415, 429 or 503.

        """
        if path in PROBES:
            return Admitted(self._endpoint(method, path, headers), _NOBODY)
        self.require_local(is_local=is_local)
        scope = Scope.ADMIN if is_bank_path(path) else SCOPES.get(route(path))
        admission = self.gate.admit(scope, headers, query if path.startswith(KEY_IN_QUERY) else b"")
        endpoint = self._endpoint(method, path, headers)
        leave = self.seats.take(admission.principal) if scope is not None else stay
        return Admitted(endpoint, admission, leave)

    def admit_elsewhere(self, path: str, headers: list[Header], *, is_local: bool) -> Admission:
        """Let a request pass to what BentoML answers itself.

        Raises:
            RequestError: 401, 403 or 429.

        """
        if path in BENTO_PROBES:
            return _NOBODY
        self.require_local(is_local=is_local)
        return self.gate.admit(Scope.SCORE, headers, b"")

    def admit_managed(self, headers: list[Header], *, is_local: bool) -> Callable[[], None]:
        """Let a request bring its body to the management routes, which ask for its scope; what to call in the end.

        Raises:
            RequestError: 401, 403, 429 or 503.

        """
        self.require_local(is_local=is_local)
        return self.seats.take(self.gate.identify(headers))

    def require_local(self, *, is_local: bool) -> None:
        """Refuse a connection from elsewhere while nobody is asked for a key.

        Raises:
            RequestError: It comes from elsewhere (403).

        """
        if not is_local and self.gate.is_local_only:
            raise not_local()

    def _endpoint(self, method: str, path: str, headers: list[Header]) -> Endpoint:
        methods = self._routes.get(route(path))
        if methods is None and self._banks is not None and is_bank_path(path):
            return self._admit_to_banks(self._banks, method, path, headers)
        if methods is None:
            raise RequestError(404, "not_found", "there is nothing at this path; /openapi.json lists what there is")
        endpoint = methods.get(method)
        if endpoint is None:
            return _other_method(method, path, methods)
        if method == "POST":
            self._require_json(path, headers)
        return endpoint

    def admit_long_body(self, path: str, headers: list[Header]) -> int:
        """Whether a body may be longer than `max_body_bytes`, as it brings images; its declared length.

        So many bytes are held of the budget of images in flight until `release` gives them back.

        Raises:
            RequestError: It may not (413), or there is no room for it now (429).

        """
        length = _length(headers)
        if not self.max_body_bytes < length <= self._most_bytes(path):
            raise self.too_large(path)
        self._engine.budget.claim(length)
        return length

    def release(self, n_bytes: int) -> None:
        """A long body has gone."""
        self._engine.budget.release(n_bytes)

    def answer(self, admitted: Admitted, request: Request, respond: Respond) -> None:
        """Run an endpoint; `respond` is called once, now or later, whatever happens."""
        request.principal = admitted.admission.principal
        request.charge = admitted.admission.charge
        passage = self.meet(request.method, request.path, request.headers, request.principal)
        reply = self.reply(passage, respond, admitted.admission.headers)
        try:
            with under(passage):
                admitted.endpoint(request, reply)
        except RequestError as error:
            reply(write_error(request.path, error))
        except Exception as error:  # noqa: BLE001 - the next request must be served
            logger.error("a request failed: %s", describe(error), extra={"passage": passage})  # noqa: TRY400 - it could quote content
            failed = RequestError(500, "internal", "the server failed to answer this request")
            reply(write_error(request.path, failed))

    def meet(self, method: str, path: str, headers: list[Header], principal: Principal | None = None) -> Passage:
        """A request that is to be answered: its id is the client's own, or a new one."""
        identity = request_id(headers)
        name = self._engine.new_id() if identity is None else identity.decode()
        return self._engine.watch.meet(name, method, self.named(path), headers, principal)

    def named(self, path: str) -> str:
        """The route of a path, as logs and traces may have it: without what a caller put into it."""
        found = route(path)
        return found if found in self._routes else family(path)

    def reply(self, passage: Passage, respond: Respond, more: Sequence[Header] = ()) -> Respond:
        """`respond`, with the request's id and `more` headers on the response, and the status counted."""
        identity, watch = passage.request_id.encode(), self._engine.watch
        recorder = self._engine.recorder

        def reply(response: Response) -> None:
            response.headers += ((b"x-request-id", identity), *more)
            recorder.request_answered(response.status)
            watch.leave(passage, response.status, len(response.body))
            respond(response)

        return reply

    def managed(self, passage: Passage, status: int, n_bytes: int) -> None:
        """The management routes have answered a request."""
        self._engine.recorder.request_answered(status)
        self._engine.watch.leave(passage, status, n_bytes)

    def too_large(self, path: str) -> RequestError:
        """The body is longer than the limit: 413."""
        most = self._most_bytes(path)
        hint = "" if most == self.max_body_bytes else f", and declares its length beyond {self.max_body_bytes}"
        return RequestError(413, "body_too_large", f"the request body has at most {most} bytes{hint}")

    def _most_bytes(self, path: str) -> int:
        """The longest body of a path: longer where it brings images."""
        is_long = path in self._long or is_bank_path(path)
        return self._engine.settings.max_image_body_bytes if is_long else self.max_body_bytes

    def _admit_to_banks(self, banks: BankEndpoint, method: str, path: str, headers: list[Header]) -> Endpoint:
        banks.admit(headers)
        if method in WITH_BODY:
            self._require_json(path, headers)
        return banks

    def _require_json(self, path: str, headers: list[Header]) -> None:
        media = header(headers, b"content-type")
        name = b"" if media is None else media.partition(b";")[0].strip().lower()
        if name != b"application/json" and not (path == REDACTIONS and name.startswith(b"image/")):
            raise unsupported_media(_MEDIA.get(path, _JSON))
        if (header(headers, b"content-encoding") or b"identity") != b"identity":
            raise RequestError(415, "unsupported_media_type", "the body has a content-encoding: send it without one")
        length = _length(headers)
        if length > self.max_body_bytes and length > self._most_bytes(path):
            raise self.too_large(path)


def build_api(engine: Engine, gate: Gate | None = None) -> Api:
    """The API over an engine, with all of its routes, behind a gate."""
    gate = gate or OpenGate()
    names = open_names(engine)
    gets: dict[str, Endpoint] = {
        "/livez": livez,
        "/readyz": readyz(engine),
        "/metrics": metrics(engine),
        MODELS: ModelList(names),
        ONE_MODEL: OneModel(names),
        **dict.fromkeys(DISCOVERY, discovery),
        **{path: document_endpoint(name, engine) for path, name in ASSETS.items()},
    }
    posts: dict[str, Endpoint] = {
        "/v1/moderations": Moderations(engine, names),
        "/v1/decisions": Decisions(engine),
        REDACTIONS: Redactions(engine),
        ANALYZE: Analyze(engine),
        SUGGEST: Suggest(engine),
    }
    return Api(
        engine,
        gate,
        {
            **{path: {"GET": endpoint, "HEAD": endpoint} for path, endpoint in gets.items()},
            **{path: {"POST": endpoint} for path, endpoint in posts.items()},
        },
        build_bank_endpoint(engine, gate),
    )


def _length(headers: list[Header]) -> int:
    """The declared length of a body; 0 without one."""
    length = header(headers, b"content-length")
    return int(length) if length is not None and length.isdigit() else 0


def _other_method(method: str, path: str, methods: Mapping[str, Endpoint]) -> Endpoint:
    allow = (b"allow", ", ".join([*methods, "OPTIONS"]).encode())
    if method == "OPTIONS":
        return lambda _, respond: respond(Response(204, [allow], b""))
    error = RequestError(405, "method_not_allowed", f"this path answers {allow[1].decode()}")
    return lambda _, respond: respond(write_error(path, error, [allow]))
