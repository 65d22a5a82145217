"""A service without keys: it says that it is open, and answers nobody but its own machine."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from uvicorn.server import ServerState

from service.access.exposure import is_local_name, is_loopback
from service.access.listening import Door, NotGuardedError, require_guard
from service.engine import Engine
from service.http.asgi import ProductApp, Receive, Scope, Send, send_response
from service.http.front import FrontDoor
from service.http.messages import Response
from tests.security.conftest import Opened, open_service
from tests.service.conftest import asker, protocol_class

DECIDE = {"items": [{"text": "What a lovely day."}]}
ELSEWHERE = ("192.168.1.7", "10.0.0.5", "172.17.0.2", "8.8.8.8", "0.0.0.0", "::", "fe80::1", "2001:db8::1")
HERE = ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1")


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, ProductApp]]:
    """A service without keys."""
    engine, product, _ = open_service(tmp_path_factory.mktemp("open"))
    yield engine, product
    assert asyncio.run(engine.close()) == 0


@pytest.fixture(scope="module")
def opened_once(lonely: tuple[Engine, ProductApp]) -> ProductApp:
    return lonely[1]


@pytest.mark.parametrize("host", HERE)
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", [*ELSEWHERE, "::ffff:10.0.0.1"])
def test_any_other_address_is_not(host: str) -> None:
    assert not is_loopback(host)


def ask_at(product: Any, host: str, path: str, method: str = "POST", **options: Any) -> httpx.Response:
    """One request whose connection came to this address."""

    async def ask() -> httpx.Response:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await product({**scope, "server": (host, 3000)}, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://weir") as client:
            return await client.request(method, path, **options)

    return asyncio.run(ask())


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/decisions"), ("GET", "/v1/keys"), ("GET", "/"), ("GET", "/metrics")]
)
def test_an_open_service_answers_nobody_from_elsewhere(
    opened_once: ProductApp, host: str, method: str, path: str
) -> None:
    answer = ask_at(opened_once, host, path, method, json=DECIDE if method == "POST" else None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "open_mode_is_local")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_are_answered_all_the_same(opened_once: ProductApp, path: str) -> None:
    assert ask_at(opened_once, "10.0.0.5", path, "GET").status_code == 200


def test_what_bentoml_answers_is_behind_the_same_gate(opened: Opened) -> None:
    async def bento(_: Scope, __: Receive, send: Send) -> None:
        await send_response(Response(200, [], b"bento"), send)

    open_door, closed_door = (FrontDoor(opened(require_keys=keys)[1], bento) for keys in (False, True))
    for path in ("/score", "/docs.json", "/schema.json", "/anything"):
        assert ask_at(open_door, "127.0.0.1", path).text == "bento"
        assert ask_at(open_door, "10.0.0.5", path).status_code == 403
        assert ask_at(closed_door, "127.0.0.1", path).status_code == 401


def test_a_gateway_may_stand_in_front(opened: Opened) -> None:
    _, product, _ = opened(open_to_network=True)
    assert ask_at(product, "10.0.0.5", "/v1/decisions", json=DECIDE).status_code == 200


def test_with_keys_it_answers_from_everywhere(opened: Opened) -> None:
    _, product, _ = opened(admin_token="secret", require_keys=True)
    answer = ask_at(product, "10.0.0.5", "/v1/decisions", json=DECIDE, headers={"x-api-key": "secret"})
    assert answer.status_code == 200


def test_an_admin_token_alone_closes_administration_and_nothing_else(opened: Opened) -> None:
    _, product, _ = opened(admin_token="secret")
    assert ask_at(product, "127.0.0.1", "/v1/decisions", json=DECIDE).status_code == 200
    assert ask_at(product, "127.0.0.1", "/v1/keys", "GET").status_code == 401
    assert ask_at(product, "127.0.0.1", "/v1/keys", "GET", headers={"x-api-key": "wrong"}).status_code == 401
    assert ask_at(product, "127.0.0.1", "/v1/keys", "GET", headers={"x-api-key": "secret"}).status_code == 200
    assert ask_at(product, "10.0.0.5", "/v1/decisions", json=DECIDE, headers={"x-api-key": "secret"}).status_code == 403


def test_an_admin_token_alone_does_not_guard_a_public_address(lonely: tuple[Engine, ProductApp]) -> None:
    with pytest.raises(NotGuardedError, match="weir key create"):
        require_guard("0.0.0.0", lonely[0].settings.model_copy(update={"admin_token": SecretStr("x")}))


def test_the_protocol_looks_at_the_connection_s_own_address(opened_once: ProductApp) -> None:
    """On a real socket, which is made to believe that it was reached at a public address."""

    async def scenario() -> bytes:
        config = uvicorn.Config(opened_once, log_config=None, proxy_headers=False)
        state, loop, kind = ServerState(), asyncio.get_running_loop(), protocol_class(opened_once)

        def make() -> asyncio.Protocol:
            protocol = kind(config, state, {}, loop)
            connected = protocol.connection_made

            def connection_made(transport: asyncio.Transport) -> None:
                connected(transport)
                protocol.is_local = is_loopback("192.168.1.7")

            protocol.connection_made = connection_made  # type: ignore[method-assign, assignment]
            return protocol

        server = await loop.create_server(make, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nhost: 192.168.1.7\r\n\r\n")
        head = await reader.readuntil(b"\r\n")
        writer.close()
        server.close()
        return head

    assert asyncio.run(asyncio.wait_for(scenario(), 20)) == b"HTTP/1.1 403 Forbidden\r\n"


@pytest.mark.parametrize("host", ["localhost", "localhost:3000", "127.0.0.1:3000", "[::1]:3000", "weir", "a.localhost"])
def test_a_name_of_this_machine_is_local(host: str) -> None:
    assert is_local_name([(b"host", host.encode())])


@pytest.mark.parametrize("host", ["evil.example.com", "evil.example.com:3000", "127.0.0.1.evil.example", "a.b"])
def test_a_name_that_was_bound_to_this_machine_from_elsewhere_is_refused(opened_once: ProductApp, host: str) -> None:
    """DNS rebinding: a page from elsewhere whose name leads to 127.0.0.1."""
    answer = asker("socket", opened_once)("POST", "/v1/decisions", json=DECIDE, headers={"host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "open_mode_is_local")


def test_an_open_service_says_so_with_every_answer(opened_once: ProductApp) -> None:
    assert asker("asgi", opened_once)("POST", "/v1/decisions", json=DECIDE).headers["x-weir-open"] == "true"
    assert asker("asgi", opened_once)("GET", "/v1/keys").headers["x-weir-open"] == "true"


def test_an_open_service_says_so_in_its_log(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bentoml.weir.access"):
        opened()
    assert "OPEN" in caplog.text
    assert "weir key create" in caplog.text


def test_a_closed_service_does_not(opened: Opened) -> None:
    _, product, _ = opened(require_keys=True)
    assert "x-weir-open" not in asker("asgi", product)("GET", "/").headers


def test_the_first_key_closes_the_door(opened: Opened) -> None:
    _, product, ring = opened()
    ask = asker("asgi", product)
    made = ask("POST", "/v1/keys", json={"name": "first", "scopes": ["decide"]}).json()
    ring.poll()
    assert ask("POST", "/v1/decisions", json=DECIDE).status_code == 401
    assert ask("POST", "/v1/decisions", json=DECIDE, headers={"x-api-key": made["token"]}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "10.0.0.1"])
def test_a_public_address_without_keys_is_refused_at_start(lonely: tuple[Engine, ProductApp], host: str) -> None:
    settings = lonely[0].settings
    with pytest.raises(NotGuardedError, match="weir key create"):
        require_guard(host, settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_local_one_is_not(lonely: tuple[Engine, ProductApp], host: str) -> None:
    assert require_guard(host, lonely[0].settings) is Door.OPEN


@pytest.mark.parametrize("given", [{"require_keys": True}, {"open_to_network": True}])
def test_nor_is_one_that_is_guarded(lonely: tuple[Engine, ProductApp], given: dict[str, object]) -> None:
    require_guard("0.0.0.0", lonely[0].settings.model_copy(update=given))


def test_what_no_model_scores_is_said_once_a_worker(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "bentoml.weir"):
        opened()
    assert caplog.text.count("no loaded model scores") == 1


def test_a_worker_that_nobody_can_reach_says_so(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bentoml.weir.access"):
        opened(require_keys=True)
    assert "nobody can get in" in caplog.text


def test_an_admin_token_alone_is_told_apart_in_the_log(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bentoml.weir.access"):
        opened(admin_token="secret")
    assert "administration wants the admin token" in caplog.text
