"""The API as an ASGI application."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeVar

from service.access.exposure import is_loopback
from service.errors import RequestError
from service.http.api import WITH_BODY, Api, stay
from service.http.envelopes import write_error
from service.http.messages import Header, Request, Response, error_response
from service.http.paths import is_managed, is_streamed
from service.telemetry.passage import Passage
from service.telemetry.watch import under

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Content = TypeVar("Content", bytes, bytearray)
_STARTING: Final = RequestError(503, "starting", "the service is starting; try again later")


class ProductApp:
    """An ASGI application that is there before the engine is: until `open`, it answers 503."""

    def __init__(self) -> None:
        self.api: Api | None = None
        self.management: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http" and self.api is not None and self.management and is_managed(scope["path"]):
            passage = self.api.meet(scope["method"], scope["path"], scope["headers"])
            with under(passage):
                await self._manage(self.api, self.management, scope, receive, _watched(self.api, passage, send))
        elif scope["type"] == "http":
            response = await self._respond(scope, receive)
            if response is not None:
                await send_response(response, send)

    async def _manage(self, api: Api, management: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the management routes, with its whole body unless they take it as it comes."""
        leave, body = stay, _Body(api, scope["path"], scope["headers"])
        try:
            leave = api.admit_managed(scope["headers"], is_local=is_local(scope))
            if is_streamed(scope["path"]):
                await management(scope, receive, send)
                return
            content = await body.read(receive) if scope["method"] in WITH_BODY else b""
            body.release()
            if content is not None:
                await management(scope, _once(bytes(content)), send)
        except RequestError as error:
            await send_response(error_response(error), send)
        finally:
            body.release()
            leave()

    async def _respond(self, scope: Scope, receive: Receive) -> Response | None:
        """The response; None when the client went before its request was complete."""
        api, headers = self.api, scope["headers"]
        if api is None:
            return write_error(scope["path"], _STARTING)
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def respond(response: Response) -> None:
            if not answered.done():
                answered.set_result(response)

        leave, body = stay, _Body(api, scope["path"], headers)
        try:
            query = scope.get("query_string", b"")
            admitted = api.admit(scope["method"], scope["path"], headers, query, is_local=is_local(scope))
            leave = admitted.leave
            content = await body.read(receive) if scope["method"] in WITH_BODY else b""
            if content is None:
                return None
            body.release()  # what it brings is claimed again by whoever takes it in, before anyone else can
            request = Request(scope["method"], scope["path"], headers, content, answered.cancelled, query)
            api.answer(admitted, request, respond)
            return await answered
        except RequestError as error:
            passage = api.meet(scope["method"], scope["path"], headers)
            api.reply(passage, respond)(write_error(scope["path"], error))
            return await answered
        finally:
            body.release()
            leave()


def _watched(api: Api, passage: Passage, send: Send) -> Send:
    """`send`, with the request's id on the response, which is counted once it is whole."""
    status = n_bytes = 0

    async def sending(message: Message) -> None:
        nonlocal status, n_bytes
        if message["type"] == "http.response.start":
            status = message["status"]
            named = (b"x-request-id", passage.request_id.encode())
            message["headers"] = [*message.get("headers", ()), named]
        else:
            n_bytes += len(message.get("body", b""))
        await send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            api.managed(passage, status, n_bytes)

    return sending


def is_local(scope: Scope) -> bool:
    """Whether the connection came to an address that only this machine can reach."""
    server = scope.get("server")
    return server is None or is_loopback(server[0])


class _Body:
    """One request's body on its way in; a long one holds its length of the budget until the answer is there."""

    def __init__(self, api: Api, path: str, headers: list[Header]) -> None:
        self._api = api
        self._path = path
        self._headers = headers
        self._n_held = 0

    async def read(self, receive: Receive) -> bytes | bytearray | None:
        """The whole body, or None when the client has gone.

        Raises:
            RequestError: It is longer than the limit, or there is no room for it; the rest of it is left unread.

        """
        message = await receive()
        if not message.get("more_body", False):
            return self._checked(message.get("body", b"")) if message["type"] == "http.request" else None
        chunks = bytearray(message["body"])
        while message.get("more_body", False):
            self._checked(chunks)
            message = await receive()
            if message["type"] != "http.request":
                return None
            chunks += message.get("body", b"")
        return self._checked(chunks)

    def release(self) -> None:
        """Give back what a long body held."""
        if self._n_held:
            self._api.release(self._n_held)
            self._n_held = 0

    def _checked(self, body: Content) -> Content:
        if len(body) > self._api.max_body_bytes and not self._n_held:
            self._n_held = self._api.admit_long_body(self._path, self._headers)
        if self._n_held and len(body) > self._n_held:
            raise self._api.too_large(self._path)
        return body


def _once(content: bytes) -> Receive:
    """A body that is there already; then the client is taken to stay."""
    waiting = asyncio.Event()
    messages = iter([{"type": "http.request", "body": content, "more_body": False}])

    async def receive() -> Message:
        for message in messages:
            return dict(message)
        await waiting.wait()
        return {"type": "http.disconnect"}

    return receive


async def send_response(response: Response, send: Send) -> None:
    """Write a whole response as ASGI messages."""
    length: Header = (b"content-length", str(len(response.body)).encode())
    headers = response.headers if response.status == 204 else [*response.headers, length]  # noqa: PLR2004
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
