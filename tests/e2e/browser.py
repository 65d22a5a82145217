"""The page in a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@contextmanager
def open_page(browser: "Browser", url: str, width: int = 1000, expected: tuple[int, ...] = (422,)) -> "Iterator[Page]":
    """The page, open in a context of its own; fails the test if the browser complains about anything on it.

    That an item gets no decision is an answer (422), which the browser logs as a resource that failed to load:
    `expected` are all such statuses.
    """
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    page.close()
    known = [f"status of {status}" for status in expected]
    assert [text for text in complaints if not any(entry in text for entry in known)] == []
