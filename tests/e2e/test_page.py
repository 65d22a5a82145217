"""The page at `/`, in a real browser, before the shipped bundles: a person gives a text or a picture.

With `WEIR_PAGE_FIGURE` set to a file, the answer on a picture is written there as a picture for the documents.
"""

import os
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw, ImageFont

from models.contracts import CATEGORIES
from tests.e2e.browser import open_page
from tests.e2e.conftest import find_bundles

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.conftest import Server

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

ANSWER_MS = 60_000


@pytest.fixture
def page(browser: "Browser", server: "Server") -> "Iterator[Page]":
    with open_page(browser, server.url) as page:
        yield page


@pytest.fixture
def seeing_page(page: "Page") -> "Page":
    """The same, where a bundle looks at pictures."""
    if not list(find_bundles().glob("image-*/manifest.json")):
        pytest.skip("no image bundle in models/bundles")
    return page


def card(text: str) -> bytes:
    """A picture with words in it."""
    image = Image.new("RGB", (640, 360), "white")
    ImageDraw.Draw(image).text((40, 150), text, fill="black", font=ImageFont.load_default(40))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def choose(page: "Page", name: str, content: bytes, media: str = "image/png") -> None:
    page.get_by_label("Choose pictures").set_input_files({"name": name, "mimeType": media, "buffer": content})
    page.get_by_role("button", name=f"Remove {name}").wait_for()


def decide(page: "Page") -> None:
    page.get_by_role("button", name="Decide").click()
    page.locator("#result").wait_for(state="visible", timeout=ANSWER_MS)


def test_a_pasted_text_gets_a_decision_and_a_row_for_every_category(page: "Page") -> None:
    page.get_by_label("Text").fill("You are a complete idiot and nobody likes you.")
    decide(page)
    assert page.locator("#decision").inner_text()
    assert page.locator("#scores tr").count() == len(CATEGORIES)
    absent = page.locator("#scores tr", has_text="not applied").all_inner_texts()
    assert any("sexual/minors" in row for row in absent)


def test_the_decision_is_announced_and_takes_the_focus(page: "Page") -> None:
    page.get_by_label("Text").fill("What a lovely morning.")
    page.keyboard.press("Control+Enter")
    page.locator("#result").wait_for(state="visible")
    assert page.evaluate("document.activeElement.id") == "decision"


def test_a_text_of_nothing_visible_says_that_there_is_no_decision(page: "Page") -> None:
    page.get_by_label("Text").fill("\u200b")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("No decision: Nothing to score").wait_for()
    assert page.locator("#result").is_hidden()


def test_nothing_at_all_says_that_there_is_no_decision(page: "Page") -> None:
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("No decision: there is neither a text nor a picture.").wait_for()


def test_a_picture_with_words_gets_scores_lines_and_a_copy(seeing_page: "Page") -> None:
    choose(seeing_page, "card.png", card("You are a complete idiot"))
    decide(seeing_page)
    if figure := os.environ.get("WEIR_PAGE_FIGURE"):
        seeing_page.screenshot(path=figure, full_page=True)
    assert "from words in the picture" in seeing_page.locator("#reasons").inner_text()
    assert "picture" in seeing_page.locator("#scores tr", has_text="weapons").inner_text()
    assert "idiot" in seeing_page.locator("figure li.words").all_inner_texts()[0]
    assert seeing_page.locator("#pictures rect.words").count() >= 2
    assert (
        seeing_page.get_by_role("img", name="Blurred copy of card.png").evaluate("image => image.naturalWidth") == 640
    )


def test_a_broken_file_is_named_in_a_sentence(seeing_page: "Page") -> None:
    choose(seeing_page, "broken.jpg", b"\xff\xd8\xff not a picture", "image/jpeg")
    seeing_page.get_by_role("button", name="Decide").click()
    status = seeing_page.locator("#status", has_text="No decision: Picture 1 (broken.jpg):")
    status.wait_for(timeout=ANSWER_MS)
    assert status.inner_text().endswith(".")
    assert seeing_page.locator("#result").is_hidden()
