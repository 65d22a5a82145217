"""Headers, JSON and paths that are made to confuse: each is a typed refusal, and the next request is served."""

import asyncio
import gzip
import zlib
from typing import Any

import pytest

from service.http.guarding import MAX_HEAD_BYTES, MAX_HEADERS
from tests.security.conftest import Guarded, Opened
from tests.service.conftest import open_server

GOOD = b'{"items": [{"text": "fine"}]}'


async def _exchange(product: Any, sent: bytes, *, wait: float = 0.0) -> bytes:
    """Everything that comes back until the server closes, or answers and waits."""
    server, port = await open_server(product)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        received = b""
        try:
            async with asyncio.timeout(3 + wait):
                while piece := await reader.read(65536):
                    received += piece
                    if b"\r\n\r\n" in received and not wait and received.endswith(b"}"):
                        break
        except (TimeoutError, ConnectionResetError):
            pass
        writer.close()
    finally:
        server.close()
    return received


def say(guarded: Guarded, sent: bytes) -> bytes:
    return asyncio.run(_exchange(guarded.product, sent))


def request(guarded: Guarded, body: bytes = GOOD, extra: bytes = b"", length: bytes | None = None) -> bytes:
    token = guarded.tokens["a-decide"].encode()
    declared = str(len(body)).encode() if length is None else length
    return (
        b"POST /v1/decisions HTTP/1.1\r\nhost: weir\r\ncontent-type: application/json\r\nx-api-key: "
        + token
        + b"\r\ncontent-length: "
        + declared
        + b"\r\n"
        + extra
        + b"\r\n"
        + body
    )


def test_the_request_is_good_without_abuse(guarded: Guarded) -> None:
    assert say(guarded, request(guarded)).startswith(b"HTTP/1.1 200 ")


SMUGGLED = b"0\r\n\r\nGET /v1/keys HTTP/1.1\r\nhost: weir\r\n\r\n"
SMUGGLING = {
    "CL and TE": lambda g: request(g, SMUGGLED, b"transfer-encoding: chunked\r\n"),
    "TE and CL of another length": lambda g: request(g, SMUGGLED, b"transfer-encoding: chunked\r\n", b"4"),
    "two lengths": lambda g: request(g, GOOD, b"content-length: 5\r\n"),
    "a length with a sign": lambda g: request(g, GOOD, length=b"+29"),
    "a length that is none": lambda g: request(g, GOOD, length=b"29, 30"),
    "a negative length": lambda g: request(g, GOOD, length=b"-1"),
    "a length past 64 bits": lambda g: request(g, GOOD, length=b"99999999999999999999999"),
    "an unknown coding": lambda g: request(g, GOOD, b"transfer-encoding: xchunked\r\n"),
    "chunked twice": lambda g: request(g, SMUGGLED, b"transfer-encoding: chunked, chunked\r\n"),
    "a blank before the colon": lambda g: request(g, SMUGGLED, b"transfer-encoding : chunked\r\n"),
    "a folded header": lambda g: request(g, GOOD, b"x-a: b\r\n c: d\r\n"),
    "a bare CR": lambda g: request(g, GOOD, b"x-a: b\rc: d\r\n"),
    "a NUL in a header": lambda g: request(g, GOOD, b"x-a: b\x00c\r\n"),
    "no colon": lambda g: request(g, GOOD, b"nonsense\r\n"),
    "no name": lambda g: request(g, GOOD, b": value\r\n"),
    "an unknown version": lambda _: b"GET / HTTP/9.9\r\nhost: weir\r\n\r\n",
    "an unknown method": lambda _: b"HACK / HTTP/1.1\r\nhost: weir\r\n\r\n",
    "a blank in the target": lambda _: b"GET /a b HTTP/1.1\r\nhost: weir\r\n\r\n",
    "TLS on a plain port": lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("case", SMUGGLING)
def test_no_request_is_smuggled(guarded: Guarded, case: str) -> None:
    """One answer at most, never a second one to what was hidden in the first; and never that of a good request."""
    answer = say(guarded, SMUGGLING[case](guarded))
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b" 200 " not in answer.split(b"\r\n")[0]


def test_the_first_of_two_credentials_does_not_win(guarded: Guarded) -> None:
    twice = b"authorization: Bearer " + guarded.tokens["b-decide"].encode() + b"\r\n"
    assert say(guarded, request(guarded, extra=twice)).startswith(b"HTTP/1.1 401 ")


HEADS = {
    "one long header": b"x-a: " + b"a" * (MAX_HEAD_BYTES + 1) + b"\r\n",
    "many headers": b"x-a: b\r\n" * (MAX_HEADERS + 1),
    "a long name": b"x" * (MAX_HEAD_BYTES + 1) + b": b\r\n",
}


@pytest.mark.parametrize("case", HEADS)
def test_a_head_has_an_end(guarded: Guarded, case: str) -> None:
    answer = say(guarded, request(guarded, extra=HEADS[case]))
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"head_too_large" in answer


def test_a_long_target_is_refused(guarded: Guarded) -> None:
    sent = b"GET /" + b"a" * (MAX_HEAD_BYTES + 1) + b" HTTP/1.1\r\nhost: weir\r\n\r\n"
    assert say(guarded, sent).startswith(b"HTTP/1.1 431 ")


def test_a_head_that_never_ends_is_not_collected(guarded: Guarded) -> None:
    assert say(guarded, b"GET / HTTP/1.1\r\nx-a: " + b"a" * (3 * MAX_HEAD_BYTES)).startswith(b"HTTP/1.1 431 ")


def test_what_follows_a_refusal_on_the_same_connection_is_not_answered(guarded: Guarded) -> None:
    sent = request(guarded, extra=HEADS["many headers"]) + request(guarded)
    assert say(guarded, sent).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\nhost: we", b"POST /v1/decisions HTTP/1.1\r\ncontent-length: 9\r\n\r\n{", b""],
    ids=["half a head", "half a body", "nothing"],
)
def test_a_request_that_does_not_arrive_is_given_up(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    from service.http import guarding

    monkeypatch.setattr(guarding, "SWEEP_S", 0.05)
    _, product, _ = opened(request_timeout_ms=100)
    answer = asyncio.run(_exchange(product, sent, wait=20))
    assert answer.startswith(b"HTTP/1.1 4") if sent else answer == b""
    assert product.api is not None
    assert product.api.seats.n_requests == 0


def test_a_worker_holds_so_many_connections_and_no_more(opened: Opened) -> None:
    _, product, _ = opened(max_connections=1)

    async def scenario() -> bytes:
        server, port = await open_server(product)
        _, first = await asyncio.open_connection("127.0.0.1", port)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        answer = await reader.read()
        first.close()
        second.close()
        server.close()
        return answer

    assert b"too_many_connections" in asyncio.run(asyncio.wait_for(scenario(), 20))


NESTED = 20_000
BODIES = {
    "deep arrays": b'{"items": ' + b"[" * NESTED + b"]" * NESTED + b"}",
    "deep objects": b'{"a":' * NESTED + b"1" + b"}" * NESTED,
    "deep context": b'{"items": [{"text": "a", "context": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}]}",
    "a number of a million digits": b'{"items": ' + b"9" * 150_000 + b"}",
    "an exponent beyond all": b'{"items": [{"text": "a", "context": {"reach": 1e999}}]}',
    "a negative count": b'{"items": [{"text": "a", "context": {"user_reports": -1}}]}',
    "past 64 bits": b'{"items": [{"text": "a", "context": {"user_reports": 18446744073709551616}}]}',
    "NaN": b'{"items": [{"text": "a", "context": {"reach": NaN}}]}',
    "Infinity": b'{"items": [{"text": "a", "context": {"reach": Infinity}}]}',
    "a BOM": b"\xef\xbb\xbf" + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-32": GOOD.decode().encode("utf-32"),
    "Latin-1": b'{"items": [{"text": "\xe9"}]}',
    "an overlong slash": b'{"items": [{"text": "\xc0\xaf"}]}',
    "a NUL between": b'{"items":\x00 []}',
    "a NUL after": GOOD + b"\x00",
    "two documents": GOOD + GOOD,
    "a comment": b'/**/{"items": []}',
    "single quotes": b"{'items': []}",
    "a comma too many": b'{"items": [{"text": "a"},]}',
    "cut short": GOOD[:-1],
    "nothing": b"",
    "prototype": b'{"__proto__": {"items": []}, "items": [{"text": "a"}]}',
    "gzip": gzip.compress(GOOD),
}


@pytest.mark.parametrize("case", BODIES)
def test_abused_json_is_a_typed_400(guarded: Guarded, case: str) -> None:
    headers = guarded.bearer("a-decide") | {"content-type": "application/json"}
    for way in ("asgi", "socket"):
        answer = guarded.ask(way)("POST", "/v1/decisions", content=BODIES[case], headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["type"] == "invalid_request_error"


def test_of_two_equal_keys_the_last_counts_and_no_check_saw_the_first(guarded: Guarded) -> None:
    """What is checked is what is used: there is one reader."""
    body = b'{"items": [{"text": "fine", "context": {"tenant": "tenant-a"}, "context": {"tenant": "tenant-b"}}]}'
    headers = guarded.bearer("a-decide") | {"content-type": "application/json"}
    assert guarded.ask()("POST", "/v1/decisions", content=body, headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/v1/keys", "/v1/policies", "/v1/jobs", "/v1/webhooks", "/v1/appeals"])
@pytest.mark.parametrize("case", [name for name in BODIES if "context" not in name])
def test_management_routes_refuse_it_too(guarded: Guarded, path: str, case: str) -> None:
    headers = guarded.bearer("all-full") | {"content-type": "application/json"}
    answer = guarded.ask()("POST", path, content=BODIES[case], headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "GZIP", "x-gzip"])
@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/moderations", "/v1alpha1/comments:analyze", "/v1/banks"])
def test_nothing_is_decompressed(guarded: Guarded, coding: str, path: str) -> None:
    """A megabyte of zeros in a kilobyte stays a kilobyte."""
    bomb = zlib.compress(b"0" * 1_000_000) if coding == "deflate" else gzip.compress(b"0" * 1_000_000)
    headers = guarded.bearer("all-full") | {"content-type": "application/json", "content-encoding": coding}
    answer = guarded.ask()("POST", path, content=bomb, headers=headers)
    assert answer.status_code == 415


TRAVERSALS = (
    "/assets/../api.py",
    "/assets/..%2fapi.py",
    "/assets/%2e%2e/%2e%2e/settings.py",
    "/assets/....//api.py",
    "/assets/..\\api.py",
    "/assets//etc/passwd",
    "/assets/page.css%00.html",
    "/assets/page.css/..",
    "//etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/v1/jobs/..%2f..%2fetc%2fpasswd",
    "/v1/jobs/../keys",
    "/v1/jobs/..%5c..%5cweir.db/results",
    "/v1/jobs/%00",
    "/v1/keys/..%2fpolicies",
    "/v1/keys/../../etc/passwd",
    "/v1/policies/..%2f..%2fdefault.yaml",
    "/v1/policies/....//default",
    "/v1/reviews/..%2f..%2f",
    "/v1/webhooks/..%2fkeys",
    "/v1/banks/..%2f..%2fweir.db",
    "/v1/banks/%2e%2e/items",
    "/v1/models/..%2f..%2fbundles",
)


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out(guarded: Guarded, path: str) -> None:
    sent = f"GET {path} HTTP/1.1\r\nhost: weir\r\nx-api-key: {guarded.tokens['all-full']}\r\n\r\n".encode()
    answer = say(guarded, sent)
    status = int(answer.split(b" ")[1])
    assert status in (400, 403, 404, 405)
    assert b"root:" not in answer
    assert b"import " not in answer


@pytest.mark.parametrize("name", ["..", "../x", "/etc/passwd", "a/b", "a\x00b", ".hidden/../x"])
def test_a_bank_s_name_is_never_a_path(guarded: Guarded, name: str) -> None:
    draft = {"name": name, "category": "weapons", "action": "remove"}
    answer = guarded.ask()("POST", "/v1/banks", json=draft, headers=guarded.bearer("all-admin"))
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../etc/passwd", "file:///etc/passwd"])
def test_a_policy_posted_over_http_reads_no_file(guarded: Guarded, path: str) -> None:
    """Lists of a policy file may be in files of their own; one that comes over the network may not name any."""
    text = f"name: x\nlists:\n  - {{name: l, kind: block, file: {path!r}}}\nrules: []\n"
    answer = guarded.ask()("POST", "/v1/policies", json={"text": text}, headers=guarded.bearer("all-admin"))
    assert answer.status_code == 400
    assert "root:" not in answer.text


def test_after_all_of_it_the_service_answers(guarded: Guarded) -> None:
    assert say(guarded, request(guarded)).startswith(b"HTTP/1.1 200 ")
