"""Known content in decisions: what a team has judged before is recognised in texts and images, and nothing else is."""

import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.engine import Engine
from service.http.asgi import ProductApp
from tests.service.conftest import Ask, asker
from tests.service.vision.conftest import data_url, decide, scores, url
from tests.service.vision.seeing import GREY, flat, png

ADMIN = {"authorization": "Bearer secret"}
TEXT = "buy these watches now they are cheap and very good and everybody wants them today"


def scene(seed: int = 1) -> Image.Image:
    """A picture with enough in it for a hash."""
    cells = np.random.default_rng(seed).integers(60, 200, (12, 12, 3), dtype=np.uint8)
    return Image.fromarray(cells).resize((128, 128), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, quality: int = 60) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.fixture(scope="module")
def banks(seeing_product: ProductApp, seeing_engine: Engine) -> Iterator[None]:
    """A bank of spam and a bank of hate, gone afterwards."""
    ask = asker("asgi", seeing_product)

    def post(path: str, body: dict[str, Any]) -> None:
        answer = ask("POST", path, json=body, headers=ADMIN)
        assert answer.status_code in (200, 201), answer.text

    spam = {"name": "spam", "category": "spam", "action": "remove", "message": "known spam"}
    hate = {"name": "hate", "category": "hate", "action": "blur", "review": True, "message": "known hate"}
    post("/v1/banks", spam)
    post("/v1/banks", hate)
    post("/v1/banks/spam/items", {"text": TEXT})
    post("/v1/banks/hate/items", {"image": {"url": url(scene())}})
    _until(lambda: seeing_engine.banks.matcher.has_texts and seeing_engine.banks.matcher.has_images)
    yield
    for name in ("spam", "hate"):
        assert ask("DELETE", f"/v1/banks/{name}", headers=ADMIN).status_code == 200
    _until(lambda: not (seeing_engine.banks.matcher.has_texts or seeing_engine.banks.matcher.has_images))


def _until(condition: Any) -> None:
    while not condition():
        time.sleep(0.05)


pytestmark = pytest.mark.usefixtures("banks")


def test_a_known_text_is_decided_by_its_bank(see: Ask) -> None:
    known, other = decide(see, {"id": "a", "text": TEXT}, {"text": "something else entirely"})
    assert (known["action"], known["decided_by"], known["flagged"], known["content_id"]) == (
        "remove",
        "known_content",
        True,
        "a",
    )
    assert [(match["bank"], match["kind"], match["input"]) for match in known["evidence"]["matches"]] == [
        ("spam", "exact", "text")
    ]
    assert scores(known)["spam"] == {
        "category": "spam",
        "status": "scored",
        "prob": 1.0,
        "severity": 6,
        "modalities": ["text"],
        "source": "known_content",
    }
    assert other["evidence"] is None


def test_a_nearly_equal_text_is_recognised(see: Ask) -> None:
    (result,) = decide(see, {"text": TEXT + " ok"})
    assert [match["kind"] for match in result["evidence"]["matches"]] == ["near_text"]


def test_moderations_flag_a_known_text(see: Ask) -> None:
    known, other = see("POST", "/v1/moderations", json={"input": [TEXT, "lovely"]}).json()["results"]
    assert (known["flagged"], known["categories"]["spam"], known["category_scores"]["spam"]) == (True, True, 1.0)
    assert other["categories"]["spam"] is False


@pytest.mark.parametrize(
    "copy",
    [
        png(scene()),
        jpeg(scene()),
        png(scene().resize((64, 64))),
        png(scene().transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    ],
    ids=["the same file", "recompressed", "smaller", "mirrored"],
)
def test_a_known_image_is_recognised(see: Ask, copy: bytes) -> None:
    (result,) = decide(see, {"images": [flat(GREY), copy]})
    (match,) = result["evidence"]["matches"]
    assert (match["bank"], match["input"]) == ("hate", "images[1]")
    assert (result["action"], result["review"], result["decided_by"]) == ("blur", True, "known_content")


def test_a_known_image_is_blurred_as_a_whole(see: Ask) -> None:
    (result,) = decide(see, {"images": [scene()]})
    (copy,) = result["redacted_images"]
    answer = see("POST", "/v1/redactions", json={"image": {"url": url(scene())}, "redact": ["picture"]})
    assert copy["url"] == data_url(answer.content, "image/jpeg")


def test_another_image_is_not_recognised(see: Ask) -> None:
    (result,) = decide(see, {"text": "lovely", "images": [scene(2)]})
    assert result["evidence"]["matches"] == []


def test_the_bank_routes_want_the_token(see: Ask) -> None:
    assert see("GET", "/v1/banks").status_code == 401
    assert see("GET", "/v1/banks", headers=ADMIN).json()["banks"][0]["name"] == "hate"


def test_a_long_body_for_a_bank_is_not_read_without_the_token(see: Ask) -> None:
    answer = see("POST", "/v1/banks/x/items", content=b" " * 500_000, headers={"content-type": "application/json"})
    assert answer.status_code == 401
