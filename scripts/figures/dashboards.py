"""Dashboards: pictures of each tab, of the newest look and of a report, as a person sees them.

A picture is as long as its tab and reduced to few colours, so that the documentation stays small.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
from PIL import Image

from monitoring.dashboard.panels import PANELS, Tab
from monitoring.errors import MonitoringError
from monitoring.home import Home

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH: Final = 1300
MAX_HEIGHT: Final = 2400
COLOURS: Final = 64
START_S: Final = 120
DRAWN: Final = ".MuiMarkElement-root, .MuiBarElement-root"
UI: Final = "import sys, typer; from scripts.commands.monitor.ui import ui; typer.run(ui)"


def take_pictures(home: Home, project: str, out: Path, port: int) -> list[Path]:
    """Serve the dashboards of a home, and write pictures of a project's.

    Args:
        home: with at least one look.
        project: its name, such as `text-minilm 0.6.0`.
        out: folder for `monitor-*.png`.
        port: to serve on meanwhile.

    Raises:
        MonitoringError: no browser, no such project, or the dashboards do not start.

    """
    out.mkdir(parents=True, exist_ok=True)
    with _serving(home, port) as url, _browsing() as page:
        return [
            *_take_tabs(page, url, project, out),
            _take_look(page, url, project, out),
            *_take_report(page, home, out),
        ]


def _take_tabs(page: "Page", url: str, project: str, out: Path) -> Iterator[Path]:
    page.goto(url)
    if not page.get_by_text(project, exact=True).count():
        page.wait_for_timeout(3_000)
    if not page.get_by_text(project, exact=True).count():
        raise MonitoringError(f"the dashboards have no project {project!r}")
    page.get_by_text(project, exact=True).first.click()
    page.locator(DRAWN).first.wait_for()
    page.wait_for_timeout(2_000)  # bars and lines grow into their places
    for tab in Tab:
        if not any(panel.tab is tab for panel in PANELS):
            continue
        top = _top_of(page, tab)
        later = [_top_of(page, one) for one in list(Tab)[list(Tab).index(tab) + 1 :]]
        bottom = min(later, default=_height(page))
        yield _shoot(page, out / f"monitor-{tab.value.lower()}.png", top - 10, min(bottom - top, MAX_HEIGHT))


def _take_look(page: "Page", url: str, project: str, out: Path) -> Path:
    page.goto(url)
    page.get_by_text(project, exact=True).first.click()
    page.get_by_text("Reports", exact=True).first.click()
    page.get_by_text("View", exact=True).first.click()
    page.get_by_text("Weir's verdict", exact=True).wait_for()
    page.wait_for_timeout(500)
    return _shoot(page, out / "monitor-look.png", 0, min(_height(page), MAX_HEIGHT))


def _take_report(page: "Page", home: Home, out: Path) -> Iterator[Path]:
    reports = sorted(home.reports.glob("*/report.html"))
    if reports:
        page.goto(reports[-1].resolve().as_uri())
        yield _shoot(page, out / "monitor-report.png", 0, min(_height(page), MAX_HEIGHT // 2))


def _top_of(page: "Page", tab: Tab) -> float:
    heading = page.locator(".MuiCard-root").filter(has=page.get_by_text(tab.value, exact=True)).first
    box = heading.bounding_box()
    if box is None:
        raise MonitoringError(f"the dashboard has no heading {tab.value!r}; `weir monitor run` brings it up to date")
    return box["y"] + float(page.evaluate("window.scrollY"))


def _height(page: "Page") -> float:
    return float(page.evaluate("document.documentElement.scrollHeight"))


def _shoot(page: "Page", path: Path, top: float, height: float) -> Path:
    taken = page.screenshot(full_page=True, clip={"x": 0, "y": max(0, top), "width": WIDTH, "height": height})
    reduced = Image.open(BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True)
    return path


@contextmanager
def _browsing() -> "Iterator[Page]":
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise MonitoringError("pictures need playwright: pip install playwright") from error
    if chromium is None:
        raise MonitoringError("pictures need Chromium; install it, such as by apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport={"width": WIDTH, "height": 1000})
        browser.close()


@contextmanager
def _serving(home: Home, port: int) -> Iterator[str]:
    command = [sys.executable, "-c", UI, "--port", str(port), "--home", str(home.path)]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"{url}/api/version", process)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.3)
        else:
            return
    raise MonitoringError("the dashboards did not start; `weir monitor ui` says why")
