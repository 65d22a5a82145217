"""The dashboards in a real browser: every panel has data, nothing comes from elsewhere, what is new appears."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.browser import open_page
from tests.e2e.conftest import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytest.importorskip("evidently")

from monitoring.alarms.alarm import Alarm, AlarmState
from monitoring.alarms.rules import Severity
from monitoring.dashboard.panels import PANELS, Panel, Plot
from monitoring.dashboard.publishing import publish
from monitoring.dashboard.serving import START, STEPS
from monitoring.dashboard.workspace import make_id
from monitoring.home import Home
from monitoring.reports.writing import write_report
from monitoring.safety.catalogue import QUALITY, SAFETY
from monitoring.safety.metric import Metric
from monitoring.windows.window import HOUR_US
from tests.monitoring.conftest import BUNDLE_DIGEST, START_US, make_window
from tests.monitoring.reports.conftest import make_change, make_labels, make_reference, make_verdict

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.slow]

START_S = 120
N_LOOKS = 3
DRAWN = ".MuiMarkElement-root, .MuiBarElement-root"
"""Marks of lines and bars: what a chart without data does not have."""
UI = "import sys, typer; from scripts.commands.monitor.ui import ui; typer.run(ui)"


@dataclass
class Dashboards:
    """Some looks, and `weir monitor ui` over them."""

    home: Home
    url: str

    @property
    def project(self) -> str:
        """The page of the bundle."""
        return f"{self.url}/projects/{make_id('project', BUNDLE_DIGEST)}"


class Numbers:
    """A report of safety or quality with a value for everything."""

    def __init__(self, value: float) -> None:
        names = [(one.name, "hate" if one.has_categories else None) for one in (*QUALITY, *SAFETY)]
        self.metrics = tuple(Metric(name=name, category=category, value=value) for name, category in names)


def publish_look(home: Home, place: int) -> None:
    """The look of an hour: each day a little more has changed."""
    window = make_window(150, place, start_us=START_US + place * HOUR_US, failures={"empty_text": place})
    at = window.period.end
    alarm = Alarm(key="k", rule="r", severity=Severity.PAGE, state=AlarmState.OPEN, title="t", opened_at=at, seen_at=at)
    numbers = Numbers(0.5 + place / 10)
    verdict = make_verdict(window, make_change(effect=0.2 + place))
    publish(home, verdict, make_reference(150), window, quality=numbers, safety=numbers, alarms=(alarm,))


@pytest.fixture(scope="module")
def dashboards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboards]:
    home = Home(tmp_path_factory.mktemp("home"))
    for place in range(N_LOOKS):
        publish_look(home, place)
    port = free_port()
    command = [sys.executable, "-c", UI, "--port", str(port), "--home", str(home.path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/api/version", process)
        yield Dashboards(home, url)
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the dashboards did not start: exit code {process.poll()}")


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """All addresses that the page asked for."""
    return []


@pytest.fixture(scope="module")
def page(browser: "Browser", dashboards: Dashboards, asked: list[str]) -> "Iterator[Page]":
    with open_page(browser, "about:blank", width=1400) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(dashboards.project)
        page.locator(DRAWN).first.wait_for()
        yield page


def card_of(page: "Page", panel: Panel) -> "Locator":
    return page.locator(".MuiCard-root").filter(has=page.get_by_text(panel.title, exact=True)).first


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.key)
def test_every_panel_has_data(page: "Page", panel: Panel) -> None:
    card = card_of(page, panel)
    card.scroll_into_view_if_needed()
    if panel.plot is Plot.COUNTER:
        assert "decisions" in card.inner_text()
        assert card.locator("h2").count() == 3
        return
    drawn = card.locator(DRAWN).locator("visible=true")  # a bar of nothing is there, too, without any height
    drawn.first.wait_for(timeout=10_000)
    assert drawn.count() >= N_LOOKS
    legend = card.locator(".MuiChartsLegend-label").all_inner_texts()
    assert legend
    assert not any("{{" in label or "WeirPoint" in label for label in legend)


def test_nothing_is_asked_of_anybody_else(page: "Page", dashboards: Dashboards, asked: list[str]) -> None:
    assert asked
    assert [url for url in asked if not url.startswith((dashboards.url, "data:", "blob:"))] == []


def test_a_look_that_is_published_meanwhile_appears(page: "Page", dashboards: Dashboards) -> None:
    publish_look(dashboards.home, N_LOOKS)
    panel = next(panel for panel in PANELS if panel.key == "volume")
    bars = 2 * (N_LOOKS + 1)  # decisions, and items without one
    for _ in range(20):
        page.reload()
        page.locator(DRAWN).first.wait_for()
        if card_of(page, panel).locator(DRAWN).count() == bars:
            return
        time.sleep(0.5)
    pytest.fail("the new look did not appear")


def test_a_look_names_what_changed_and_what_to_do(browser: "Browser", dashboards: Dashboards) -> None:
    with open_page(browser, f"{dashboards.project}/reports", width=1400) as page:
        page.get_by_text("View", exact=True).first.click()
        page.get_by_text("What changed", exact=True).wait_for()
        assert "first-item" in page.inner_text("body")
        assert "Read them." in page.inner_text("body")


def test_the_project_list_says_how_to_start(browser: "Browser", dashboards: Dashboards) -> None:
    with open_page(browser, dashboards.url, width=1400) as page:
        page.get_by_text(START, exact=True).click()
        for title in STEPS:
            page.get_by_text(title, exact=True).wait_for()


def test_a_report_opens_from_a_file_without_a_network(browser: "Browser", tmp_path: Path) -> None:
    window = make_window(200)
    files = write_report(
        make_verdict(window, make_change()), make_reference(200), window, tmp_path, labels=make_labels(60, ("hate",))
    )
    asked: list[str] = []
    with open_page(browser, "about:blank", width=1200) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(files.html.as_uri())
        assert page.inner_text("h1") == "Something changed"
        page.click("#details > summary")
        frame = page.frame_locator("#details iframe")
        frame.locator(".js-plotly-plot").first.wait_for()
        assert frame.get_by_text("Classification quality by labels: hate").count() == 1
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))] == []
