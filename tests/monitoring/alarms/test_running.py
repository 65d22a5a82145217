import sqlite3
import threading
from pathlib import Path

import pytest

from monitoring.alarms.alarm import AlarmState
from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.judging import judge
from monitoring.alarms.loading import load_rules
from monitoring.alarms.looks import Look
from monitoring.errors import MonitoringError
from monitoring.home import Home
from monitoring.looking import Looker
from monitoring.running import RunResult, clock_us
from monitoring.scheduling import Scheduler
from monitoring.state.opening import writing
from monitoring.state.runs import Run, RunStatus, keep_run
from monitoring.state.state import reading_state
from monitoring.windows.window import DAY_US, HOUR_US
from tests.monitoring.alarms.conftest import QUIET_US, Monitor


def test_a_quiet_day_is_clear_and_opens_nothing(monitor: Monitor) -> None:
    result = monitor.runner().run(QUIET_US)
    assert result.run.status is RunStatus.CLEAR
    assert result.alarms == ()


def test_a_shift_opens_alarms_that_say_what_changed_and_what_to_do(monitor: Monitor) -> None:
    result = monitor.runner().run(QUIET_US + 6 * HOUR_US)
    assert result.run.status is RunStatus.CHANGED
    by_rule = {alarm.rule: alarm for alarm in result.alarms}
    assert {"content-drift", "prediction-drift"} <= set(by_rule)
    (addresses,) = [one for one in by_rule["content-drift"].changes if one.name == "n_urls"]
    assert addresses.decision_ids
    assert by_rule["content-drift"].advice


def test_a_run_is_kept_as_it_was_found(monitor: Monitor) -> None:
    result = monitor.runner().run(QUIET_US + 6 * HOUR_US)
    with reading_state(monitor.home) as state:
        kept = state.last_run()
        assert kept is not None
        assert kept.verdict is not None
        assert kept.verdict.real == result.run.verdict.real  # type: ignore[union-attr]
        assert kept.model_copy(update={"verdict": None}) == result.run.model_copy(update={"verdict": None})
        assert [one.alarm_id for one in state.alarms()] == [one.alarm_id for one in result.alarms]


def test_metrics_are_kept_over_time(monitor: Monitor) -> None:
    runner = monitor.runner(safety_days=1.0)
    for hour in range(2):
        runner.run(QUIET_US + hour * HOUR_US)
    history = runner.state.measures("actioned_rate")
    assert [at_us for at_us, _ in history] == [QUIET_US + hour * HOUR_US for hour in range(2)]
    assert all(one.value is not None and 0 < one.value < 1 for _, one in history)
    assert "actioned_rate" in runner.state.measure_names()


def test_a_store_that_is_away_is_a_failed_look_and_never_clear(monitor: Monitor, tmp_path: Path) -> None:
    runner = monitor.over(f"sqlite:///{tmp_path / 'nothing.db'}").runner()
    runs = [runner.run(QUIET_US + hour * HOUR_US) for hour in range(2)]
    assert [result.run.status for result in runs] == [RunStatus.FAILED] * 2
    assert "nothing.db" in (runs[0].run.error or "")
    assert [alarm.rule for alarm in runs[1].alarms] == ["monitor-failing"]
    assert 'weir_monitor_status{status="undetermined"} 1.0' in (monitor.home.path / "metrics.prom").read_text()


def test_a_failing_look_does_not_close_what_is_open(monitor: Monitor, tmp_path: Path) -> None:
    first = monitor.runner().run(QUIET_US + 6 * HOUR_US)
    broken = monitor.over(f"sqlite:///{tmp_path / 'nothing.db'}").runner()
    for hour in range(7, 9):
        last = broken.run(QUIET_US + hour * HOUR_US)
    assert {alarm.alarm_id for alarm in first.alarms} < {alarm.alarm_id for alarm in last.alarms}, "and one of its own"


def test_without_a_reference_nothing_is_said(monitor: Monitor, tmp_path: Path) -> None:
    result = Monitor(Home(tmp_path / "other"), monitor.settings).runner().run(QUIET_US)
    assert result.run.status is RunStatus.UNDETERMINED
    assert result.run.verdict is not None
    assert "weir monitor reference build" in result.run.verdict.reasons[0]


def test_no_decisions_say_nothing_and_an_hour_of_them_after_a_day_is_silence(monitor: Monitor) -> None:
    runner = monitor.runner()
    assert runner.run(QUIET_US - 30 * DAY_US).run.status is RunStatus.UNDETERMINED
    silent = runner.run(QUIET_US + 7 * HOUR_US + 1)
    assert "silence" not in {alarm.rule for alarm in silent.alarms}, "too few decisions a day to be sure"


def test_a_look_at_the_past_leaves_alarms_as_they_are(monitor: Monitor) -> None:
    runner = monitor.runner()
    before = runner.run(QUIET_US + 6 * HOUR_US)
    again = runner.run(QUIET_US)
    assert again.told == ()
    assert again.alarms == before.alarms
    assert again.run.notes == ("a later look was made before, so alarms stay as they are",)


def test_the_same_look_again_is_kept_once(monitor: Monitor) -> None:
    runner = monitor.runner(safety_days=1.0)
    for _ in range(2):
        runner.run(QUIET_US)
    assert len(runner.state.runs()) == 1
    assert len(runner.state.measures("actioned_rate")) == 1


def test_a_file_that_cannot_be_written_costs_no_alarm(monitor: Monitor) -> None:
    (monitor.home.path / "metrics.prom").mkdir()
    result = monitor.runner().run(QUIET_US + 6 * HOUR_US)
    assert result.alarms
    assert result.run.notes[0].startswith("the file for Prometheus could not be made: IsADirectoryError")


def test_a_store_that_does_not_count_failures_is_not_calm(monitor: Monitor, tmp_path: Path) -> None:
    path = tmp_path / "older.db"
    with (
        sqlite3.connect(monitor.settings.decisions.removeprefix("sqlite:///")) as source,
        sqlite3.connect(path) as copy,
    ):
        source.backup(copy)
        copy.execute("DROP TABLE item_failures")
    source.close()
    copy.close()
    seen = Looker(monitor.over(f"sqlite:///{path}").settings, monitor.home).look(QUIET_US)
    found = judge(load_rules(), Look(QUIET_US, [seen.verdict], seen.traffic()))
    assert [one.reading for one in found if one.rule == "failures"] == [Reading.UNKNOWN]


def test_missed_looks_are_made_up_for_and_the_schedule_goes_on(monitor: Monitor) -> None:
    runner = monitor.runner()
    runner.run(QUIET_US)
    seen: list[tuple[int, bool]] = []
    clock_us = QUIET_US + 2 * HOUR_US + 5

    def keep(result: object) -> None:
        run = result.run  # type: ignore[attr-defined]
        seen.append(((run.at_us - QUIET_US) // HOUR_US, run.is_catch_up))
        if len(seen) == 2:
            scheduler.stop()

    scheduler = Scheduler(runner, None, HOUR_US, on_result=keep, clock=lambda: clock_us)
    scheduler.run()
    assert seen == [(1, True), (2, False)]


def test_a_shift_that_is_replayed_is_open_in_the_end(monitor: Monitor) -> None:
    runner = monitor.runner()
    scheduler = Scheduler(runner, None, HOUR_US)
    scheduler.replay(QUIET_US + 5 * HOUR_US, QUIET_US + 6 * HOUR_US)
    assert "content-drift" in {alarm.rule for alarm in runner.state.alarms([AlarmState.OPEN])}


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    home.state.write_bytes(b"not a database, but long enough to be taken for one by its size" * 20)
    with pytest.raises(MonitoringError, match="move it away"), reading_state(home):
        pass


def test_a_state_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    connection = sqlite3.connect(home.state)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(MonitoringError, match="newer Weir"), reading_state(home):
        pass


def test_a_state_whose_rows_are_damaged_is_named(monitor: Monitor) -> None:
    runner = monitor.runner()
    runner.run(QUIET_US)
    with writing(runner.state.engine) as connection:
        connection.exec_driver_sql("UPDATE runs SET status = 'fine'")
    with pytest.raises(MonitoringError, match="cannot read"):
        runner.state.last_run()


def test_a_state_that_breaks_while_it_is_read_is_named(monitor: Monitor) -> None:
    runner = monitor.runner()
    with writing(runner.state.engine) as connection:
        connection.exec_driver_sql("DROP TABLE measures")
    with pytest.raises(MonitoringError, match="cannot be used"):
        runner.state.measures("prevalence")


def test_a_look_that_a_wrong_clock_put_into_the_future_does_not_silence_what_follows(monitor: Monitor) -> None:
    runner = monitor.runner()
    with writing(runner.state.engine) as connection:
        ahead_us = clock_us() + 30 * DAY_US
        keep_run(connection, Run(at_us=ahead_us, started_us=0, ended_us=0, status=RunStatus.CLEAR), ())
    result = runner.run(QUIET_US + 6 * HOUR_US)
    assert result.told
    last = runner.state.last_run(clock_us())
    assert last is not None
    assert last.at_us == QUIET_US + 6 * HOUR_US


def test_a_schedule_goes_on_after_a_look_in_the_future(monitor: Monitor) -> None:
    runner = monitor.runner()
    with writing(runner.state.engine) as connection:
        ahead_us = QUIET_US + 30 * DAY_US
        keep_run(connection, Run(at_us=ahead_us, started_us=0, ended_us=0, status=RunStatus.CLEAR), ())
    looked: list[int] = []

    def keep(result: RunResult) -> None:
        looked.append(result.run.at_us)
        scheduler.stop()

    scheduler = Scheduler(runner, None, HOUR_US, on_result=keep, clock=lambda: QUIET_US + 5)
    late = threading.Timer(60, scheduler.stop)
    late.start()
    scheduler.run()
    late.cancel()
    assert looked == [QUIET_US]
