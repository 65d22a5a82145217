"""The page at `/`, in a real browser: a person pastes a text and reads the decision."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Server

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture
def page(server: "Server") -> Iterator["Page"]:
    """The page, open in a fresh browser; fails the test if the browser complains about anything on it.

    That an item gets no decision is an answer (422), which the browser logs as a resource that failed to load.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(server.url)
        yield page
        browser.close()
    assert [text for text in complaints if "status of 422" not in text] == []


def test_a_pasted_text_gets_a_decision_and_a_score_for_every_category(page: "Page") -> None:
    page.get_by_label("Text").fill("You are a complete idiot and nobody likes you.")
    page.get_by_role("button", name="Decide").click()
    page.locator("#result").wait_for(state="visible")
    assert page.locator("#decision").inner_text()
    assert page.locator("#scores tr").count() == 16
    not_scored = page.locator("#scores tr", has_text="not scored by any loaded model").all_inner_texts()
    assert any("sexual/minors" in row for row in not_scored)


def test_the_decision_is_announced_and_takes_the_focus(page: "Page") -> None:
    page.get_by_label("Text").fill("What a lovely morning.")
    page.keyboard.press("Control+Enter")
    page.locator("#result").wait_for(state="visible")
    assert page.evaluate("document.activeElement.id") == "decision"


def test_a_text_of_nothing_visible_says_that_there_is_no_decision(page: "Page") -> None:
    page.get_by_label("Text").fill("\u200b")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("No decision:").wait_for()
    assert page.locator("#result").is_hidden()
