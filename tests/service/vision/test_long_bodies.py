"""Long bodies: only those that bring images, say their length and find room are read; what they hold is given back."""

import asyncio

import httpx
import pytest

from service.engine import Engine
from service.errors import RequestError
from service.http.asgi import ProductApp
from service.vision.budget import ByteBudget
from tests.service.conftest import Ask, open_server
from tests.service.vision.conftest import data_url
from tests.service.vision.seeing import GREY, flat, png

JSON = {"content-type": "application/json"}
NOISE = bytes(90_000)


def body(n_images: int) -> bytes:
    image = f'{{"url": "{data_url(NOISE)}"}}'
    return f'{{"items": [{{"images": [{", ".join([image] * n_images)}]}}]}}'.encode()


def test_a_body_with_images_may_be_long(see: Ask, seeing_engine: Engine) -> None:
    answer = see("POST", "/v1/decisions", content=body(3), headers=JSON)
    assert (answer.status_code, answer.json()["results"][0]["code"]) == (422, "unsupported_image_format")
    assert seeing_engine.budget.n_bytes == 0


def test_a_body_longer_than_its_images_may_be_is_413(see: Ask, seeing_engine: Engine) -> None:
    answer = see("POST", "/v1/decisions", content=body(6), headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert seeing_engine.budget.n_bytes == 0


def test_a_long_body_says_its_length(seeing_product: ProductApp) -> None:
    async def chunked(piece: bytes, n_pieces: int) -> httpx.Response:
        async def pieces():  # type: ignore[no-untyped-def]
            for _ in range(n_pieces):
                yield piece

        server, port = await open_server(seeing_product)
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                return await client.post("/v1/decisions", content=pieces(), headers=JSON)
        finally:
            server.close()

    refused = asyncio.run(chunked(b" " * 9_000, 4))
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")


def test_a_full_budget_is_429_and_recovers(see: Ask, seeing_engine: Engine) -> None:
    with seeing_engine.budget.held(seeing_engine.settings.max_image_bytes_in_flight):
        answer = see("POST", "/v1/decisions", content=body(2), headers=JSON)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert see("POST", "/v1/decisions", content=body(2), headers=JSON).status_code == 422


def test_a_client_that_goes_gives_its_room_back(seeing_product: ProductApp, seeing_engine: Engine) -> None:
    async def leave() -> tuple[int, int]:
        server, port = await open_server(seeing_product)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = ("POST /v1/decisions HTTP/1.1", "host: a", "content-type: application/json", "content-length: 300000")
        writer.write("\r\n".join([*head, "", ""]).encode() + b" " * 100_000)
        await writer.drain()
        while not seeing_engine.budget.n_bytes:
            await asyncio.sleep(0.01)
        held = seeing_engine.budget.n_bytes
        writer.close()
        while seeing_engine.budget.n_bytes:
            await asyncio.sleep(0.01)
        server.close()
        return held, seeing_engine.budget.n_bytes

    assert asyncio.run(leave()) == (300_000, 0)


def test_a_path_without_images_keeps_its_limit(see: Ask) -> None:
    headers = {"authorization": "Bearer secret", **JSON}
    assert see("POST", "/v1/banks/x/items", content=body(6), headers=headers).status_code == 413


def test_without_a_model_of_images_bodies_stay_short(ask: Ask) -> None:
    answer = ask("POST", "/v1/decisions", content=b" " * 250_000, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


def test_a_claim_larger_than_everything_is_granted_when_nothing_is_held() -> None:
    budget = ByteBudget(10)
    with budget.held(100), pytest.raises(RequestError):
        budget.claim(1)
    assert budget.n_bytes == 0


def test_images_beyond_the_queue_are_refused(see: Ask, seeing_engine: Engine) -> None:
    vision = seeing_engine.vision
    assert vision is not None
    vision.examiner.n_images = seeing_engine.settings.max_queue_images
    try:
        item = {"images": [{"url": data_url(png(flat(GREY)))}]}
        answer = see("POST", "/v1/decisions", json={"items": [item]})
    finally:
        vision.examiner.n_images = 0
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "overloaded")
