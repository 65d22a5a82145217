"""Workspace: Evidently's folder of projects, panels and snapshots. The only module of the dashboards that knows it.

A snapshot is one look: all points as metrics of their own, the distances of columns as Evidently's, and Weir's verdict
as its first page. It is small (tens of kilobytes), since the dashboards read all of them when they open; the drawings
of a look are in its report.
"""

import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
from evidently import Report
from evidently.core.datasets import Dataset
from evidently.core.metric_types import SingleValue, SingleValueCalculation, SingleValueMetric
from evidently.core.report import Context, Snapshot
from evidently.legacy.model.widget import BaseWidgetInfo
from evidently.legacy.renderers.html_widgets import CounterData, counter, table_data
from evidently.sdk.models import DashboardModel, DashboardPanelPlot, DashboardTabModel, PanelMetric, ProjectModel
from evidently.sdk.panels import text_panel
from evidently.ui.workspace import Workspace

from monitoring.dashboard.panels import PANELS, Panel, Plot, Tab
from monitoring.dashboard.points import Point
from monitoring.errors import MonitoringError

NAMESPACE: Final = uuid.UUID("6f0d8f0c-6a55-5a0c-9d6e-77656972206d")
"""Of the ids of projects, panels and snapshots, which are made from what they are about."""
SIZES: Final = {True: "full", False: "half"}


class WeirPoint(SingleValueMetric):  # type: ignore[misc]  # Evidently has no types
    """One point; its value comes from the table of points that the report runs over."""

    panel: str
    series: str


class _WeirPointCalculation(SingleValueCalculation[WeirPoint]):  # type: ignore[misc]
    def calculate(self, context: Context, current_data: Dataset, reference_data: Dataset | None) -> SingleValue:  # noqa: ARG002
        points = current_data.as_dataframe()
        row = points[(points["panel"] == self.metric.panel) & (points["series"] == self.metric.series)]
        result = self.result(float(row["value"].iloc[0]))
        result.widget = []
        return result

    def display_name(self) -> str:
        return f"{self.metric.panel}: {self.metric.series}"


def make_id(*names: str) -> uuid.UUID:
    """The id of what has these names, the same every time."""
    return uuid.uuid5(NAMESPACE, "\n".join(names))


def open_project(folder: Path, key: str, name: str, text: str) -> uuid.UUID:
    """Create the project of a key with its panels, or bring the panels of an old one up to date.

    Args:
        folder: of the workspace.
        key: what the project is about, such as the digest of a bundle.
        name: as people see it.
        text: a sentence on it.

    """
    project_id = make_id("project", key)
    with _readable(folder):
        workspace = Workspace(str(folder))
        if workspace.get_project(project_id) is None:
            workspace.add_project(ProjectModel(id=project_id, name=name, description=text))
            (folder / str(project_id) / "snapshots").mkdir(exist_ok=True)
        wanted = draw_dashboard(key)
        if workspace.get_dashboard(project_id) != wanted:
            workspace.save_dashboard(project_id, wanted)
    return project_id


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Evidently's errors over a damaged file as one sentence.

    Raises:
        MonitoringError: a project or its panels cannot be read.

    """
    try:
        yield
    except ValueError as error:  # both what is no JSON and what is another model
        raise MonitoringError(_advice(folder)) from error


def _advice(folder: Path) -> str:
    """What to do: single looks can be spared, a project without its panels cannot."""
    torn = [path for path in sorted(folder.glob("*/snapshots/*.json")) if not _is_whole(path)]
    if torn and all(_is_whole(path) for path in folder.glob("*/*.json")):
        return f"damaged snapshots: {', '.join(map(str, torn))}: remove them; the dashboards go on without these looks"
    return (
        f"the dashboards in {folder} are damaged: move that folder away; the next look begins new ones, and the "
        "history of looks and alarms stays as it is"
    )


def _is_whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except ValueError:
        return False


def draw_dashboard(key: str) -> DashboardModel:
    """All panels of a project, those of a tab after a heading: Evidently's open pages show all tabs as one."""
    tabs, panels = [], []
    for tab in Tab:
        heading = text_panel(title=tab.value, description=tab.text).copy(
            update={"id": make_id("heading", key, tab.value)}
        )
        drawn = [heading, *(_draw_panel(key, panel) for panel in PANELS if panel.tab is tab)]
        ids = [panel.id for panel in drawn]
        tabs.append(DashboardTabModel(id=make_id("tab", key, tab.value), title=tab.value, panels=ids))
        panels += drawn
    return DashboardModel(tabs=tabs, panels=panels)


def open_notice(folder: Path, title: str, paragraphs: Mapping[str, str]) -> None:
    """A project that shows some text and nothing else."""
    project_id = make_id("notice", title)
    with _readable(folder):
        workspace = Workspace(str(folder))
        if workspace.get_project(project_id) is None:
            workspace.add_project(ProjectModel(id=project_id, name=title, description=next(iter(paragraphs.values()))))
            (folder / str(project_id) / "snapshots").mkdir(exist_ok=True)
    panels = [
        text_panel(title=heading, description=text).copy(update={"id": make_id("notice", title, heading)})
        for heading, text in paragraphs.items()
    ]
    tab = DashboardTabModel(id=make_id("notice tab", title), title=title, panels=[panel.id for panel in panels])
    workspace.save_dashboard(project_id, DashboardModel(tabs=[tab], panels=panels))


def take_snapshot(
    points: Sequence[Point], timestamp: datetime, name: str, widgets: Sequence[BaseWidgetInfo] = ()
) -> Snapshot:
    """A snapshot of all points, with these widgets on its page."""
    table = pd.DataFrame(
        [(point.panel, point.series, point.value) for point in points], columns=["panel", "series", "value"]
    )
    metrics = [WeirPoint(panel=point.panel, series=point.series) for point in points]
    model = Report(metrics).run(table, timestamp=timestamp, name=name).to_snapshot_model()
    model.widgets = list(widgets)
    return Snapshot.load_model(model)


def draw_counters(title: str, numbers: Mapping[str, str]) -> BaseWidgetInfo:
    """Some large numbers with labels."""
    return counter(title=title, counters=[CounterData(label, value) for label, value in numbers.items()])


def draw_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> BaseWidgetInfo:
    """A table."""
    return table_data(title=title, column_names=list(header), data=[list(row) for row in rows])


def keep(folder: Path, project_id: uuid.UUID, key: str, snapshot: Snapshot) -> Path:
    """Write a snapshot at once and whole, so that a dashboard that is open never reads half of one.

    A snapshot of the same key is replaced. The file appears by a link, as open dashboards are told of new names but
    not of renamed ones.
    """
    snapshots = folder / str(project_id) / "snapshots"
    path = snapshots / f"{make_id('snapshot', str(project_id), key)}.json"
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(snapshot.dumps(), encoding="utf-8")
    path.unlink(missing_ok=True)
    try:
        os.link(draft, path)
    except OSError:  # a file system without links: dashboards that are open show it once they are started again
        draft.replace(path)
    draft.unlink(missing_ok=True)
    return path


def _draw_panel(key: str, panel: Panel) -> DashboardPanelPlot:
    parameters: dict[str, Any] = {"plot_type": panel.plot.value}
    if panel.plot in {Plot.BAR, Plot.STACKED}:
        parameters = {"plot_type": "bar", "is_stacked": panel.plot is Plot.STACKED}
    elif panel.plot is Plot.COUNTER:
        parameters["aggregation"] = "last"
    return DashboardPanelPlot(
        id=make_id("panel", key, panel.key),
        title=panel.title,
        subtitle=panel.text,
        size=SIZES[panel.is_wide],
        values=[PanelMetric(legend="{{series}}", metric="WeirPoint", metric_labels={"panel": panel.key})],
        plot_params=parameters,
    )
