"""The API: which request goes where, what is refused before its body is read, and how every error looks."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from service.engine import Engine
from service.errors import RequestError
from service.faults import describe
from service.http.documents import ASSETS, document_endpoint
from service.http.endpoints import Decisions, Moderations
from service.http.messages import Header, Request, Respond, Response, error_response, header, request_id
from service.http.probes import livez, metrics, readyz

Endpoint = Callable[[Request, Respond], None]
Routes = Mapping[str, Mapping[str, Endpoint]]

logger: Final = logging.getLogger("bentoml.weir.http")


class Api:
    """Routes requests to endpoints. Knows no server: an adapter hands it messages and takes responses.

    Attributes:
        max_body_bytes: adapters stop reading beyond it.

    """

    def __init__(self, engine: Engine, routes: Routes) -> None:
        self._engine = engine
        self._routes = routes
        self.max_body_bytes = engine.settings.max_body_bytes

    def admit(self, method: str, path: str, headers: list[Header]) -> Endpoint:
        """The endpoint of a request, before its body is read.

        Raises:
            RequestError: 404, 405, 413 or 415.

        """
        methods = self._routes.get(path)
        if methods is None:
            raise RequestError(404, "not_found", "there is nothing at this path; /openapi.json lists what there is")
        endpoint = methods.get(method)
        if endpoint is None:
            return _other_method(method, methods)
        if method == "POST":
            self._require_json(headers)
        return endpoint

    def answer(self, endpoint: Endpoint, request: Request, respond: Respond) -> None:
        """Run an endpoint; `respond` is called once, now or later, whatever happens."""
        reply = self.reply(request.headers, respond)
        try:
            endpoint(request, reply)
        except RequestError as error:
            reply(error_response(error))
        except Exception as error:  # noqa: BLE001 - the next request must be served
            logger.error("a request failed: %s", describe(error))  # noqa: TRY400 - a traceback could quote the content
            reply(error_response(RequestError(500, "internal", "the server failed to answer this request")))

    def reply(self, headers: list[Header], respond: Respond) -> Respond:
        """`respond`, with the request's id on the response and the status counted."""
        identity = request_id(headers) or self._engine.new_id().encode()
        recorder = self._engine.recorder

        def reply(response: Response) -> None:
            response.headers.append((b"x-request-id", identity))
            recorder.request_answered(response.status)
            respond(response)

        return reply

    def too_large(self) -> RequestError:
        """The body is longer than the limit: 413."""
        return RequestError(413, "body_too_large", f"the request body has at most {self.max_body_bytes} bytes")

    def _require_json(self, headers: list[Header]) -> None:
        media = header(headers, b"content-type")
        if media is None or media.partition(b";")[0].strip().lower() != b"application/json":
            raise RequestError(415, "unsupported_media_type", "the content-type is application/json")
        if (header(headers, b"content-encoding") or b"identity") != b"identity":
            raise RequestError(415, "unsupported_media_type", "the body is sent without content-encoding")
        length = header(headers, b"content-length")
        if length is not None and length.isdigit() and int(length) > self.max_body_bytes:
            raise self.too_large()


def build_api(engine: Engine) -> Api:
    """The API over an engine, with all of its routes."""
    gets: dict[str, Endpoint] = {
        "/livez": livez,
        "/readyz": readyz(engine),
        "/metrics": metrics(engine),
        **{path: document_endpoint(name, engine) for path, name in ASSETS.items()},
    }
    posts: dict[str, Endpoint] = {"/v1/moderations": Moderations(engine), "/v1/decisions": Decisions(engine)}
    return Api(
        engine,
        {
            **{path: {"GET": endpoint, "HEAD": endpoint} for path, endpoint in gets.items()},
            **{path: {"POST": endpoint} for path, endpoint in posts.items()},
        },
    )


def _other_method(method: str, methods: Mapping[str, Endpoint]) -> Endpoint:
    allow = (b"allow", ", ".join([*methods, "OPTIONS"]).encode())
    if method == "OPTIONS":
        return lambda _, respond: respond(Response(204, [allow], b""))
    error = RequestError(405, "method_not_allowed", f"this path answers {allow[1].decode()}")
    return lambda _, respond: respond(error_response(error, [allow]))
