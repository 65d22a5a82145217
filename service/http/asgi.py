"""The API as an ASGI application."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeVar

from service.errors import RequestError
from service.http.api import Api
from service.http.messages import Header, Request, Response, error_response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Body = TypeVar("Body", bytes, bytearray)
_STARTING: Final = RequestError(503, "starting", "the service is starting; try again later")


class ProductApp:
    """An ASGI application that is there before the engine is: until `open`, it answers 503."""

    def __init__(self) -> None:
        self.api: Api | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            response = await self._respond(scope, receive)
            if response is not None:
                await send_response(response, send)

    async def _respond(self, scope: Scope, receive: Receive) -> Response | None:
        """The response; None when the client went before its request was complete."""
        api, headers = self.api, scope["headers"]
        if api is None:
            return error_response(_STARTING)
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def respond(response: Response) -> None:
            if not answered.done():
                answered.set_result(response)

        try:
            endpoint = api.admit(scope["method"], scope["path"], headers)
            body = await _read(receive, api) if scope["method"] == "POST" else b""
        except RequestError as error:
            api.reply(headers, respond)(error_response(error))
            return await answered
        if body is None:
            return None
        request = Request(scope["method"], scope["path"], headers, body, answered.cancelled)
        api.answer(endpoint, request, respond)
        return await answered


async def _read(receive: Receive, api: Api) -> bytes | None:
    """The whole body, or None when the client has gone.

    Raises:
        RequestError: It is longer than the limit; the rest of it is left unread.

    """
    message = await receive()
    if not message.get("more_body", False):
        return _checked(message.get("body", b""), api) if message["type"] == "http.request" else None
    chunks = bytearray(message["body"])
    while message.get("more_body", False):
        _checked(chunks, api)
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks += message.get("body", b"")
    return _checked(bytes(chunks), api)


def _checked(body: Body, api: Api) -> Body:
    if len(body) > api.max_body_bytes:
        raise api.too_large()
    return body


async def send_response(response: Response, send: Send) -> None:
    """Write a whole response as ASGI messages."""
    length: Header = (b"content-length", str(len(response.body)).encode())
    headers = response.headers if response.status == 204 else [*response.headers, length]  # noqa: PLR2004
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
