"""Publishing: one look becomes a snapshot in the project of its bundle."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from monitoring.alarms.alarm import Alarm
from monitoring.dashboard.measured_points import read_measured
from monitoring.dashboard.points import MAX_EFFECT, Point, read_points
from monitoring.dashboard.workspace import draw_counters, draw_table, keep, open_project, take_snapshot
from monitoring.drift.verdicts import DriftVerdict
from monitoring.home import Home
from monitoring.reference.reference import Reference
from monitoring.reports.evidently import Distance
from monitoring.reports.grouping import Group, group_changes
from monitoring.reports.writing import measure_parts
from monitoring.safety.metric import Metric
from monitoring.windows.columns import BY_NAME
from monitoring.windows.window import Window

NO_BUNDLE: Final = "no bundle"


class Measured(Protocol):
    """A report of safety or quality."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Its numbers."""


def publish(
    home: Home,
    verdict: DriftVerdict,
    reference: Reference | None,
    window: Window,
    *,
    quality: Measured | None = None,
    safety: Measured | None = None,
    alarms: Sequence[Alarm] = (),
    slices: Sequence[DriftVerdict] = (),
) -> None:
    """Add what a look found to the dashboards; the same look once more replaces its snapshot.

    Args:
        home: whose workspace it goes to.
        verdict: of the check.
        reference: that it compared with; None where there is none.
        window: that it looked at; its end is the snapshot's time.
        quality: by labels of reviewers.
        safety: metrics of the period.
        alarms: that are open after the look.
        slices: verdicts of parts of the traffic.

    """
    folder = home.make().workspace
    digest, name = _bundle(verdict, reference, window)
    project_id = open_project(folder, digest, name, f"Live moderation by {name}, a snapshot a look.")
    points = [*read_points(verdict, window, alarms, slices), *_distances(reference, window)]
    points += read_measured(() if quality is None else quality.metrics, () if safety is None else safety.metrics)
    title = f"{verdict.status.value}: {len(verdict.real)} of {verdict.n_tests} tests"
    snapshot = take_snapshot(points, window.period.end, title, list(_draw(verdict, reference, window, slices, alarms)))
    keep(folder, project_id, str(window.period.end_us), snapshot)


def _bundle(verdict: DriftVerdict, reference: Reference | None, window: Window) -> tuple[str, str]:
    """Digest and name of the text bundle that decided, as far as they are known."""
    if reference is not None:
        return reference.bundle_digest, reference.bundle
    for digest, name in window.bundles.items():
        if verdict.bundle is None or name == verdict.bundle:
            return digest, name
    return verdict.bundle or NO_BUNDLE, verdict.bundle or NO_BUNDLE


def _distances(reference: Reference | None, window: Window) -> Iterator[Point]:
    parts = measure_parts(reference, window, is_summarised=False)
    largest: dict[str, float] = {}
    for distance in (one for part in parts.values() for one in part.distances):
        if distance.value is not None:
            series = _series(distance)
            largest[series] = max(largest.get(series, 0.0), min(distance.value / distance.threshold, MAX_EFFECT))
    for series, value in largest.items():
        yield Point("distance", series, value)


def _series(distance: Distance) -> str:
    column = BY_NAME.get(distance.name)
    return column.group.value if column is not None else f"{distance.title}: {distance.method}"


def _draw(
    verdict: DriftVerdict,
    reference: Reference | None,
    window: Window,
    slices: Sequence[DriftVerdict],
    alarms: Sequence[Alarm],
) -> Iterator[object]:
    numbers = {"status": verdict.status.value, "decisions": f"{verdict.n_decisions:,}", "tests": str(verdict.n_tests)}
    yield draw_counters("Weir's verdict", numbers)
    compared = "nothing" if reference is None else f"{reference.id[:12]}, {reference.origin}"
    times = [f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (window.period.start, window.period.end)]
    yield draw_table("What was looked at", ["from", "until", "compared with"], [[*times, compared]])
    if verdict.reasons:
        yield draw_table("Notes", ["what to know"], [[reason] for reason in verdict.reasons])
    if groups := group_changes(change for one in (verdict, *slices) for change in one.real):
        header = ["what", "was", "now", "by how much", "since", "items", "what to do"]
        yield draw_table("What changed", header, [_row(group) for group in groups])
    if alarms:
        header = ["alarm", "severity", "state", "opened", "what to do"]
        yield draw_table("Alarms", header, [_alarm_row(alarm) for alarm in alarms])


def _row(group: Group) -> list[str]:
    change = group.change
    since = "" if group.since is None else f"{group.since:%Y-%m-%d %H:%M} UTC"
    what = f"{change.title} ({', '.join(str(part) for part in (change.slice, *group.parts))})"
    effect = f"{change.effect_name} {change.effect:.3g} (matters from {change.effect_threshold:.3g})"
    return [what, change.was, change.now, effect, since, ", ".join(change.decision_ids[:5]), change.advice]


def _alarm_row(alarm: Alarm) -> list[str]:
    opened = f"{alarm.opened_at:%Y-%m-%d %H:%M} UTC"
    return [alarm.title, alarm.severity.value, alarm.state.value, opened, alarm.advice]
