from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from monitoring.alarms.alarm import AlarmState
from monitoring.alarms.book import AlarmBook, Told
from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.loading import parse_rules
from monitoring.alarms.looks import Finding
from monitoring.errors import MonitoringError
from monitoring.home import Home
from monitoring.state.opening import open_state, writing
from monitoring.state.state import State
from tests.monitoring.alarms.alarm_cases import AT_US, HOUR_US, change, finding

RULES = parse_rules(
    """
version: 1
rules:
  - {name: content, kind: drift, severity: ticket, cooldown_h: 5,
     hysteresis: {raise_after: 2, of_looks: 3, close_after: 2}}
"""
)
OTHERS = parse_rules("version: 1\nrules: [{name: other, kind: silence, severity: page}]")
A, C, N, U = Reading.ALARMING, Reading.CALM, Reading.UNKNOWN, Reading.URGENT


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_state(Home(tmp_path / "home"))
    yield engine
    engine.dispose()


def enter(engine: Engine, hour: int, *findings: Finding, rules: object = RULES, tells: bool = False) -> list[Told]:
    with writing(engine) as connection:
        return AlarmBook(engine, tells=tells).enter(connection, rules, findings, AT_US + hour * HOUR_US)


def follow(engine: Engine, readings: list[Reading], start: int = 0) -> list[list[str]]:
    return [
        [one.kind.value for one in enter(engine, hour, finding(reading))]
        for hour, reading in enumerate(readings, start)
    ]


def test_an_alarm_opens_stays_one_and_closes(engine: Engine) -> None:
    assert follow(engine, [A, A, A, C, A, C, C]) == [[], ["opened"], [], [], [], [], ["closed"]]
    (alarm,) = State(engine).alarms()
    assert (alarm.state, alarm.closed_by, alarm.n_looks) == (AlarmState.CLOSED, "monitor", 3)


def test_what_returns_within_the_cooldown_opens_the_same_alarm_again(engine: Engine) -> None:
    told = follow(engine, [U, C, C, U, C, C])
    assert told == [["opened"], [], ["closed"], ["reopened"], [], ["closed"]]
    (alarm,) = State(engine).alarms()
    assert alarm.n_opened == 2


def test_what_returns_after_the_cooldown_opens_a_new_alarm(engine: Engine) -> None:
    follow(engine, [U, C, C])
    assert follow(engine, [U], start=8) == [["opened"]]
    assert [alarm.alarm_id for alarm in State(engine).alarms()] == [2, 1]


def test_what_a_person_closed_stays_silent_for_the_cooldown(engine: Engine) -> None:
    follow(engine, [U])
    AlarmBook(engine).close(1, "ana", "a campaign", AT_US)
    assert follow(engine, [U, U, U, U, U], start=1) == [[], [], [], [], ["opened"]]
    assert State(engine).alarms()[0].alarm_id == 2


def test_an_acknowledged_alarm_stays_open_and_says_by_whom(engine: Engine) -> None:
    follow(engine, [U])
    AlarmBook(engine).acknowledge(1, "ana", "looking", AT_US)
    follow(engine, [A], start=1)
    (alarm,) = State(engine).alarms()
    assert (alarm.state, alarm.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "ana")


def test_an_alarm_keeps_its_history(engine: Engine) -> None:
    follow(engine, [U])
    book = AlarmBook(engine)
    book.acknowledge(1, "ana", "", AT_US + 1)
    book.close(1, "ben", "done", AT_US + 2)
    alarm = State(engine).alarm(1)
    assert alarm is not None
    assert [(one.kind.value, one.actor, one.reason) for one in alarm.history] == [
        ("opened", "monitor", "up"),
        ("acknowledged", "ana", ""),
        ("closed", "ben", "done"),
    ]


def test_a_closed_alarm_cannot_be_closed_again(engine: Engine) -> None:
    follow(engine, [U, C, C])
    with pytest.raises(MonitoringError, match="alarm 1 is closed already, by monitor"):
        AlarmBook(engine).close(1, "ana", "why not", AT_US)


def test_an_alarm_that_is_not_there_is_named(engine: Engine) -> None:
    with pytest.raises(MonitoringError, match="there is no alarm 7"):
        AlarmBook(engine).acknowledge(7, "ana", "", AT_US)


def test_unknown_looks_close_nothing(engine: Engine) -> None:
    assert follow(engine, [U, *[N] * 20]) == [["opened"], *[[]] * 20]


def test_a_slice_that_is_not_seen_any_more_is_unknown_and_not_calm(engine: Engine) -> None:
    enter(engine, 0, finding(U, "content/surface=feed"))
    enter(engine, 1, finding(C, "content/surface=feed"))
    assert all(enter(engine, hour, finding(C, "content/surface=chat")) == [] for hour in range(2, 6))
    assert State(engine).alarms()[0].is_open


def test_an_alarm_whose_rule_is_gone_is_closed(engine: Engine) -> None:
    follow(engine, [U])
    (told,) = enter(engine, 1, rules=OTHERS)
    assert told.alarm.close_reason == "its rule is not in the file any more"


def test_an_alarm_shows_the_changes_of_its_last_alarming_look(engine: Engine) -> None:
    enter(engine, 0, finding(U, changes=(change(),)))
    enter(engine, 1, finding(A, changes=(change("n_urls"),)))
    enter(engine, 2, finding(C))
    assert [one.name for one in State(engine).alarms()[0].changes] == ["n_urls"]


def test_what_fails_in_the_transaction_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as connection:
            AlarmBook(engine, tells=True).enter(connection, RULES, [finding(U)], AT_US)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert State(engine).alarms() == []
    assert State(engine).waiting().n_messages == 0
