"""Numbers of the bench: false alarms a day, and posts until the alarm."""

import pytest

from scripts.bench.drift_results import QuietDay, ShiftedRun, detection, false_alarms
from scripts.demo.shifts import ShiftName

NAME = ShiftName.NEW_TOPIC


def runs(*counts: int | None) -> list[ShiftedRun]:
    return [
        ShiftedRun(NAME, seed, ("weir",), {} if count is None else {"weir": count}) for seed, count in enumerate(counts)
    ]


def test_a_run_without_an_alarm_counts_as_later_than_all() -> None:
    found = detection(runs(100, 300, None, None), NAME, "weir")
    assert (found["detected"], found["decisions_to_alarm_p50"], found["decisions_to_alarm_p90"]) == (0.5, 300, None)


def test_an_alarm_after_the_budget_is_no_detection() -> None:
    assert detection(runs(5_001), NAME, "weir")["detected"] == 0.0


def test_a_method_that_did_not_look_has_no_share() -> None:
    assert detection(runs(100), NAME, "other")["detected"] is None


def test_a_day_counts_once_however_many_alarms_it_has() -> None:
    days = [QuietDay({"weir": "content-drift, intake-drift"}), QuietDay({"weir": ""}), QuietDay({})]
    found = false_alarms(days, "weir")
    assert (found["days"], found["days_with_alarm"], found["per_day"]) == (2, 1, 0.5)


def test_no_alarm_in_two_hundred_days_is_at_most_two_in_a_hundred() -> None:
    found = false_alarms([QuietDay({"weir": ""})] * 200, "weir")
    assert found["interval"] == [0.0, pytest.approx(0.0183, abs=1e-3)]
