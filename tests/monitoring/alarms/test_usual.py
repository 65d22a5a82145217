from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.alarms.loading import parse_rules
from monitoring.alarms.looks import Measure
from monitoring.alarms.usual import with_usual
from monitoring.home import Home
from monitoring.state.opening import open_state, writing
from monitoring.state.runs import Run, RunStatus, keep_run, purge_runs
from monitoring.state.state import State
from tests.monitoring.alarms.alarm_cases import AT_US, HOUR_US

RULES = parse_rules(
    "version: 1\nrules: [{name: more, kind: metric, severity: page, metric: prevalence, above: 2, of_usual: true}]"
)
NOW = Measure(name="prevalence", value=0.09, n=100)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(open_state(Home(tmp_path / "home"))) as state:
        yield state


def keep(state: State, hour: int, value: float | None, n: int = 100) -> None:
    at_us = AT_US + hour * HOUR_US
    run = Run(at_us=at_us, started_us=at_us, ended_us=at_us, status=RunStatus.CLEAR)
    with writing(state.engine) as connection:
        keep_run(connection, run, (Measure(name="prevalence", value=value, n=n),))


def usual(state: State, hour: int) -> float | None:
    (found,) = with_usual([NOW], RULES, state, AT_US + hour * HOUR_US)
    return found.usual.get("more")


def test_the_usual_is_the_median_of_earlier_looks(state: State) -> None:
    for hour, value in enumerate((0.01, 0.02, 0.9)):
        keep(state, hour * 12, value)
    assert usual(state, 36) == 0.02


def test_less_than_a_day_of_looks_says_nothing_of_what_is_usual(state: State) -> None:
    for hour in range(12):
        keep(state, hour, 0.02)
    assert usual(state, 13) is None


def test_looks_without_enough_samples_are_not_usual(state: State) -> None:
    for hour, (value, n) in enumerate([(0.02, 100), (0.5, 3), (None, 0), (0.04, 100)]):
        keep(state, hour * 12, value, n)
    assert usual(state, 40) == pytest.approx(0.03)


def test_old_runs_go_with_their_metrics(state: State) -> None:
    for hour in (0, 48):
        keep(state, hour, 0.02)
    with writing(state.engine) as connection:
        purge_runs(connection, AT_US + HOUR_US)
    assert len(state.runs()) == len(state.measures("prevalence")) == 1
