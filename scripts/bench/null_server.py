"""A server that does nothing: what the load generator itself can reach, and what it costs."""

import asyncio
import os
import sys

import httptools

ANSWER_BODY = b'{"results":[' + b'{"score":0.123456789},' * 40 + b'{"score":0.123456789}]}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER_BODY)
) + ANSWER_BODY


class NullProtocol(asyncio.Protocol):
    """Answers every request with the same bytes, about as many as a real answer has."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio with the new connection."""
        self._transport = transport  # type: ignore[assignment]  # uvloop transports do not subclass asyncio's

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with what came in."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Called by the parser at the end of a request."""
        if self._transport is not None:
            self._transport.write(ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(NullProtocol, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(int(os.environ["BENCH_PORT"])))
    sys.exit(0)
