"""A copy of a store with simulated times: the decisions move, the store stays, and bad input says what to do."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from scripts.demo.history import HOUR_US, HistoryError, write_history
from service.records.schema import open_database

END_US = 1_767_571_200_000_000


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "weir.db"
    open_database(f"sqlite:///{path}").dispose()
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "INSERT INTO deciders (id, policy_name, policy_version, policy_text, bundles) VALUES ('d','p','v','','[]')"
        )
        for row in range(3):
            database.execute(
                "INSERT INTO decisions (decision_id, decided_at_us, tenant, surface, modalities, content_digest,"
                " scores, action, review, flagged, decider_id, latency_ms)"
                " VALUES (?,?,'t','s','text','x','{}','allow',0,0,'d',1)",
                (f"id-{row}", row),
            )
        database.commit()
    return path


def write_log(path: Path, *lines: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def times(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        return [at for (at,) in database.execute("SELECT decided_at_us FROM decisions ORDER BY decision_id")]


def test_decisions_move_to_their_simulated_hours_in_the_copy_alone(store: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", {"hour": 0.5, "decision_id": "id-0"}, {"hour": 1.25, "decision_id": "id-1"})
    found = write_history(store, log, tmp_path / "copy.db", END_US)
    assert found.start_us == END_US - 2 * HOUR_US
    assert times(tmp_path / "copy.db") == [found.start_us + HOUR_US // 2, found.start_us + HOUR_US * 5 // 4, 2]
    assert times(store) == [0, 1, 2]


def test_failures_are_counted_by_the_simulated_minute(store: Path, tmp_path: Path) -> None:
    failed = {"hour": 0.5, "code": "empty_content", "surface": "feed"}
    log = write_log(tmp_path / "log", {"hour": 0.1, "decision_id": "id-0"}, failed, failed)
    assert write_history(store, log, tmp_path / "copy.db", END_US).n_failures == 2
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        found = copy.execute("SELECT at_us, surface, code, n_items FROM item_failures").fetchall()
    assert found == [(END_US - HOUR_US // 2, "feed", "empty_content", 2)]


def test_a_log_of_another_store_is_told_and_leaves_nothing(store: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", {"hour": 0.5, "decision_id": "elsewhere"})
    with pytest.raises(HistoryError, match="none of its decisions"):
        write_history(store, log, tmp_path / "copy.db", END_US)
    assert not (tmp_path / "copy.db").exists()


def test_a_copy_is_never_overwritten(store: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", {"hour": 0.5, "decision_id": "id-0"})
    with pytest.raises(HistoryError, match="exists"):
        write_history(store, log, store, END_US)


@pytest.mark.parametrize("content", ["", "nonsense", '{"other": 1}\n', "[1]\n"])
def test_what_is_no_log_is_told(store: Path, tmp_path: Path, content: str) -> None:
    log = tmp_path / "log"
    log.write_text(content, encoding="utf-8")
    with pytest.raises(HistoryError, match="not a log"):
        write_history(store, log, tmp_path / "copy.db", END_US)
