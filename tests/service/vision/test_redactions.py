"""`POST /v1/redactions`: an image in, as JSON or as its bytes; a JPEG with nothing recognisable where it was asked."""

from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from service.engine import Engine
from tests.service.conftest import Ask
from tests.service.vision.conftest import url
from tests.service.vision.seeing import CYAN, GREEN, GREY, RED, YELLOW, flat, picture, png, wordy

PNG = {"content-type": "image/png"}


def pixels(answer: httpx.Response) -> np.ndarray[Any, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    return np.asarray(Image.open(BytesIO(answer.content)).convert("RGB")).astype(int)


def is_washed_out(copy: np.ndarray[Any, Any], x: int) -> bool:
    """Whether the edge between two squares of the first row has run."""
    return bool(abs(copy[8, x - 1] - copy[8, x]).max() < 60)


def test_json_and_bytes_give_the_same_copy(see: Ask) -> None:
    image = picture(GREEN)
    by_json = see("POST", "/v1/redactions", json={"image": {"url": url(image)}})
    by_bytes = see("POST", "/v1/redactions", content=png(image), headers=PNG)
    assert by_json.content == by_bytes.content


def test_harm_is_blurred_by_default_and_faces_are_not(see: Ask) -> None:
    copy = pixels(see("POST", "/v1/redactions", content=png(picture(GREEN, GREY, YELLOW)), headers=PNG))
    assert is_washed_out(copy, 16)
    assert not is_washed_out(copy, 48)


def test_the_query_chooses_for_an_image_as_bytes(see: Ask) -> None:
    image = png(picture(GREEN, GREY, YELLOW))
    copy = pixels(see("POST", "/v1/redactions?redact=face", content=image, headers=PNG))
    assert not is_washed_out(copy, 16)
    assert is_washed_out(copy, 48)


def test_the_field_chooses_for_an_image_in_json(see: Ask) -> None:
    body = {"image": {"url": url(picture(GREEN, GREY, YELLOW))}, "redact": ["face", "harm"]}
    copy = pixels(see("POST", "/v1/redactions", json=body))
    assert is_washed_out(copy, 16)
    assert is_washed_out(copy, 48)


def test_the_whole_picture_can_be_blurred(see: Ask) -> None:
    copy = pixels(see("POST", "/v1/redactions?redact=picture", content=png(picture(GREY, RED, GREY)), headers=PNG))
    assert is_washed_out(copy, 16)
    assert is_washed_out(copy, 32)


def test_a_harmless_picture_comes_back_as_it_was(see: Ask) -> None:
    copy = pixels(see("POST", "/v1/redactions", content=png(flat(wordy(2))), headers=PNG))
    assert abs(copy - np.array(wordy(2))).max() < 12


def test_nothing_is_decided_or_recorded(see: Ask, seeing_engine: Engine) -> None:
    before = seeing_engine.log.n_pending
    see("POST", "/v1/redactions", content=png(flat(GREY)), headers=PNG)
    assert seeing_engine.log.n_pending <= before


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"json": {}}, 400, "missing_field"),
        ({"json": {"image": "data:"}}, 400, "invalid_type"),
        ({"json": {"image": {"url": "https://x"}}}, 400, "remote_images_off"),
        ({"json": {"image": {"url": url(flat(GREY)), "x": 1}}}, 400, "unknown_field"),
        ({"json": {"image": {"url": url(flat(GREY))}, "redact": []}}, 400, "invalid_value"),
        ({"json": {"image": {"url": url(flat(GREY))}, "redact": "harm"}}, 400, "invalid_type"),
        ({"content": b"", "headers": PNG}, 400, "invalid_image"),
        ({"content": b"x" * 120_000, "headers": PNG}, 400, "image_too_large"),
        ({"content": b"nothing", "headers": PNG}, 400, "unsupported_image_format"),
        ({"content": png(flat(GREY))[:50], "headers": PNG}, 400, "invalid_image"),
        ({"content": png(flat(CYAN)), "headers": PNG}, 500, "internal"),
        ({"content": png(flat(GREY)), "headers": PNG, "params": {"redact": "everything"}}, 400, "invalid_value"),
        ({"content": png(flat(GREY)), "headers": PNG, "params": {"blur": "harm"}}, 400, "unknown_field"),
        ({"content": png(flat(GREY)), "headers": {"content-type": "text/plain"}}, 415, "unsupported_media_type"),
    ],
)
def test_what_cannot_be_redacted_is_a_typed_error(see: Ask, options: dict[str, Any], status: int, code: str) -> None:
    answer = see("POST", "/v1/redactions", **options)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_without_a_model_of_images_the_modality_is_unsupported(ask: Ask) -> None:
    answer = ask("POST", "/v1/redactions", content=png(flat(GREY)), headers=PNG)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_modality")
