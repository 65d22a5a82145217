"""Purging: what is old goes, what is young stays, and the chain still proves the rest."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from service.accountability.decisions import BrokenChainError, retained_decisions
from service.accountability.findings import ProblemKind
from service.accountability.purging import Purger, purge
from service.accountability.retention import DAY_US, Retained
from service.accountability.verification import read_current_head, verify
from service.records.ledger import Head
from service.records.tables import decisions, events, ledger, ledger_checkpoints
from tests.service.accountability.conftest import add_event
from tests.service.rows import decision_row, write_decisions

OLD_US = time.time_ns() // 1000 - 10 * DAY_US
KINDS = (retained_decisions(7),)


def count(database: Engine, table: Any) -> int:
    with database.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def run(database: Engine, statement: str) -> None:
    with database.begin() as connection:
        connection.execute(text(statement))


@pytest.fixture
def aged(database: Engine) -> Engine:
    """Fifteen old decisions with young events among them, and five new decisions."""
    for size in (5, 5, 5):
        write_decisions(database, *(decision_row(decided_at_us=OLD_US) for _ in range(size)))
        add_event(database)
    write_decisions(database, *(decision_row() for _ in range(5)))
    return database


@pytest.fixture
def old_events(monkeypatch: pytest.MonkeyPatch, database: Engine) -> Engine:
    """The same, but the events among the old decisions are as old."""
    with monkeypatch.context() as patch:
        patch.setattr("service.records.ledger.time.time_ns", lambda: OLD_US * 1000)
        for _ in range(3):
            write_decisions(database, *(decision_row(decided_at_us=OLD_US) for _ in range(5)))
            add_event(database)
    write_decisions(database, *(decision_row() for _ in range(5)))
    return database


def test_old_decisions_go_and_the_chain_is_still_valid(old_events: Engine) -> None:
    assert purge(old_events, KINDS, "cli:test") == {"decisions": 15}
    report = verify(old_events)
    assert report.problems == ()
    assert (count(old_events, decisions), report.purged_through) == (5, 18)


def test_events_stay_when_the_decisions_around_them_go(old_events: Engine) -> None:
    purge(old_events, KINDS, "cli:test")
    with old_events.connect() as connection:
        kinds = connection.execute(select(events.c.kind).order_by(events.c.at_us)).scalars().all()
    assert kinds == ["policy.activated"] * 3 + ["decisions.purged", "retention.purged"]


def test_only_the_unbroken_run_of_old_entries_goes(aged: Engine) -> None:
    assert purge(aged, KINDS, "cli:test") == {"decisions": 5}
    assert verify(aged).valid


def test_a_second_purge_finds_nothing_and_says_nothing(old_events: Engine) -> None:
    purge(old_events, KINDS, "cli:test")
    n_events = count(old_events, events)
    assert purge(old_events, KINDS, "cli:test") == {"decisions": 0}
    assert count(old_events, events) == n_events


def test_purges_follow_each_other(old_events: Engine) -> None:
    purge(old_events, KINDS, "cli:test")
    add_event(old_events)
    later = (Retained("decisions", 1, KINDS[0].purge, KINDS[0].overdue, lambda e, _, a: KINDS[0].prepare(e, 2**62, a)),)  # type: ignore[misc]
    assert purge(old_events, later, "cli:test") == {"decisions": 5}
    assert verify(old_events).problems == ()
    assert count(old_events, ledger_checkpoints) == 2


def test_a_purge_that_was_interrupted_leaves_a_valid_chain_and_goes_on_later(old_events: Engine) -> None:
    assert purge(old_events, KINDS, "cli:test", goes_on=lambda: False) == {"decisions": 0}
    assert verify(old_events).problems == ()
    assert count(old_events, decisions) == 20
    assert purge(old_events, KINDS, "cli:test") == {"decisions": 15}
    assert verify(old_events).problems == ()


def test_what_does_not_verify_is_not_purged(old_events: Engine) -> None:
    run(old_events, "UPDATE decisions SET action = 'remove'")
    with pytest.raises(BrokenChainError):
        purge(old_events, KINDS, "cli:test")
    assert count(old_events, decisions) == 20


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        (ProblemKind.CHANGED_ROW, "UPDATE events SET actor = 'other' WHERE kind = 'policy.activated'"),
        (ProblemKind.BROKEN_CHECKPOINT, "DELETE FROM ledger WHERE seq = 6"),
        (ProblemKind.BROKEN_CHECKPOINT, "UPDATE ledger_checkpoints SET hash = kept"),
        (ProblemKind.BROKEN_CHECKPOINT, "UPDATE ledger_checkpoints SET kept = hash"),
        (ProblemKind.MISSING_ENTRY, "DELETE FROM ledger_checkpoints"),
    ],
)
def test_tampering_with_what_a_purge_leaves_is_found(old_events: Engine, kind: ProblemKind, statement: str) -> None:
    purge(old_events, KINDS, "cli:test")
    run(old_events, statement)
    assert kind in {problem.kind for problem in verify(old_events).problems}


def test_a_head_from_before_the_purge_cannot_be_checked_and_that_is_said(old_events: Engine) -> None:
    purge(old_events, KINDS, "cli:test")
    report = verify(old_events, Head(3, b"x" * 32))
    assert [problem.kind for problem in report.problems] == [ProblemKind.PURGED_HEAD]


def test_a_chain_of_which_all_is_purged_goes_on(database: Engine) -> None:
    write_decisions(database, *(decision_row(decided_at_us=OLD_US) for _ in range(3)))
    purge(database, KINDS, "cli:test")
    write_decisions(database, decision_row())
    report = verify(database)
    assert (report.problems, report.purged_through) == ((), 3)
    assert read_current_head(database).seq == 6


def test_what_is_kept_for_ever_is_not_purged(old_events: Engine) -> None:
    assert purge(old_events, (retained_decisions(0),), "cli:test") == {}
    assert count(old_events, decisions) == 20


def test_overdue_decisions_are_counted_without_deleting(old_events: Engine) -> None:
    with old_events.connect() as connection:
        assert KINDS[0].overdue(connection, time.time_ns() // 1000 - 7 * DAY_US) == 15


def test_only_one_of_two_purgers_purges(old_events: Engine) -> None:
    one, other = Purger(old_events, KINDS, 3_600), Purger(old_events, KINDS, 3_600)
    assert one.purge_once() == {"decisions": 15}
    assert other.purge_once() is None


def test_a_purger_purges_in_the_background(old_events: Engine) -> None:
    purger = Purger(old_events, KINDS, 0.01)
    purger.start()
    while count(old_events, ledger) > 10:
        time.sleep(0.01)
    purger.close()
    assert verify(old_events).valid


def test_a_kind_of_another_part_is_purged_in_batches(database: Engine) -> None:
    left = [2_500]
    batches: list[int] = []

    def purge_some(_: object, __: int, limit: int) -> int:
        gone = min(limit, left[0])
        left[0] -= gone
        batches.append(gone)
        return gone

    kinds: Sequence[Retained] = (Retained("things", 1, purge_some, lambda _c, _b: left[0]),)
    assert purge(database, kinds, "cli:test") == {"things": 2_500}
    assert batches == [1_000, 1_000, 500]
