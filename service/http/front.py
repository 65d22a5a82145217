"""The front door: product routes take the short way, everything else goes through BentoML.

BentoML wraps whatever is mounted on a service in its middlewares: tracing, timeouts (a task and a timer a request)
and a request context. For a request that costs less than a millisecond in the model they are a measurable share, and
the product routes use none of them. So the service's ASGI application is this one: it answers product paths itself,
with the very same application that is mounted on the service, and passes on all other paths, lifespan and websockets.

What it passes on has passed the gate, with the scope `score`; websockets are refused, as nothing here speaks them.
It must say how long it is and stay within the same limit: BentoML reads a body to its end, however long.
"""

from service.errors import RequestError
from service.http.asgi import AsgiApp, ProductApp, Receive, Scope, Send, is_local, send_response
from service.http.messages import error_response, header
from service.http.paths import is_ours


class FrontDoor:
    """Chooses between the product and BentoML by the path alone."""

    def __init__(self, product: ProductApp, bento: AsgiApp) -> None:
        self._product = product
        self._bento = bento

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if scope["type"] == "websocket" or (scope["type"] == "http" and is_ours(scope["path"])):
            await self._product(scope, receive, send)
        elif scope["type"] == "http" and (error := self._refusal(scope)):
            await send_response(error_response(error), send)
        else:
            await self._bento(scope, receive, send)

    def _refusal(self, scope: Scope) -> RequestError | None:
        api, path, headers = self._product.api, scope["path"], scope["headers"]
        if api is None:
            return None
        try:
            api.admit_elsewhere(path, headers, is_local=is_local(scope))
        except RequestError as error:
            return error
        if header(headers, b"transfer-encoding") is not None:
            return RequestError(411, "length_required", "the request declares its content-length")
        length = header(headers, b"content-length")
        return api.too_large(path) if length and length.isdigit() and int(length) > api.max_body_bytes else None
