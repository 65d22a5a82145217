"""The front door: product paths are answered, everything else is passed on if its length is declared and legal."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from service.engine import Engine
from service.http.asgi import ProductApp, Receive, Scope, Send, send_response
from service.http.front import FrontDoor
from service.http.messages import Response


async def _elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send_response(Response(200, [], b"elsewhere"), send)


@pytest.fixture
def door(product: ProductApp) -> FrontDoor:
    return FrontDoor(product, _elsewhere)


def _ask(door: FrontDoor, path: str, content: bytes | Iterator[bytes] | None = None) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://weir") as client:
            headers = {"transfer-encoding": "chunked"} if content is None else {}
            return await client.post(path, content=content or b"", headers=headers)

    return asyncio.run(ask())


def test_another_path_is_passed_on(door: FrontDoor) -> None:
    assert _ask(door, "/score", b"{}").text == "elsewhere"


def test_a_product_path_is_not(door: FrontDoor) -> None:
    assert _ask(door, "/livez", b"{}").status_code == 405


def test_a_body_over_the_limit_is_not_passed_on(door: FrontDoor, engine: Engine) -> None:
    answer = _ask(door, "/score", b"x" * (engine.settings.max_body_bytes + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


def test_a_body_of_undeclared_length_is_not_passed_on(door: FrontDoor) -> None:
    answer = _ask(door, "/score")
    assert (answer.status_code, answer.json()["error"]["code"]) == (411, "length_required")
