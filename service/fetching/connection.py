"""Connections to addresses that somebody else named: the name is resolved once, and the connection goes where it led.

    connector = Connector(FetchRules(...))                     # one a purpose; close() it in the end
    answer = connector.request("POST", url, headers, body)     # blocks: call it in a thread
    answer.status, answer.headers, answer.body

Every address that the name has must be allowed, and the connection is made to one of these very addresses; the name
is not asked again, so that it cannot lead elsewhere the second time. TLS checks the certificate against the name.
Redirects are returned, not followed: whoever follows one asks `request` again, which checks it all anew. There are no
proxies, cookies or credentials, nothing is decompressed, and the time limit holds for all of it, however slowly the
other side drips.

Raises `FetchRefusedError` (never going to work) or `FetchFailedError` (may work later); neither quotes the address.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Self

from service.fetching.addresses import IpAddress
from service.fetching.errors import AnswerTooLargeError, FetchFailedError, FetchRefusedError, UnresolvedError
from service.fetching.rules import FetchRules
from service.fetching.target import Target, read_target

_PIECE: Final = 64 * 1024
_MAX_ADDRESSES: Final = 3
"""Of a name with many, so many are tried."""
_N_RESOLVERS: Final = 4
"""Threads that wait for names: the system's resolver cannot be interrupted, so what hangs in it is bounded."""
NOT_PUBLIC: Final = "the host has no public address"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in lower case; of repeated ones the last counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connector:
    """Makes requests under one set of rules. Blocks; may be called from several threads."""

    def __init__(self, rules: FetchRules, tls: ssl.SSLContext | None = None) -> None:
        self.rules = rules
        self._tls = tls
        self._resolvers = ThreadPoolExecutor(_N_RESOLVERS, thread_name_prefix="resolver")

    def close(self) -> None:
        """Ask no more names; waits for nobody."""
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        max_bytes: int = _PIECE,
        deadline: float | None = None,
    ) -> Answer:
        """One request and its answer, whatever its status.

        Args:
            method: such as GET or POST.
            url: absolute.
            headers: beside `host`, `connection`, `accept-encoding` and `content-length`, which are set here.
            body: None for none.
            max_bytes: of the answer's body.
            deadline: on the clock of `time.monotonic`; by default the rules' total from now.

        Raises:
            FetchRefusedError: The rules do not allow it.
            FetchFailedError: It was tried, and failed.

        """
        target = read_target(url, self.rules)
        deadline = time.monotonic() + self.rules.total_timeout_s if deadline is None else deadline
        try:
            with self._connect(target, deadline) as wire:
                return _exchange(wire, target, method, headers or {}, body, max_bytes)
        except TimeoutError:
            raise FetchFailedError("the other side did not answer in time") from None
        except ssl.SSLError:
            raise FetchFailedError("the other side's certificate or encryption is not valid") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise FetchFailedError("the other side does not answer as a web server should") from None

    def addresses(self, target: Target, deadline: float) -> list[IpAddress]:
        """Where a target is, if the rules allow all of it.

        Raises:
            FetchRefusedError: One of the addresses is not allowed.
            UnresolvedError: There are none.

        """
        found = [target.address] if target.address is not None else self._resolve(target, deadline)
        if not all(self.rules.allows_address(address) for address in found):
            raise FetchRefusedError(NOT_PUBLIC)
        return found

    def _resolve(self, target: Target, deadline: float) -> list[IpAddress]:
        asked = self._resolvers.submit(socket.getaddrinfo, target.host, target.port, 0, socket.SOCK_STREAM)
        try:
            entries = asked.result(min(self.rules.connect_timeout_s, _left(deadline)))
        except (OSError, UnicodeError, FutureTimeoutError):
            asked.cancel()
            raise UnresolvedError("the host's name has no address") from None
        found = list(dict.fromkeys(ip_address(entry[4][0]) for entry in entries))
        if not found:
            raise UnresolvedError("the host's name has no address")
        return found

    def _connect(self, target: Target, deadline: float) -> "Wire":
        failure: OSError = TimeoutError()
        for address in self.addresses(target, deadline)[:_MAX_ADDRESSES]:
            connected: socket.socket | None = None
            try:
                limit_s = min(self.rules.connect_timeout_s, _left(deadline))
                connected = socket.create_connection((str(address), target.port), limit_s)
                if target.scheme == "https":
                    connected = self._context().wrap_socket(connected, server_hostname=target.host)
            except OSError as error:
                failure = error
                if connected is not None:
                    connected.close()
            else:
                return Wire(connected, deadline)
        raise failure

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


class Wire:
    """A connected socket that keeps to a deadline with every piece: as much of a socket as `http.client` needs."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it, or time out."""
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 - http.client asks for "rb"
        """What an answer is read from."""
        return io.BufferedReader(_Incoming(self._socket, self._deadline))

    def close(self) -> None:
        """Nothing: `http.client` closes its side before the answer is read."""

    def __enter__(self) -> Self:
        """Hold the socket."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the socket."""
        self._socket.close()


class _Incoming(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: float) -> None:
        super().__init__()
        self._socket = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._socket.settimeout(_left(self._deadline))
        return self._socket.recv_into(buffer)


def _exchange(
    wire: Wire, target: Target, method: str, headers: Mapping[str, str], body: bytes | None, max_bytes: int
) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.auto_open = 0  # it never connects by itself
    connection.sock = wire
    connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
    fixed = {"host": target.authority, "accept-encoding": "identity", "connection": "close"}
    if body is not None:
        fixed["content-length"] = str(len(body))
    for name, value in ({name.lower(): value for name, value in headers.items()} | fixed).items():
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    return Answer(
        response.status,
        {name.lower(): value for name, value in response.getheaders()},
        _read(response, max_bytes),
    )


def _read(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """The body, piece by piece, so that no more than a piece beyond the limit is ever held."""
    if response.length is not None and response.length > max_bytes:
        raise AnswerTooLargeError(f"the answer has more than {max_bytes} bytes")
    pieces = bytearray()
    while piece := response.read(_PIECE):
        pieces += piece
        if len(pieces) > max_bytes:
            raise AnswerTooLargeError(f"the answer has more than {max_bytes} bytes")
    if response.length:
        raise FetchFailedError("the answer ended too soon")
    return bytes(pieces)


def _left(deadline: float) -> float:
    """Seconds that are left; never 0, which would mean no waiting at all."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
