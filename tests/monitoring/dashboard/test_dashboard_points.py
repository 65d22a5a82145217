"""What one look adds to the panels."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from monitoring.alarms.alarm import Alarm, AlarmState
from monitoring.alarms.rules import Severity
from monitoring.dashboard.measured_points import read_measured
from monitoring.dashboard.panels import PANELS
from monitoring.dashboard.points import MAX_EFFECT, Point, read_points
from monitoring.drift.verdicts import Subject
from monitoring.safety.catalogue import QUALITY, SAFETY
from monitoring.safety.metric import Metric, missing
from tests.monitoring.conftest import make_window
from tests.monitoring.reports.conftest import make_change, make_verdict, part

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def by_series(points: list[Point], panel: str) -> dict[str, float]:
    return {point.series: point.value for point in points if point.panel == panel}


def make_alarm(severity: Severity = Severity.PAGE, state: AlarmState = AlarmState.OPEN) -> Alarm:
    return Alarm(key="k", rule="r", severity=severity, state=state, title="t", opened_at=NOW, seen_at=NOW)


def test_every_point_has_a_panel() -> None:
    window = make_window(300, failures={"empty_text": 3})
    metrics = [Metric(name=one.name, value=0.5, category=None) for one in (*QUALITY, *SAFETY)]
    points = read_points(make_verdict(window, make_change()), window, [make_alarm()]) + read_measured(metrics, metrics)
    keys = {panel.key for panel in PANELS}
    assert {point.panel for point in points} | {"distance"} == keys


def test_the_drift_share_counts_things_once_over_all_horizons() -> None:
    window = make_window(50)
    changes = [make_change(horizon_h=hours) for hours in (1.0, 24.0)]
    verdict = make_verdict(window, *changes, make_change("n_urls", is_real=False))
    assert by_series(read_points(verdict, window), "drift_share") == {"all": 0.5, "text": 0.5}


def test_parts_of_the_traffic_do_not_move_the_drift_share() -> None:
    window = make_window(50)
    verdict = make_verdict(window, make_change(is_real=False))
    of_part = make_verdict(window, make_change(slice=part("surface", "feed")))
    points = read_points(verdict, window, slices=[of_part])
    assert by_series(points, "drift_share")["all"] == 0
    assert by_series(points, "now")["real changes"] == 1


def test_an_undetermined_look_has_no_drift_share_of_zero() -> None:
    window = make_window(0)
    points = read_points(make_verdict(window), window)
    assert by_series(points, "drift_share") == {}
    assert by_series(points, "status") == {"clear": 0, "changed": 0, "undetermined": 1}


def test_a_huge_effect_is_drawn_at_the_edge() -> None:
    window = make_window(50)
    change = make_change("embedding", subject=Subject.TEXT_EMBEDDING, effect=1e9)
    assert list(by_series(read_points(make_verdict(window, change), window), "effect").values()) == [MAX_EFFECT]


def test_shares_of_a_mix_add_up_to_one() -> None:
    window = make_window(500)
    points = read_points(make_verdict(window), window)
    for panel in ("action", "severity", "language", "surface", "score_bands"):
        assert sum(by_series(points, panel).values()) == pytest.approx(1)


def test_prevalence_weighs_rows() -> None:
    window = make_window(400)
    weights = np.where(window.frame["score:hate"] > 0.5, 0.0001, 1.0)
    weighted = replace(window, frame=window.frame.assign(weight=weights))
    plain, less = (by_series(read_points(make_verdict(one), one), "prevalence") for one in (window, weighted))
    assert less["hate"] < plain["hate"]


def test_a_category_that_nothing_scored_has_no_point() -> None:
    window = make_window(100)
    assert "sexual/minors" not in by_series(read_points(make_verdict(window), window), "prevalence")


def test_a_counter_of_nothing_is_drawn_as_zero() -> None:
    window = make_window(10)
    points = read_points(make_verdict(window), window)
    assert 0 < by_series(points, "now")["open alarms"] < 0.005  # Evidently writes "no value" for 0 itself


def test_closed_alarms_are_not_counted() -> None:
    window = make_window(10)
    alarms = [make_alarm(), make_alarm(Severity.INFO), make_alarm(state=AlarmState.CLOSED)]
    points = read_points(make_verdict(window), window, alarms)
    assert by_series(points, "alarms") == {"page": 1, "ticket": 0, "info": 1}


def test_a_metric_without_a_value_is_no_zero() -> None:
    assert read_measured([missing("precision", "no labels", category="hate")], [missing("prevalence", "none")]) == []


def test_times_of_people_are_drawn_in_hours() -> None:
    points = read_measured([], [Metric(name="time_to_verdict_p50", value=7_201.0)])
    assert by_series(points, "answers_h") == {"time to verdict p50": 2.0}


def test_times_of_the_server_are_drawn_in_seconds_on_a_panel_of_their_own() -> None:
    points = read_measured([], [Metric(name="time_to_action_p50", value=0.125)])
    assert by_series(points, "action_s") == {"time to action p50": 0.125}
    assert not by_series(points, "answers_h")


def test_rates_are_drawn_in_per_cent() -> None:
    points = read_measured([], [Metric(name="proactive_rate", value=0.905)])
    assert by_series(points, "rates_percent") == {"proactive rate": pytest.approx(90.5)}


def test_levels_of_severity_come_in_their_order() -> None:
    window = make_window(10)
    counts = {"severity": {"6": 5, "0": 4, "2": 1}}
    window = replace(window, totals=replace(window.totals, counts=counts))
    points = read_points(make_verdict(window), window)
    assert list(by_series(points, "severity")) == ["0", "2", "6"]
