"""`/v1/moderations` with image parts: one item, several images, and applied input types that tell the truth."""

from typing import Any

from openai.types import ModerationCreateResponse

from service.wire.schemas import ModerationsResponse
from tests.service.conftest import Ask
from tests.service.vision.conftest import data_url, url
from tests.service.vision.seeing import GREEN, GREY, RED, flat, picture, png, wordy


def image_part(image: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": image if isinstance(image, str) else url(image)}}


def text_part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def moderate(see: Ask, *parts: dict[str, Any]) -> dict[str, Any]:
    answer = see("POST", "/v1/moderations", json={"input": list(parts)})
    ModerationsResponse.model_validate_json(answer.content)
    (result,) = answer.json()["results"]
    return dict(result)


def test_parts_are_one_item(see: Ask) -> None:
    result = moderate(see, text_part("you"), image_part(picture(GREEN)), text_part("idiot"), image_part(picture(RED)))
    assert result["flagged"] is True
    assert {name for name, value in result["categories"].items() if value} >= {"weapons", "fire", "harassment"}


def test_the_answer_fits_the_types_of_the_openai_client(see: Ask) -> None:
    body = {"input": [text_part("you"), image_part(picture(GREEN))]}
    ModerationCreateResponse.model_validate(see("POST", "/v1/moderations", json=body).json())


def test_an_image_alone_is_an_item(see: Ask) -> None:
    result = moderate(see, image_part(flat(GREY)))
    applied = result["category_applied_input_types"]
    assert result["flagged"] is False
    assert {name for name, value in applied.items() if value} == {"weapons", "fire"}


def test_applied_input_types_are_what_was_looked_at(see: Ask) -> None:
    applied = moderate(see, text_part("you"), image_part(flat(wordy(1))))["category_applied_input_types"]
    assert applied["harassment"] == ["text", "image"], "the picture's words were scored"
    assert applied["weapons"] == ["image"]
    assert applied["harmful-meme"] == ["text", "image"]
    assert applied["sexual/minors"] == []


def test_the_model_names_every_bundle_that_looked(see: Ask) -> None:
    body = {"input": [text_part("you"), image_part(flat(GREY))]}
    assert see("POST", "/v1/moderations", json=body).json()["model"] == "hashing-1.0.0+colours-1.0.0+jointly-1.0.0"


def test_an_image_that_fails_is_named_by_its_place(see: Ask) -> None:
    parts = [text_part("you"), image_part(flat(GREY)), image_part(data_url(png(flat(GREY))[:60]))]
    answer = see("POST", "/v1/moderations", json={"input": parts})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_image")
    assert answer.json()["error"]["param"] == "input[2].image_url"


def test_a_remote_image_says_that_it_needs_a_data_url(see: Ask) -> None:
    answer = see("POST", "/v1/moderations", json={"input": [image_part("https://example.org/a.png")]})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "remote_images_off", "input[0].image_url")
    assert "data URL" in error["message"]
    assert "example.org" not in error["message"]


def test_too_many_images_are_refused(see: Ask) -> None:
    answer = see("POST", "/v1/moderations", json={"input": [image_part(flat(GREY))] * 5})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_many_images")


def test_both_endpoints_give_the_same_scores(see: Ask) -> None:
    moderated = moderate(see, text_part("never listen"), image_part(picture(RED)))["category_scores"]
    item = {"text": "never listen", "images": [{"url": url(picture(RED))}]}
    decided = see("POST", "/v1/decisions", json={"items": [item]}).json()["results"][0]
    assert {s["category"]: s["prob"] or 0.0 for s in decided["scores"]} == moderated
