"""Decisions on items with images: scores with their sources, evidence, neighbours, and blurred copies."""

import base64
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.engine import Engine
from service.errors import overloaded
from service.wire.schemas import DecidedItem, DecisionsResponse
from tests.service.conftest import Ask
from tests.service.hashing import HashingScorer
from tests.service.vision.conftest import data_url, decide, scores
from tests.service.vision.seeing import (
    CYAN,
    GREEN,
    GREY,
    MAGENTA,
    RED,
    YELLOW,
    SpellingReader,
    flat,
    gif,
    picture,
    png,
    wordy,
)

IDIOT = flat(wordy(2))
LOVELY = flat(wordy(1))


def pixels(copy: dict[str, Any]) -> np.ndarray[Any, Any]:
    data = base64.b64decode(copy["url"].removeprefix("data:image/jpeg;base64,"))
    return np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)


def test_the_answer_is_of_the_published_shape(see: Ask) -> None:
    items = [
        {"id": "a", "text": "you", "images": [{"url": data_url(png(picture(GREEN)))}], "redact": ["face"]},
        {"images": [{"url": data_url(b"x")}]},
        {"text": "you"},
    ]
    answer = see("POST", "/v1/decisions", json={"items": items})
    results = DecisionsResponse.model_validate_json(answer.content).results
    assert (answer.status_code, [entry.outcome for entry in results]) == (200, ["decided", "failed", "decided"])
    assert isinstance(results[0], DecidedItem)
    assert (results[0].content_id, len(results[0].redacted_images)) == ("a", 1)


def test_image_categories_are_scored_only_where_an_image_is(see: Ask) -> None:
    text, both, image = decide(see, {"text": "you"}, {"text": "you", "images": [flat(GREY)]}, {"images": [flat(GREY)]})
    assert "weapons" not in scores(text)
    assert scores(both)["weapons"]["modalities"] == scores(image)["weapons"]["modalities"] == ["image"]
    assert "harassment" not in scores(image)
    assert scores(both)["harassment"]["modalities"] == ["text"]


def test_the_text_beside_an_image_scores_as_it_does_alone(see: Ask) -> None:
    (both,) = decide(see, {"text": "never listen to people", "images": [flat(GREY)]})
    found = {name: score["prob"] for name, score in scores(both).items() if score["source"] == "text"}
    assert list(found.values()) == HashingScorer().score("never listen to people")


def test_words_in_a_picture_are_scored_and_shown_with_their_place(see: Ask) -> None:
    (result,) = decide(see, {"images": [IDIOT]})
    (image,) = result["evidence"]["images"]
    assert (image["text_found"], image["text_read"], image["text"]) == (True, True, "you idiot")
    assert [region["text"] for region in image["text_regions"]] == ["you idiot"]
    assert scores(result)["harassment"]["source"] == result["decided_by"] == "image_text"
    assert scores(result)["harassment"]["modalities"] == ["image"]


def test_a_category_looked_at_in_text_and_picture_lists_both(see: Ask) -> None:
    (result,) = decide(see, {"text": "you lovely people", "images": [IDIOT]})
    assert scores(result)["harassment"]["modalities"] == ["text", "image"]
    assert scores(result)["harassment"]["source"] == "image_text"


def test_the_highest_source_gives_the_score(see: Ask) -> None:
    mild, harsh = "you lovely people", "you idiot"
    (result,) = decide(see, {"text": harsh, "images": [LOVELY]})
    both = zip(HashingScorer().score(mild), HashingScorer().score(harsh), strict=True)
    found = [score["prob"] for score in scores(result).values() if score["source"] in ("text", "image_text")]
    assert found == [max(pair) for pair in both]


def test_a_picture_without_words_is_not_read(see: Ask, reader: SpellingReader) -> None:
    before = reader.n_frames
    decide(see, {"images": [picture(RED), picture(GREEN)]})
    assert reader.n_frames == before


def test_pictures_and_words_are_judged_together(see: Ask) -> None:
    alone, joined = decide(see, {"images": [picture(RED)]}, {"text": "lovely", "images": [picture(RED)]})
    assert "harmful-meme" not in scores(alone)
    assert scores(joined)["harmful-meme"]["source"] == joined["decided_by"] == "joint"
    assert scores(joined)["harmful-meme"]["modalities"] == ["text", "image"]
    assert joined["review"] is True


def test_the_worst_of_several_images_decides(see: Ask) -> None:
    (result,) = decide(see, {"images": [flat(GREY), picture(RED), picture(GREEN)]})
    assert (result["action"], [image["index"] for image in result["evidence"]["images"]]) == ("blur", [0, 1, 2])
    assert {reason["category"] for reason in result["reasons"]} == {"weapons", "fire"}


def test_the_worst_frame_of_an_animation_decides(see: Ask) -> None:
    (result,) = decide(see, {"images": [gif(flat(GREY), picture(GREEN), flat(GREY))]})
    assert (result["action"], result["evidence"]["images"][0]["n_frames"]) == ("blur", 3)
    assert [region["kind"] for region in result["evidence"]["images"][0]["regions"]] == ["weapons"]


def test_regions_show_what_explains_a_score_and_nothing_private(see: Ask) -> None:
    (result,) = decide(see, {"images": [picture(GREEN, YELLOW)]})
    (region,) = result["evidence"]["images"][0]["regions"]
    assert region["kind"] == "weapons"
    assert region["box"]["x1"] < 0.5


def test_faces_are_looked_for_only_on_request(see: Ask) -> None:
    (result,) = decide(see, {"images": [picture(GREY, YELLOW)], "redact": ["face"]})
    assert [region["kind"] for region in result["evidence"]["images"][0]["regions"]] == ["face"]


def test_blur_comes_with_copies_in_which_the_harm_is_gone_and_the_rest_is_not(see: Ask) -> None:
    (result,) = decide(see, {"images": [picture(GREEN, GREY, GREY, RED), flat(YELLOW)]})
    harmful, harmless = (pixels(copy) for copy in result["redacted_images"])
    assert result["action"] == "blur"
    assert abs(harmful[8, 16] - 128).max() > 30, "the edge of the green square is washed out"
    assert abs(harmful[-8, -8] - 128).max() < 12
    assert abs(harmless - np.array(YELLOW)).max() < 12


def test_a_milder_action_brings_no_copies(see: Ask) -> None:
    (result,) = decide(see, {"images": [picture(RED)]})
    assert (result["action"], "redacted_images" in result) == ("label", False)


def test_a_whole_picture_can_be_blurred_on_request(see: Ask) -> None:
    (result,) = decide(see, {"images": [picture(GREY, RED, GREEN)], "redact": ["picture"]})
    (copy,) = result["redacted_images"]
    assert pixels(copy)[8, 32, :2].min() > 60, "red and green have run into each other"


def test_harm_that_no_place_explains_blurs_the_whole_picture(see: Ask) -> None:
    (result,) = decide(see, {"images": [IDIOT], "redact": ["harm"]})
    assert result["action"] == "demote"
    assert result["redacted_images"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"no picture", "unsupported_image_format"),
        (png(flat(GREY))[:60], "invalid_image"),
        (png(flat(GREY, side=1_200)), "image_too_large"),
        (png(flat(CYAN)), "internal"),
        (png(flat(MAGENTA)), "unscorable"),
        (png(flat(wordy(3))), "internal"),
        (png(flat(wordy(4))), "unscorable"),
    ],
)
def test_a_bad_image_fails_its_item_alone_and_is_named(see: Ask, bad: bytes, code: str) -> None:
    good = picture(GREEN)
    results = decide(see, {"images": [good]}, {"images": [good, bad, good]}, {"text": "you"}, {"images": [flat(GREY)]})
    assert [result["outcome"] for result in results] == ["decided", "failed", "decided", "decided"]
    assert results[1]["code"] == code
    assert results[1]["message"].startswith("images[1]: ")
    assert results[0]["action"] == "blur"


def test_a_failing_text_fails_the_item_with_its_images(see: Ask) -> None:
    results = decide(
        see, {"text": "notanumber", "images": [flat(GREY)]}, {"text": "a" * 200_000, "images": [flat(GREY)]}
    )
    assert [result.get("code") for result in results] == ["unscorable", "text_too_long"]


def test_a_blank_text_beside_an_image_is_no_failure(see: Ask) -> None:
    for text in ("", " ", "\u200b"):
        (result,) = decide(see, {"text": text, "images": [flat(GREY)]})
        assert (result["outcome"], "harassment" in scores(result)) == ("decided", False)


def test_too_many_images_fail_the_item(see: Ask) -> None:
    (result,) = decide(see, {"images": [flat(GREY)] * 5})
    assert (result["code"], result["message"].endswith("at most 4")) == ("too_many_images", True)


def test_unread_words_are_said_to_be_there_and_ask_for_a_review(see: Ask, reader: SpellingReader) -> None:
    reader.is_broken = True
    try:
        (result,) = decide(see, {"text": "lovely", "images": [IDIOT, picture(GREEN)]})
    finally:
        reader.is_broken = False
    unread, other = result["evidence"]["images"]
    assert (unread["text_found"], unread["text_read"], unread["text"]) == (True, False, "")
    assert (other["text_found"], other["text_read"]) == (False, False)
    assert (result["outcome"], result["action"], result["review"]) == ("decided", "blur", True)


def test_one_item_scores_as_in_a_crowd(see: Ask) -> None:
    items: list[dict[str, Any]] = [
        {"text": "lovely", "images": [picture(RED)]},
        {"images": [IDIOT]},
        {"images": [picture(GREEN), LOVELY]},
    ]
    together = decide(see, *items, *items)
    alone = [decide(see, item)[0] for item in items]
    assert [scores(result) for result in together] == [scores(result) for result in alone * 2]


def test_an_item_decided_by_images_names_every_bundle_that_looked(see: Ask) -> None:
    image, both = decide(see, {"images": [flat(GREY)]}, {"text": "you", "images": [flat(GREY)]})
    assert [bundle["name"] for bundle in image["bundles"]] == ["colours"]
    assert [bundle["name"] for bundle in both["bundles"]] == ["hashing", "colours", "jointly"]


def test_a_full_queue_of_texts_fails_the_texts_and_not_the_images_beside_them(
    see: Ask, seeing_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise overloaded()

    monkeypatch.setattr(seeing_engine, "submit", refuse)
    image, text = decide(see, {"images": [picture(GREEN)]}, {"text": "you"})
    assert (image["action"], text["code"]) == ("blur", "overloaded")
    assert see("POST", "/v1/decisions", json={"items": [{"text": "you"}]}).status_code == 429
