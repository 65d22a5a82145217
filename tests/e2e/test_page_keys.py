"""The page where the server asks for keys: it says so, takes one, and keeps it in its tab."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from service.access.opening import open_gate
from service.engine import open_engine
from service.settings import Settings
from tests.e2e.browser import open_page
from tests.e2e.in_thread import serve_in_thread
from tests.service.hashing import loaded_model

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

TOKEN = "the-token-of-this-page"


@pytest.fixture
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A closed server over a small model, in a thread."""
    folder = tmp_path_factory.mktemp("closed")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'weir.db'}",
        metrics_dir=folder / "metrics",
        admin_token=SecretStr(TOKEN),
        require_keys=True,
    )
    engine = open_engine(settings, loaded_model)
    with serve_in_thread(engine, open_gate(engine)) as url:
        yield url


@pytest.fixture
def page(browser: "Browser", url: str) -> "Iterator[Page]":
    with open_page(browser, url, expected=(401, 422)) as page:
        yield page


def test_without_a_key_it_asks_for_one_and_with_it_decides(page: "Page") -> None:
    assert not page.locator("#key").is_visible()
    page.get_by_label("Text").fill("What a lovely morning.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_label("API key").wait_for(state="visible")
    page.get_by_label("API key").fill(TOKEN)
    page.get_by_role("button", name="Decide").click()
    page.locator("#result").wait_for(state="visible")
    assert not page.locator("#open").is_visible()


def test_the_key_stays_in_the_tab(page: "Page") -> None:
    page.get_by_label("Text").fill("What a lovely morning.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_label("API key").fill(TOKEN)
    page.get_by_role("button", name="Decide").click()
    page.locator("#result").wait_for(state="visible")
    page.reload()
    assert page.locator("#key").input_value() == TOKEN
