"""Connections: pinned, bounded in size and time, and without anything that the caller did not say."""

import datetime
import socket
import ssl
import threading
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.fetching.connection import Connector
from service.fetching.errors import AnswerTooLargeError, FetchFailedError, FetchRefusedError, UnresolvedError
from service.fetching.rules import FetchRules
from tests.security.outside import LOOPBACK, answer, outside

Resolve = Callable[..., list[tuple[int, int, int, str, tuple[str, int]]]]


def resolving(*addresses: str) -> Resolve:
    """A resolver of one answer."""

    def resolve(_: str, port: int, *__: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def test_an_answer_has_its_status_headers_and_body() -> None:
    with outside(answer(b"abc", "201 Created", etag="7")) as server:
        got = Connector(LOOPBACK).request("GET", server.url())
    assert (got.status, got.headers["etag"], got.body) == (201, "7", b"abc")


def test_a_body_is_sent_with_the_caller_s_headers() -> None:
    with outside(answer()) as server:
        Connector(LOOPBACK).request("POST", server.url("/hook?a=b"), {"X-Signature": "s"}, b"{}")
    head, _, body = server.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    assert (b"x-signature: s" in head, b"content-length: 2" in head, body) == (True, True, b"{}")


def test_nothing_is_said_of_the_sender() -> None:
    with outside(answer()) as server:
        Connector(LOOPBACK).request("GET", server.url())
    names = {line.partition(b":")[0] for line in server.asked[0].split(b"\r\n")[1:] if line}
    assert names == {b"host", b"accept-encoding", b"connection"}


def test_a_header_cannot_bring_another_with_it() -> None:
    with outside(answer()) as server, pytest.raises(FetchFailedError):
        Connector(LOOPBACK).request("GET", server.url(), {"x-a": "1\r\nx-b: 2"})


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with outside(answer(b"direct")) as server:
        assert Connector(LOOPBACK).request("GET", server.url()).body == b"direct"


@pytest.mark.parametrize(
    "sent",
    [
        answer(b"x" * 11),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 11,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n" + b"x" * 11 + b"\r\n0\r\n\r\n",
    ],
)
def test_more_than_the_limit_is_not_taken(sent: bytes) -> None:
    with outside(sent) as server, pytest.raises(AnswerTooLargeError):
        Connector(LOOPBACK).request("GET", server.url(), max_bytes=10)


def test_as_much_as_the_limit_is_taken() -> None:
    with outside(answer(b"x" * 10)) as server:
        assert len(Connector(LOOPBACK).request("GET", server.url(), max_bytes=10).body) == 10


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"220 smtp.example ESMTP\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_what_is_not_a_whole_answer_is_a_typed_failure(sent: bytes) -> None:
    with outside(sent) as server, pytest.raises(FetchFailedError):
        Connector(LOOPBACK).request("GET", server.url())


def test_an_answer_that_drips_ends_at_the_deadline() -> None:
    rules = FetchRules(LOOPBACK.schemes, None, networks=LOOPBACK.networks, total_timeout_s=0.3)
    drops = [b"HTTP/1.1 200 OK\r\n", *([b"x-a: b\r\n"] * 1_000)]
    with outside(drops, pause_s=0.02) as server, pytest.raises(FetchFailedError, match="in time"):
        Connector(rules).request("GET", server.url())


def test_a_port_where_nobody_listens_is_a_typed_failure() -> None:
    with outside() as server:
        url = server.url()
    with pytest.raises(FetchFailedError):
        Connector(LOOPBACK).request("GET", url)


def test_a_redirect_is_returned_and_not_followed() -> None:
    with outside(answer(b"", "302 Found", location="http://127.0.0.1:1/")) as server:
        assert Connector(LOOPBACK).request("GET", server.url()).status == 302
    assert len(server.asked) == 1


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254"])
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving(inside))
    with pytest.raises(FetchRefusedError, match="no public address"):
        Connector(FetchRules()).request("GET", "https://example.com/")


def test_one_address_inside_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving("8.8.8.8", "10.0.0.1"))
    with pytest.raises(FetchRefusedError):
        Connector(FetchRules()).request("GET", "https://example.com/")


def test_a_name_without_an_address_is_a_failure_that_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnresolvedError):
        Connector(FetchRules()).request("GET", "https://example.com/")


def test_the_name_is_asked_once_and_the_connection_goes_where_it_led(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: a second answer would lead elsewhere, and is never asked for."""
    asked: list[str] = []
    genuine = socket.getaddrinfo

    def rebinding(host: str, port: int, *rest: int) -> object:
        if host == "rebinding.example.com":
            asked.append(host)
            return resolving("127.0.0.1" if len(asked) == 1 else "10.0.0.1")(host, port)
        return genuine(host, port, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with outside(answer(b"first")) as server:
        got = Connector(LOOPBACK).request("GET", f"http://rebinding.example.com:{server.port}/")
    assert (got.body, len(asked)) == (b"first", 1)
    assert f"host: rebinding.example.com:{server.port}".encode() in server.asked[0]


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's side of a certificate for one name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


def _ask_over_tls(
    monkeypatch: pytest.MonkeyPatch, server: ssl.SSLContext, client: ssl.SSLContext, name: str
) -> tuple[bytes, list[str | None]]:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    names: list[str | None] = []

    def note(_: ssl.SSLObject, server_name: str | None, __: ssl.SSLContext) -> None:
        names.append(server_name)

    server.sni_callback = note  # type: ignore[assignment]

    def serve() -> None:
        connection, _ = listener.accept()
        try:
            with server.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(answer(b"secret"))
        except OSError:
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    genuine = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: int) -> object:
        return resolving("127.0.0.1")(host, port) if host == name else genuine(host, port, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    rules = FetchRules(ports=None, networks=(ip_network("127.0.0.0/8"),), total_timeout_s=5.0)
    try:
        return Connector(rules, client).request("GET", f"https://{name}:{port}/").body, names
    finally:
        thread.join(10)
        listener.close()


def test_tls_names_the_host_and_not_the_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server, client = _certificate(tmp_path, "images.example.com")
    body, names = _ask_over_tls(monkeypatch, server, client, "images.example.com")
    assert (body, names) == (b"secret", ["images.example.com"])


def test_a_certificate_of_another_name_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server, client = _certificate(tmp_path, "images.example.com")
    with pytest.raises(FetchFailedError, match="certificate"):
        _ask_over_tls(monkeypatch, server, client, "other.example.com")


def test_a_certificate_that_nobody_vouches_for_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server, _ = _certificate(tmp_path, "images.example.com")
    with pytest.raises(FetchFailedError, match="certificate"):
        _ask_over_tls(monkeypatch, server, ssl.create_default_context(), "images.example.com")
