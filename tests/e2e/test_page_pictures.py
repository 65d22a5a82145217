"""Pictures on the page, in a real browser, before small models of which it is known what they see in which colour."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from service.engine import open_engine
from service.settings import Settings
from tests.e2e.browser import open_page
from tests.e2e.in_thread import serve_in_thread
from tests.service.vision.seeing import (
    GREEN,
    YELLOW,
    SpellingReader,
    flat,
    picture,
    png,
    seeing_models,
    wordy,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

MAX_IMAGES, MAX_IMAGE_BYTES = 3, 50_000
FOLLOW_S = 60
TOKEN = "secret"
KNOWN = "buy these watches now they are cheap and very good and everybody wants them today"
WEAPON = png(picture(GREEN, GREEN, YELLOW, side=256))
INSULT = png(flat(wordy(2)))
DROP = """([type, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], "given.png", { type: "image/png" }));
  const field = type === "paste" ? { clipboardData: transfer } : { dataTransfer: transfer };
  const make = type === "paste" ? ClipboardEvent : DragEvent;
  document.querySelector("main").dispatchEvent(new make(type, { bubbles: true, cancelable: true, ...field }));
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over small models, in a thread."""
    folder = tmp_path_factory.mktemp("seeing")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'weir.db'}",
        metrics_dir=folder / "metrics",
        max_images=MAX_IMAGES,
        max_image_bytes=MAX_IMAGE_BYTES,
        admin_token=SecretStr(TOKEN),
    )
    with serve_in_thread(open_engine(settings, seeing_models, SpellingReader())) as url:
        yield url


@pytest.fixture
def page(browser: "Browser", url: str) -> "Iterator[Page]":
    with open_page(browser, url) as page:
        yield page


def file(content: bytes, name: str = "photo.png", media: str = "image/png") -> Any:
    return {"name": name, "mimeType": media, "buffer": content}


def choose(page: "Page", *files: Any) -> None:
    n_before = page.locator("#chosen li").count()
    page.get_by_label("Choose pictures").set_input_files([*files])
    page.locator("#chosen li").nth(n_before + len(files) - 1).wait_for()


def decide(page: "Page") -> None:
    page.get_by_role("button", name="Decide").click()
    page.locator("#result").wait_for(state="visible")


def test_a_picture_s_score_says_that_it_comes_from_the_picture(page: "Page") -> None:
    choose(page, file(WEAPON))
    decide(page)
    assert page.locator("#scores tr", has_text="weapons").locator("td").nth(1).inner_text() == "the picture"


def test_a_reason_says_which_part_of_the_item_decided(page: "Page") -> None:
    choose(page, file(INSULT))
    decide(page)
    assert page.locator("#decision").inner_text().startswith("Remove, because of words in the picture")
    assert "from words in the picture" in page.locator("#reasons li").first.inner_text()


def test_the_words_in_a_picture_are_listed_and_boxed(page: "Page") -> None:
    choose(page, file(INSULT))
    decide(page)
    assert page.locator("figure li.words").all_inner_texts() == ["you idiot"]
    box = page.locator("rect.words").first
    assert [box.get_attribute(name) for name in ("x", "y")] == ["0.1", "0.1"]


def test_the_box_of_a_region_lies_where_it_is_in_the_picture(page: "Page") -> None:
    choose(page, file(WEAPON))
    decide(page)
    stage, box = page.locator(".veiled .stage").bounding_box(), page.locator(".veiled rect.weapons").bounding_box()
    assert stage is not None
    assert box is not None
    assert box["x"] - stage["x"] < stage["width"] * 0.1
    assert stage["width"] * 0.45 < box["width"] < stage["width"] * 0.75


def test_boxes_can_be_hidden(page: "Page") -> None:
    choose(page, file(WEAPON))
    decide(page)
    assert page.locator("rect.weapons").first.is_visible()
    page.get_by_label("Show boxes").uncheck()
    assert not page.locator("rect.weapons").first.is_visible()


def test_the_original_is_blurred_until_somebody_asks_for_it(page: "Page") -> None:
    choose(page, file(WEAPON))
    decide(page)
    original = page.get_by_role("img", name="Original of photo.png")
    assert "blur" in original.evaluate("image => getComputedStyle(image).filter")
    page.get_by_role("button", name="Show original").click()
    assert original.evaluate("image => getComputedStyle(image).filter") == "none"
    page.get_by_role("button", name="Hide original").click()
    assert "blur" in original.evaluate("image => getComputedStyle(image).filter")


def test_the_copy_is_the_one_that_the_server_made(page: "Page") -> None:
    choose(page, file(WEAPON))
    decide(page)
    copy = page.get_by_role("img", name="Blurred copy of photo.png")
    assert (copy.get_attribute("src") or "").startswith("data:image/jpeg;base64,")
    assert copy.evaluate("image => image.naturalWidth") == 256


def test_faces_are_marked_when_they_are_to_be_blurred(page: "Page") -> None:
    choose(page, file(WEAPON))
    decide(page)
    assert page.locator("figure li.face").count() == 0
    page.get_by_label("faces").check()
    decide(page)
    page.locator("figure li.face").wait_for()


def test_what_no_model_can_find_is_not_offered_to_be_blurred(page: "Page") -> None:
    assert page.get_by_label("number plates").count() == 0


@pytest.fixture
def bank(url: str) -> None:
    """A bank that the server follows and that has one text."""
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {TOKEN}"}) as client:
        bank = {"name": "watches", "category": "spam", "action": "remove", "message": "Known spam."}
        assert client.post("/v1/banks", json=bank).is_success
        assert client.post("/v1/banks/watches/items", json={"text": KNOWN}).is_success
        until = time.monotonic() + FOLLOW_S
        item = {"items": [{"text": KNOWN}]}
        while not client.post("/v1/decisions", json=item).json()["results"][0]["evidence"]:
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.mark.usefixtures("bank")
def test_known_content_is_named_with_its_bank(page: "Page") -> None:
    page.get_by_label("Text").fill(KNOWN)
    decide(page)
    assert page.locator("#decision").inner_text().startswith("Remove, because of known content")
    assert page.locator("#reasons li").first.inner_text() == (
        "Remove: spam: known content of the bank watches. Known spam."
    )
    assert page.locator("#matches li").inner_text().startswith("the text: the very same as item ")
    assert page.locator("#seen").is_hidden()


def test_several_pictures_have_a_figure_each(page: "Page") -> None:
    choose(page, file(WEAPON, "one.png"), file(INSULT, "two.png"))
    decide(page)
    titles = page.locator("figcaption").all_inner_texts()
    assert [title.partition(":")[0] for title in titles] == ["one.png", "two.png"]


def test_a_removed_picture_is_not_sent_and_the_focus_stays_near(page: "Page") -> None:
    choose(page, file(WEAPON, "one.png"), file(INSULT, "two.png"))
    page.get_by_role("button", name="Remove one.png").press("Enter")
    assert page.evaluate("document.activeElement.ariaLabel") == "Remove two.png"
    decide(page)
    assert page.locator("figure").count() == 1


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_can_be_dropped_or_pasted(page: "Page", way: str) -> None:
    page.evaluate(DROP, [way, list(WEAPON)])
    page.get_by_role("button", name="Remove given.png").wait_for()
    decide(page)
    assert page.locator("figcaption").inner_text().startswith("given.png: PNG, 256 × 256")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (file(b"1", "photo.heic", "image/heic"), "photo.heic: this is not a JPEG, PNG, GIF, WebP, BMP or TIFF."),
        (file(b"", "empty.png"), "empty.png: the file is empty."),
        (file(bytes(90_000), "large.png"), "large.png: 88 kB is more than the 49 kB that this server takes."),
    ],
)
def test_a_file_that_the_server_would_refuse_is_not_taken(page: "Page", given: Any, sentence: str) -> None:
    page.get_by_label("Choose pictures").set_input_files([given])
    page.locator("#refused", has_text=sentence).wait_for()
    assert page.locator("#chosen li").count() == 0


def test_more_pictures_than_the_server_takes_are_not_taken(page: "Page") -> None:
    page.get_by_label("Choose pictures").set_input_files([file(INSULT, f"{n}.png") for n in range(MAX_IMAGES + 1)])
    page.locator("#refused", has_text="3.png: this server takes at most 3 pictures at a time.").wait_for()
    assert page.locator("#chosen li").count() == MAX_IMAGES


def test_a_broken_picture_beside_a_good_one_is_named(page: "Page") -> None:
    choose(page, file(WEAPON, "good.png"), file(b"\x89PNG\r\n\x1a\nnot a picture", "broken.png"))
    page.get_by_role("button", name="Decide").click()
    page.locator("#status", has_text="No decision: Picture 2 (broken.png):").wait_for()


def test_a_file_name_is_never_markup(page: "Page") -> None:
    choose(page, file(WEAPON, "<b>photo<b>.png"))
    decide(page)
    assert page.locator("main b").count() == 0
    assert page.locator("figcaption").inner_text().startswith("<b>photo<b>.png")


def test_the_keyboard_gets_from_the_text_over_the_pictures_to_the_decision(page: "Page") -> None:
    page.get_by_label("Text").press_sequentially("hello")
    focused = []
    for _ in range(3):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
    assert focused == ["files", "face", ""]
    page.keyboard.press("Enter")
    page.locator("#result").wait_for(state="visible")


def test_nothing_is_wider_than_a_narrow_screen(browser: "Browser", url: str) -> None:
    with open_page(browser, url, width=400) as page:
        choose(page, file(WEAPON, "a-name-without-any-room-to-break-in-it" * 4 + ".png"))
        decide(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 400
