"""Verification: a chain that nobody touched is valid, and every way to touch it is found and named."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from service.accountability.findings import AuditReport, ProblemKind
from service.accountability.verification import read_current_head, verify
from service.records.ledger import Head
from tests.service.accountability.conftest import add_event
from tests.service.rows import decision_row, write_decisions


def run(database: Engine, *statements: str) -> None:
    with database.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def head(database: Engine) -> Head:
    found = read_current_head(database)
    return Head(found.seq, bytes.fromhex(found.hash))


def kinds(report: AuditReport) -> set[ProblemKind]:
    return {problem.kind for problem in report.problems}


def test_an_empty_chain_is_valid(database: Engine) -> None:
    report = verify(database)
    assert (report.valid, report.n_entries, report.head.seq) == (True, 0, 0)


def test_a_chain_that_nobody_touched_is_valid(chained: Engine) -> None:
    report = verify(chained, head(chained))
    assert report.problems == ()
    assert (report.valid, report.n_entries, report.n_decisions, report.n_events) == (True, 10, 8, 2)


def test_every_kind_of_value_is_read_back_as_it_was_chained(database: Engine) -> None:
    write_decisions(
        database,
        decision_row(review=True, flagged=True, latency_ms=0.1 + 0.2, ascii_share=1 / 3, n_chars=2**31 - 1),
        decision_row(n_chars=None, ascii_share=None, context='{"locale":"pt-BR"}', reasons="[]", key_id="k"),
        decision_row(content_id="Ж\u200d🏴 'quoted' \"twice\" \\", brightness=1e-12, decided_at_us=2**62),
    )
    assert verify(database).problems == ()


TAMPERED: list[tuple[ProblemKind, str]] = [
    (ProblemKind.CHANGED_ROW, "UPDATE decisions SET action = 'remove' WHERE content_id = 'a-0'"),
    (ProblemKind.CHANGED_ROW, "UPDATE decisions SET review = true WHERE content_id = 'a-0'"),
    (ProblemKind.CHANGED_ROW, "UPDATE decisions SET personal = NULL, erased_at_us = 1 WHERE content_id = 'a-0'"),
    (ProblemKind.CHANGED_ROW, "UPDATE events SET actor = 'somebody'"),
    (ProblemKind.CHANGED_PERSONAL_FIELDS, "UPDATE decisions SET content_id = 'other' WHERE content_id = 'a-0'"),
    (ProblemKind.CHANGED_PERSONAL_FIELDS, "UPDATE decisions SET salt = NULL WHERE content_id = 'a-0'"),
    (ProblemKind.CHANGED_PERSONAL_FIELDS, "UPDATE decisions SET erased_at_us = 1 WHERE content_id = 'a-0'"),
    (
        ProblemKind.UNRECORDED_ERASURE,
        "UPDATE decisions SET erased_at_us = 1, salt = NULL, content_id = NULL, subject = NULL, content_digest = ''",
    ),
    (ProblemKind.MISSING_ROW, "DELETE FROM decisions WHERE content_id = 'a-0'"),
    (ProblemKind.MISSING_ROW, "DELETE FROM events"),
    (ProblemKind.MISSING_ENTRY, "DELETE FROM ledger WHERE seq = 4"),
    (ProblemKind.MISSING_ENTRY, "DELETE FROM ledger WHERE seq <= 4"),
    (ProblemKind.UNLISTED_ROW, "DELETE FROM ledger WHERE seq = 10"),
    (ProblemKind.BROKEN_HASH, "UPDATE ledger SET at_us = at_us + 1 WHERE seq = 4"),
    (ProblemKind.BROKEN_HASH, "UPDATE ledger SET digest = hash WHERE seq = 4"),
    (ProblemKind.UNKNOWN_KIND, "UPDATE ledger SET kind = 'nothing' WHERE seq = 4"),
    (
        ProblemKind.UNLISTED_ROW,
        "INSERT INTO events (event_id, at_us, kind, actor, payload) VALUES ('e', 1, 'policy.activated', 'a', '{}')",
    ),
    (
        ProblemKind.BROKEN_CHECKPOINT,
        "INSERT INTO ledger_checkpoints (seq, hash, at_us, kept) SELECT seq, hash, 1, hash FROM ledger WHERE seq = 3",
    ),
]


@pytest.mark.parametrize(("kind", "statement"), TAMPERED)
def test_tampering_is_found(chained: Engine, kind: ProblemKind, statement: str) -> None:
    run(chained, statement)
    report = verify(chained)
    assert not report.valid
    assert kind in kinds(report)


def test_a_changed_decision_is_named(chained: Engine) -> None:
    run(chained, "UPDATE decisions SET action = 'remove' WHERE content_id = 'b-1'")
    report = verify(chained)
    assert {problem.seq for problem in report.problems} == {7, 9}
    assert all(problem.entry_id for problem in report.problems)


def test_a_row_that_was_put_in_is_named(chained: Engine) -> None:
    columns = ", ".join(
        "'forged'" if name == "decision_id" else name for name in (column.name for column in _columns())
    )
    run(chained, f"INSERT INTO decisions SELECT {columns} FROM decisions WHERE content_id = 'a-0' LIMIT 1")
    report = verify(chained)
    assert [(problem.kind, problem.entry_id) for problem in report.problems] == [(ProblemKind.UNLISTED_ROW, "forged")]


def _columns() -> list[object]:
    from service.records.tables import decisions

    return list(decisions.columns)


def test_entries_that_change_places_are_found(chained: Engine) -> None:
    run(
        chained,
        "UPDATE ledger SET seq = -1 WHERE seq = 3",
        "UPDATE ledger SET seq = 3 WHERE seq = 4",
        "UPDATE ledger SET seq = 4 WHERE seq = -1",
    )
    assert kinds(verify(chained)) == {ProblemKind.BROKEN_HASH}


def cut_tail(database: Engine) -> None:
    run(
        database,
        "DELETE FROM events WHERE event_id = (SELECT entry_id FROM ledger WHERE seq = 10)",
        "DELETE FROM ledger WHERE seq = 10",
    )


def test_a_cut_tail_shows_only_against_a_head_that_was_kept(chained: Engine) -> None:
    kept = head(chained)
    cut_tail(chained)
    assert verify(chained).valid
    assert kinds(verify(chained, kept)) == {ProblemKind.TRUNCATED}


def test_a_rewritten_tail_shows_against_a_head_that_was_kept(chained: Engine) -> None:
    kept = head(chained)
    cut_tail(chained)
    add_event(chained, "policy.other")
    assert verify(chained).valid
    assert kinds(verify(chained, kept)) == {ProblemKind.OTHER_HEAD}


def test_a_chain_that_went_on_still_contains_the_head_that_was_kept(chained: Engine) -> None:
    kept = head(chained)
    add_event(chained)
    assert verify(chained, kept).valid


def test_more_problems_than_are_listed_are_all_counted(database: Engine) -> None:
    write_decisions(database, *(decision_row() for _ in range(120)))
    run(database, "UPDATE decisions SET action = 'remove'")
    report = verify(database)
    assert (len(report.problems), report.n_problems) == (100, 120)


def test_progress_ends_where_the_chain_ends(chained: Engine) -> None:
    told: list[tuple[int, int]] = []
    report: Callable[[int, int], None] = lambda done, total: told.append((done, total))  # noqa: E731
    verify(chained, progress=report)
    assert told[-1] == (10, 10)
