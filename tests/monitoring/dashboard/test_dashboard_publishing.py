"""Looks in Evidently's workspace, read back by Evidently."""

from dataclasses import replace
from pathlib import Path

import pytest
from evidently.ui.workspace import Workspace

from monitoring.dashboard.panels import PANELS, Tab
from monitoring.dashboard.publishing import publish
from monitoring.dashboard.serving import START, STEPS
from monitoring.dashboard.workspace import make_id, open_notice, open_project
from monitoring.errors import MonitoringError
from monitoring.home import Home
from monitoring.reference.reference import Reference
from monitoring.windows.window import HOUR_US, Window
from tests.monitoring.conftest import START_US, make_window
from tests.monitoring.reports.conftest import make_change, make_verdict

MAX_SNAPSHOT = 150_000
"""Bytes; the dashboards read a month of hourly looks when they open."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    for place in range(2):
        window = make_look(place)
        publish(home, make_verdict(window, make_change()), reference, window)
    return home


def make_look(place: int) -> Window:
    return make_window(300, place, start_us=START_US + place * HOUR_US)


def runs(home: Home, name: str) -> list[Path]:
    workspace = Workspace(str(home.workspace))
    (project,) = workspace.search_project(name)
    return sorted((home.workspace / str(project.id) / "snapshots").iterdir())


def test_a_bundle_has_one_project_with_all_panels(home: Home) -> None:
    (project,) = Workspace(str(home.workspace)).search_project("text-test 1.0.0")
    model = project.dashboard.model()
    assert [tab.title for tab in model.tabs] == [tab.value for tab in Tab]
    assert {panel.title for panel in model.panels} >= {panel.title for panel in PANELS}


def test_looks_are_kept_with_the_end_of_their_window_as_time(home: Home) -> None:
    workspace = Workspace(str(home.workspace))
    (project,) = workspace.search_project("text-test 1.0.0")
    times = {workspace.get_run(project.id, run).timestamp for run in workspace.list_runs(project.id)}
    assert times == {make_look(place).period.end for place in range(2)}


def test_the_same_look_again_replaces_its_snapshot(home: Home, reference: Reference) -> None:
    window = make_look(0)
    publish(home, make_verdict(window, make_change()), reference, window)
    assert len(runs(home, "text-test 1.0.0")) == 2


def test_a_snapshot_is_small_and_whole(home: Home) -> None:
    found = runs(home, "text-test 1.0.0")
    assert all(path.suffix == ".json" for path in found)
    assert all(path.stat().st_size < MAX_SNAPSHOT for path in found)


def test_a_look_without_a_reference_is_kept_by_the_bundle_that_decided(tmp_path: Path) -> None:
    window = make_look(0)
    publish(Home(tmp_path), make_verdict(window, reasons=("no reference",), reference=False), None, window)
    assert len(runs(Home(tmp_path), "text-test 1.0.0")) == 1


def test_an_empty_look_is_kept_as_undetermined(tmp_path: Path) -> None:
    window = replace(make_window(0), bundles={})
    verdict = make_verdict(window, reasons=("no decisions",), reference=False).model_copy(update={"bundle": None})
    publish(Home(tmp_path), verdict, None, window)
    (path,) = runs(Home(tmp_path), "no bundle")
    assert "no decisions" in path.read_text(encoding="utf-8")


def test_an_empty_workspace_says_how_to_start(tmp_path: Path) -> None:
    for _ in range(2):
        open_notice(tmp_path, START, STEPS)
    (project,) = Workspace(str(tmp_path)).list_projects()
    assert [panel.title for panel in project.dashboard.model().panels] == list(STEPS)


@pytest.mark.parametrize("damage", ["{broken", "[]"])
@pytest.mark.parametrize("name", ["metadata.json", "dashboard.json"])
def test_a_damaged_dashboard_says_what_to_do(tmp_path: Path, name: str, damage: str) -> None:
    project = open_project(tmp_path, "key", "name", "text")
    (tmp_path / str(project) / name).write_text(damage, encoding="utf-8")
    with pytest.raises(MonitoringError, match="move that folder away"):
        open_project(tmp_path, "key", "name", "text")


def test_a_damaged_snapshot_is_named_so_that_the_others_stay(tmp_path: Path) -> None:
    torn = tmp_path / str(open_project(tmp_path, "key", "name", "text")) / "snapshots" / f"{make_id('x')}.json"
    torn.write_text("{", encoding="utf-8")
    with pytest.raises(MonitoringError, match=torn.name):
        open_notice(tmp_path, START, STEPS)
