"""Moderate with the unmodified `openai` client: only the base URL is changed.

    python tests/e2e/openai_client.py http://localhost:3000/v1 [--images] [--key KEY]

The test suite runs the same functions against a server of its own.
"""

import argparse
import asyncio
import base64
import sys
from collections.abc import Callable

import openai
from openai.types import (
    Moderation,
    ModerationCreateResponse,
    ModerationImageURLInputParam,
    ModerationMultiModalInputParam,
    ModerationTextInputParam,
)

API_KEY = "unused"
MODEL = "omni-moderation-latest"
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")


def check(response: ModerationCreateResponse, n_results: int) -> None:
    """The response has everything that the client's types promise, and says what was not scored."""
    assert response.id.startswith("modr-")
    assert len(response.results) == n_results
    for result in response.results:
        check_result(result)


def check_result(result: Moderation) -> None:
    """One result, through the attributes that the client generates from the wire's names."""
    assert isinstance(result.flagged, bool)
    assert 0.0 <= result.category_scores.harassment_threatening <= 1.0
    assert result.categories.sexual_minors is False
    assert result.category_applied_input_types.sexual_minors == []
    assert result.category_applied_input_types.harassment == ["text"]
    Moderation.model_validate(result.model_dump(by_alias=True), strict=True)


def moderate(base_url: str, key: str = API_KEY) -> None:
    """Every shape of input that can be scored, and one that cannot."""
    with openai.OpenAI(base_url=base_url, api_key=key, max_retries=0) as client:
        check(client.moderations.create(model=MODEL, input="What a lovely day."), 1)
        check(client.moderations.create(input=["What a lovely day.", "I will find you and hurt you."]), 2)
        check(client.moderations.create(model=MODEL, input=[{"type": "text", "text": "one part"}]), 1)
        check(client.moderations.create(model=MODEL, input=[f"text number {index}" for index in range(32)]), 32)
        refused = refusal(client, ["fine", ""])
        assert (refused.code, refused.param, refused.type) == ("empty_content", "input[1]", "invalid_request_error")


def refusal(
    client: openai.OpenAI, content: str | list[str] | list[ModerationMultiModalInputParam]
) -> openai.BadRequestError:
    """The error that the client raises for an input that cannot be scored."""
    try:
        client.moderations.create(model=MODEL, input=content)
    except openai.BadRequestError as error:
        return error
    raise AssertionError("an input that cannot be scored was accepted")


def read_errors(base_url: str, key: str = API_KEY) -> None:
    """Every refusal is the exception that callers catch, with type, param and code."""
    with openai.OpenAI(base_url=base_url, api_key=key, max_retries=0) as client:
        for content, code in [("", "empty_content"), ([], "empty_array"), (None, "invalid_type")]:
            refused = refusal(client, content)  # type: ignore[arg-type]
            assert (refused.code, refused.param, refused.type) == (code, "input", "invalid_request_error")
        missing = absence(lambda: client.moderations.create(model="gpt-4o", input="fine"))
        assert (missing.code, missing.param, missing.type) == ("model_not_found", "model", "invalid_request_error")
        assert "The model `gpt-4o` does not exist" in missing.message


def absence(call: Callable[[], object]) -> openai.NotFoundError:
    """The error that the client raises for a model that does not exist."""
    try:
        call()
    except openai.NotFoundError as error:
        return error
    raise AssertionError("a model that does not exist answered")


def list_models(base_url: str, key: str = API_KEY) -> None:
    """Every name that is listed can be asked for, and the answer names the bundles that looked."""
    with openai.OpenAI(base_url=base_url, api_key=key, max_retries=0) as client:
        models = {model.id: model for model in client.models.list()}
        assert {MODEL, "omni-moderation-2024-09-26", "text-moderation-latest", "weir-latest"} <= set(models)
        for name, model in models.items():
            assert client.models.retrieve(name) == model
            answer = client.moderations.create(model=name, input="What a lovely day.")
            assert answer.model in models
            assert client.moderations.create(model=answer.model, input="fine").model == answer.model
        assert absence(lambda: client.models.retrieve("text-minilm-0.0.0")).code == "model_not_found"


def read_raw(base_url: str, key: str = API_KEY) -> None:
    """Headers and body as they are; fields for streams are taken, and change nothing."""
    with openai.OpenAI(base_url=base_url, api_key=key, organization="org", project="p", max_retries=0) as client:
        raw = client.moderations.with_raw_response.create(input="What a lovely day.", extra_headers={"x-mine": "1"})
        assert raw.headers["content-type"] == "application/json"
        assert raw.request_id == raw.headers["x-request-id"]
        extra = {"stream": True, "stream_options": {"include_usage": True}, "user": "somebody"}
        streamed = client.moderations.create(input="What a lovely day.", extra_body=extra)
        assert streamed.results == raw.parse().results
        with client.moderations.with_streaming_response.create(input="What a lovely day.") as response:
            assert response.parse().results == streamed.results
        named = client.moderations.create(input="fine", extra_headers={"x-request-id": "mine-1"})
        assert named._request_id == "mine-1"


def moderate_images(base_url: str, key: str = API_KEY) -> None:
    """Text and images as one item: what was looked at is said, and an image that cannot be read is named."""
    with openai.OpenAI(base_url=base_url, api_key=key, max_retries=0) as client:
        text: ModerationTextInputParam = {"type": "text", "text": "What a lovely day."}
        parts: list[ModerationMultiModalInputParam] = [text, image_part(PIXEL), image_part(PIXEL)]
        result = client.moderations.create(model=MODEL, input=parts).results[0]
        applied = result.category_applied_input_types.model_dump(by_alias=True)
        assert "text" in applied["harassment"]
        assert any(types == ["image"] for types in applied.values())
        broken: list[ModerationMultiModalInputParam] = [text, image_part(b"nothing to see")]
        refused = refusal(client, broken)
        assert (refused.code, refused.param) == ("unsupported_image_format", "input[1].image_url")


def image_part(data: bytes) -> ModerationImageURLInputParam:
    """An image as the client sends it."""
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


async def moderate_concurrently(base_url: str, key: str = API_KEY, n_requests: int = 20) -> None:
    """Many requests at once from the asynchronous client: each gets its own answer, the same as alone."""
    texts = [f"you are number {index % 7}" for index in range(n_requests)]
    async with openai.AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0) as client:
        together = await asyncio.gather(*(client.moderations.create(input=text) for text in texts))
        alone = [await client.moderations.create(input=text) for text in texts[:7]]
        raw = await client.moderations.with_raw_response.create(input=texts[0])
        assert raw.parse().results == alone[0].results
        assert [model.id async for model in client.models.list()]
        (missing,) = await asyncio.gather(
            client.moderations.create(model="gpt-4o", input="fine"), return_exceptions=True
        )
        assert isinstance(missing, openai.NotFoundError)
    for index, response in enumerate(together):
        check(response, 1)
        assert response.results[0].model_dump() == alone[index % 7].results[0].model_dump()


def main() -> None:
    """Run everything against one server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base_url", nargs="?", default="http://localhost:3000/v1")
    parser.add_argument("--images", action="store_true", help="send pictures as well")
    parser.add_argument("--key", default=API_KEY, help="where the server asks for one")
    asked = parser.parse_args()
    base_url, key = asked.base_url, asked.key
    moderate(base_url, key)
    read_errors(base_url, key)
    list_models(base_url, key)
    read_raw(base_url, key)
    if asked.images:
        moderate_images(base_url, key)
    asyncio.run(moderate_concurrently(base_url, key))
    sys.stdout.write(f"openai {openai.__version__} works with {base_url}\n")


if __name__ == "__main__":
    main()
