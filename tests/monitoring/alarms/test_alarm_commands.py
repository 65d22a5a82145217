import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitoring.alarms.book import AlarmBook
from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.loading import load_rules
from monitoring.errors import BusyError, MonitoringError
from monitoring.home import Home
from monitoring.locking import is_locked, locked
from monitoring.running import clock_us
from monitoring.state.opening import open_state, writing
from monitoring.state.runs import NOT_SEEN, Run, RunStatus, keep_run
from scripts.cli import app
from scripts.commands.monitor.times import read_hours, read_moment_us, read_span_us, read_spans_us
from tests.monitoring.alarms.alarm_cases import AT_US, HOUR_US, change, finding, verdict
from tests.monitoring.alarms.conftest import QUIET_US, Monitor

cli = CliRunner()


def call(*words: str) -> tuple[int, str]:
    result = cli.invoke(app, ["monitor", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def home(tmp_path: Path) -> str:
    home = Home(tmp_path / "home")
    engine = open_state(home)
    with writing(engine) as connection:
        key = "content-drift"
        AlarmBook(engine).enter(connection, load_rules(), [finding(Reading.URGENT, key)], AT_US)
    engine.dispose()
    return str(home.path)


def test_open_alarms_are_listed_with_an_exit_code_for_cron(home: str) -> None:
    code, said = call("alarms", "list", "--home", home)
    assert code == 3
    assert "Characters changed" in said


def test_an_alarm_is_taken_on_and_closed_by_a_person(home: str) -> None:
    assert call("alarms", "ack", "1", "--by", "ana", "--home", home)[0] == 0
    assert call("alarms", "close", "1", "--by", "ana", "-m", "a campaign", "--home", home)[0] == 0
    code, said = call("alarms", "show", "1", "--json", "--home", home)
    assert code == 0
    assert [event["kind"] for event in json.loads(said)["history"]] == ["opened", "acknowledged", "closed"]
    assert call("alarms", "list", "--home", home)[0] == 0


def test_an_alarm_is_not_closed_without_a_reason(home: str) -> None:
    code, said = call("alarms", "close", "1", "-m", " ", "--home", home)
    assert code == 2
    assert "say why" in said


def test_a_home_where_nobody_ran_is_no_all_clear(tmp_path: Path) -> None:
    code, said = call("alarms", "list", "--home", str(tmp_path / "nothing"))
    assert code == 2
    assert "no monitor has run" in said
    assert not (tmp_path / "nothing").exists()


def test_the_status_of_a_home_without_a_look_is_not_clear(home: str) -> None:
    code, said = call("status", "--json", "--home", home)
    assert code == 3, "an alarm is open"
    assert json.loads(said)["status"] == "never"


@pytest.mark.parametrize(
    ("age_us", "given", "code"),
    [
        (0, {}, 0),
        (4 * HOUR_US, {}, 4),
        (0, {"notes": (f"{NOT_SEEN}slices could not be made: KeyError",)}, 4),
        (0, {"slices": (verdict(change()),)}, 3),
        (-4 * HOUR_US, {}, 4),
    ],
    ids=["clear", "long ago", "a part broke", "a part changed", "in the future"],
)
def test_the_status_is_clear_for_a_whole_look_of_now_alone(
    tmp_path: Path, age_us: int, given: dict[str, Any], code: int
) -> None:
    home = Home(tmp_path / "home")
    engine, at_us = open_state(home), clock_us() - age_us
    with writing(engine) as connection:
        keep_run(connection, Run(at_us=at_us, started_us=at_us, ended_us=at_us, status=RunStatus.CLEAR, **given), ())
    engine.dispose()
    assert call("status", "--home", str(home.path))[0] == code


def test_two_monitors_never_run_in_one_home(monitor: Monitor) -> None:
    with locked(monitor.home):
        assert is_locked(monitor.home)
        with pytest.raises(BusyError), locked(monitor.home):
            pass
        code, said = call("run", "--home", str(monitor.home.path), "--source", monitor.settings.decisions)
    assert code == 5
    assert "another monitor runs" in said
    assert is_locked(monitor.home) is None


def test_a_look_is_made_at_the_moment_that_is_named(monitor: Monitor) -> None:
    at = f"{(QUIET_US // HOUR_US) * HOUR_US / 1e6:.0f}"
    moment = "2026-01-02T00:00"
    assert read_moment_us(moment, "--now", 0) == int(at) * 1_000_000
    where = ["--home", str(monitor.home.path), "--source", monitor.settings.decisions]
    code, said = call("run", "--now", moment, "--no-dashboard", "--no-slices", "--report", "never", "--json", *where)
    assert code == 0
    assert json.loads(said)["run"]["status"] == "clear"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--every", "often"], "no span of time"),
        (["--until", "now"], "--until needs --now"),
        (["--every", "1h", "--now", "2h"], "needs --until"),
        (["--now", "yesterday"], "no moment"),
        (["--now", "2999-01-01"], "in the future"),
        (["--windows", "1h,1h"], "different lengths"),
        (["--rules", "nothing.yaml"], "cannot be read"),
    ],
)
def test_a_mistake_in_what_is_asked_is_one_line(monitor: Monitor, words: list[str], said: str) -> None:
    code, output = call("run", *words, "--home", str(monitor.home.path), "--source", monitor.settings.decisions)
    assert code == 2
    assert said in output
    assert "Traceback" not in output


def test_rules_are_checked_before_they_are_used(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\nrules: [{name: x, kind: silence, severity: loud}]")
    code, said = call("rules", "check", str(path))
    assert code == 2
    assert "rule 'x', severity" in said
    assert call("rules", "check")[0] == 0


def test_spans_are_read_in_their_units() -> None:
    assert [read_span_us(text, "x") // 1_000_000 for text in ("90s", "30m", "1h", "7d")] == [90, 1_800, 3_600, 604_800]


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "999999w", "soon"])
def test_a_moment_that_nothing_can_be_computed_of_is_refused(text: str) -> None:
    with pytest.raises(MonitoringError, match="--now"):
        read_moment_us(text, "--now", 0)


@pytest.mark.parametrize("hours", [float("nan"), float("inf"), 1e300, -1.0])
def test_hours_that_are_no_length_of_time_are_refused(hours: float) -> None:
    with pytest.raises(MonitoringError, match="--hours"):
        read_hours(hours, "--hours")


@pytest.mark.parametrize("text", ["1h,1h", "1h,60m", "1h,2h,3h,4h,5h,6h,7h,8h,9h", "1h,"])
def test_windows_are_some_different_spans(text: str) -> None:
    with pytest.raises(MonitoringError, match="--windows"):
        read_spans_us(text, "--windows")


def test_a_replay_that_ends_before_it_begins_is_refused(home: str) -> None:
    times = ["--every", "1h", "--now", "2026-01-02", "--until", "2026-01-01"]
    code, said = call("run", *times, "--home", home)
    assert code == 2
    assert "nothing to replay" in said


def test_a_home_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for command in (["run"], ["ui"]):
        code, said = call(*command, "--home", str(tmp_path / "file"))
        assert code == 2
        assert "--home" in said
