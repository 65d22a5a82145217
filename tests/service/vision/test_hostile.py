"""Hostile images through the whole API: typed answers, never a 5xx, and the next request is served."""

import base64

import pytest

from models.contracts import FailureCode
from service.wire.images import read_data_url
from service.wire.limits import ImageLimits
from service.wire.schemas import DecisionsResponse
from tests.runtime.vision.hostile import hostile_files
from tests.service.conftest import Ask
from tests.service.vision.conftest import data_url, decide, scores
from tests.service.vision.seeing import GREEN, GREY, flat, picture, png

LIMITS = ImageLimits(max_images=4, max_bytes=1_000)
GOOD = base64.b64encode(b"0123456789").decode()
TYPED = {"invalid_image", "image_too_large", "unsupported_image_format", "too_many_images", "unscorable"}


@pytest.mark.slow
def test_no_hostile_file_breaks_the_service_or_its_neighbours(see: Ask) -> None:
    corpus = [file.data for file in hostile_files() if len(file.data) < 60_000]
    assert len(corpus) >= 250
    for start in range(0, len(corpus), 12):
        batch = [{"images": [data]} for data in corpus[start : start + 12]]
        *results, neighbour = decide(see, *batch, {"images": [picture(GREEN)]})
        codes = {result["code"] for result in results if result["outcome"] == "failed"}
        assert codes <= TYPED
        assert (neighbour["outcome"], neighbour["action"]) == ("decided", "blur")
    assert see("POST", "/v1/moderations", json={"input": "you"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://example.org/a.png", FailureCode.REMOTE_IMAGES_OFF),
        ("http://169.254.169.254/", FailureCode.REMOTE_IMAGES_OFF),
        ("file:///etc/passwd", FailureCode.REMOTE_IMAGES_OFF),
        ("", FailureCode.REMOTE_IMAGES_OFF),
        ("\ud800", FailureCode.REMOTE_IMAGES_OFF),
        ("data:", FailureCode.INVALID_IMAGE),
        ("data:,", FailureCode.INVALID_IMAGE),
        ("data:image/png," + GOOD, FailureCode.INVALID_IMAGE),
        ("data:image/png;base64", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64,", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64," + GOOD[:-1], FailureCode.INVALID_IMAGE),
        ("data:image/png;base64," + GOOD + "=", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64,AAAA====", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64,AA==AAAA", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64,AA AA", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64,AA\nAA", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64,AA-_", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64,ÄÄÄÄ", FailureCode.INVALID_IMAGE),
        ("data:image/png;base64,\ud800AAA", FailureCode.INVALID_IMAGE),
        ("data:image/png;" + "a=b;" * 100 + "base64," + GOOD, FailureCode.INVALID_IMAGE),
        ("data:text/html;base64," + GOOD, FailureCode.UNSUPPORTED_IMAGE_FORMAT),
        ("data:application/pdf;base64," + GOOD, FailureCode.UNSUPPORTED_IMAGE_FORMAT),
        ("data:image/png;base64," + "A" * 1_400, FailureCode.IMAGE_TOO_LARGE),
        ("data:image/png;base64," + "!" * 10_000_000, FailureCode.IMAGE_TOO_LARGE),
    ],
)
def test_a_bad_data_url_is_a_typed_failure(address: str, code: FailureCode) -> None:
    assert read_data_url(address, LIMITS) is code


@pytest.mark.parametrize("head", ["data:image/png", "DATA:IMAGE/JPEG", "data:image/svg+xml;charset=utf-8"])
def test_a_good_data_url_gives_its_bytes(head: str) -> None:
    assert read_data_url(f"{head};base64,{GOOD}", LIMITS) == b"0123456789"


@pytest.mark.parametrize("n_bytes", [999, 1_000, 1_001, 1_002])
def test_the_limit_is_exact(n_bytes: int) -> None:
    found = read_data_url(data_url(bytes(n_bytes)), LIMITS)
    assert found == (bytes(n_bytes) if n_bytes <= 1_000 else FailureCode.IMAGE_TOO_LARGE)


def test_the_declared_type_does_not_matter_and_the_bytes_do(see: Ask) -> None:
    (result,) = decide(see, {"images": [data_url(png(flat(GREY)), "image/x-anything")]})
    assert (result["outcome"], result["evidence"]["images"][0]["format"]) == ("decided", "PNG")


def test_a_wrong_document_is_refused_before_any_image_is_decoded(see: Ask) -> None:
    bad = {"items": [{"images": [{"url": data_url(png(flat(GREY)))}]}, {"images": [{"url": 3}]}]}
    assert see("POST", "/v1/decisions", json=bad).status_code == 400


@pytest.mark.parametrize("redact", [None, "harm", [3], ["weapon"], {}])
def test_an_unknown_redaction_is_a_malformed_request(see: Ask, redact: object) -> None:
    answer = see("POST", "/v1/decisions", json={"items": [{"text": "you", "redact": redact}]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "items[0].redact")


def test_a_lone_surrogate_beside_an_image_fails_its_item_alone(see: Ask) -> None:
    image = f'[{{"url": "{data_url(png(flat(GREY)))}"}}]'
    body = f'{{"items": [{{"text": "\\ud800", "images": {image}}}, {{"text": "you", "images": {image}}}]}}'.encode()
    answer = see("POST", "/v1/decisions", content=body, headers={"content-type": "application/json"})
    first, second = answer.json()["results"]
    assert (first["code"], second["outcome"], "harassment" in scores(second)) == ("invalid_text", "decided", True)
    DecisionsResponse.model_validate_json(answer.content)
