"""Sources that are damaged, old, busy or not what they should be: one sentence, never a traceback."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine

from monitoring.errors import SourceError
from monitoring.windows.deciders import read_deciders
from monitoring.windows.exporting import SCHEMA, export_parquet
from monitoring.windows.parquet import METADATA
from monitoring.windows.raw import RAW
from monitoring.windows.reading import read_window
from monitoring.windows.source import open_source
from monitoring.windows.window import HOUR_US, Period
from service.records.schema import open_database
from service.records.tables import decisions, item_failures
from tests.monitoring.conftest import START_US, add_records, make_records, write_store

DAY = Period(START_US, START_US + 24 * HOUR_US)
Store = Callable[..., str]


def opening(where: str) -> str:
    with pytest.raises(SourceError) as caught, open_source(where):
        pass
    return str(caught.value)


def test_every_raw_column_is_one_of_the_store() -> None:
    assert set(RAW) <= set(decisions.columns.keys())


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("sqlite:////nowhere/weir.db", "there is no database"),
        ("sqlite://", "name the file"),
        ("nosuch://host/db", "no driver"),
        ("/nowhere/decisions.parquet", "there is no"),
        ("://", "not the URL"),
    ],
)
def test_a_source_that_is_not_there_is_told(where: str, says: str) -> None:
    assert says in opening(where)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "weir.db").write_bytes(b"not a database " * 1_000)
    assert "damaged, or no database" in opening(f"sqlite:///{tmp_path / 'weir.db'}")


def test_a_database_without_decisions_is_told(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE things (name TEXT)").connection.close()
    assert "no table decisions" in opening(f"sqlite:///{tmp_path / 'other.db'}")


def test_a_store_whose_pages_are_damaged_is_told(make_store: Store) -> None:
    url = make_store(2_000)
    path = Path(url.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises(SourceError, match="damaged"), open_source(url) as source:
        read_window(source, DAY)


def test_a_password_is_not_shown() -> None:
    said = opening("postgresql+psycopg://weir:secret@127.0.0.1:1/weir?connect_timeout=1")
    assert "secret" not in said
    assert "cannot be read" in said


def test_a_store_of_an_older_version_is_read_with_a_note(tmp_path: Path) -> None:
    url = write_store(f"sqlite:///{tmp_path / 's.db'}", make_records(20))
    with sqlite3.connect(tmp_path / "s.db") as connection:
        for name in ("language", "cached", "text_vector", "image_vector"):
            connection.execute(f"ALTER TABLE decisions DROP COLUMN {name}")
        connection.execute("DROP TABLE item_failures")
    connection.close()
    with open_source(url) as source:
        window = read_window(source, DAY)
    assert window.n_decisions == 20
    assert window.frame["language"].isna().all()
    assert window.notes == (
        (
            "the store is older than this version and has no language, cached, text_vector, image_vector: "
            "these columns are empty"
        ),
        "the store does not count items that got no decision",
    )


def test_a_store_without_what_is_needed_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("CREATE TABLE decisions (decision_id TEXT PRIMARY KEY, action TEXT)")
    connection.close()
    assert "has no decided_at_us, scores" in opening(f"sqlite:///{tmp_path / 's.db'}")


def test_an_empty_store_has_no_span(make_store: Store) -> None:
    with open_source(make_store(0)) as source:
        assert source.span() is None
        assert read_window(source, DAY).n_decisions == 0


def test_nothing_can_be_written_through_a_source(make_store: Store) -> None:
    with open_source(make_store(1)) as source, pytest.raises(SourceError):
        source.query("DELETE FROM decisions")  # type: ignore[attr-defined]


def test_a_store_that_is_being_written_to_is_read(make_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_store(500)
    monkeypatch.setattr("monitoring.windows.database.CHUNK", 50)
    engine, more = open_database(url), make_records(300, 9, hours=1.0)
    begun = threading.Event()

    def write() -> None:
        for start in range(0, len(more), 20):
            add_records(engine, more[start : start + 20])
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    with open_source(url) as source:
        while_writing = read_window(source, DAY)
        writer.join()
        after = read_window(source, DAY)
    engine.dispose()
    assert 500 <= while_writing.n_decisions <= after.n_decisions == 800
    assert while_writing.frame["decision_id"].is_unique


def test_a_writer_in_a_transaction_holds_nobody_up(make_store: Store) -> None:
    url = make_store(50)
    writer = create_engine(url)
    with writer.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("UPDATE decisions SET tenant = 'x'")
        with open_source(url) as source:
            assert read_window(source, DAY).totals.counts["tenant"].keys() == {"t0", "t1", "t2"}
    writer.dispose()


def test_items_without_a_decision_are_counted_by_code(make_store: Store) -> None:
    url = make_store(5)
    engine = open_database(url)
    rows = [(f"f{n}", START_US + n, "t0", "feed" if n else "chat", "empty_content", 2) for n in range(3)]
    with engine.begin() as connection:
        connection.execute(
            item_failures.insert(), [dict(zip(item_failures.columns.keys(), row, strict=True)) for row in rows]
        )
    engine.dispose()
    with open_source(url) as source:
        assert read_window(source, DAY).totals.failures == {"empty_content": 6}


def test_an_exported_window_is_the_one_of_the_store(make_store: Store, tmp_path: Path) -> None:
    url = make_store(700)
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(
            item_failures.insert().values(
                failure_id="f", at_us=START_US, tenant="t0", surface="feed", code="overloaded", n_items=4
            )
        )
    engine.dispose()
    out = tmp_path / "decisions.parquet"
    with open_source(url) as source, open_source(url) as again:
        assert export_parquet(source, DAY, out) == 700
        stored = read_window(again, DAY, max_rows=200)
    with open_source(str(out)) as source:
        exported = read_window(source, DAY, max_rows=200)
        assert source.database is None
    pd.testing.assert_frame_equal(stored.frame, exported.frame)
    assert (stored.totals, stored.bundles) == (exported.totals, exported.bundles)


def exported(records: list[dict[str, object]], path: Path) -> Path:
    rows = {name: [record.get(name) for record in records] for name in RAW}
    pq.write_table(pa.table({name: pa.array(rows[name], SCHEMA.field(name).type) for name in RAW}), path)
    return path


def test_a_folder_of_files_is_one_source(tmp_path: Path) -> None:
    records = make_records(100)
    exported(records[50:], tmp_path / "a.parquet")
    exported(records[:50], tmp_path / "b.parquet")
    with open_source(str(tmp_path)) as source:
        window = read_window(source, DAY)
    assert window.frame["decision_id"].tolist() == [record["decision_id"] for record in records]


def test_files_that_overlap_are_refused_as_decisions_might_count_twice(tmp_path: Path) -> None:
    records = make_records(100)
    exported(records[:60], tmp_path / "a.parquet")
    exported(records[40:], tmp_path / "b.parquet")
    assert "overlap in time" in opening(str(tmp_path))


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"not parquet at all"])
def test_a_file_that_is_not_parquet_is_told(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "broken.parquet").write_bytes(damage)
    assert "damaged, or no Parquet file" in opening(str(tmp_path / "broken.parquet"))


def test_a_parquet_file_that_is_damaged_inside_is_told(tmp_path: Path) -> None:
    path = exported(make_records(500), tmp_path / "broken.parquet")
    whole = bytearray(path.read_bytes())
    whole[200:20_000] = b"\x00" * 19_800
    path.write_bytes(bytes(whole))
    with pytest.raises(SourceError, match="damaged"), open_source(str(path)) as source:
        read_window(source, DAY)


def test_a_parquet_file_of_something_else_is_told(tmp_path: Path) -> None:
    pq.write_table(pa.table({"name": ["x"]}), tmp_path / "other.parquet")
    assert "no column decision_id" in opening(str(tmp_path / "other.parquet"))


def test_an_empty_folder_says_what_writes_files(tmp_path: Path) -> None:
    assert "weir monitor export" in opening(str(tmp_path))


def test_an_export_that_cannot_be_written_leaves_nothing(make_store: Store, tmp_path: Path) -> None:
    with open_source(make_store(5)) as source, pytest.raises(SourceError, match="cannot be written"):
        export_parquet(source, DAY, tmp_path / "no" / "such" / "folder.parquet")


def test_an_export_over_older_columns_is_read_with_a_note(tmp_path: Path) -> None:
    path = exported(make_records(5), tmp_path / "old.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["script"]), path)
    with open_source(str(path)) as source:
        assert "has no script" in read_window(source, DAY).notes[0]


def test_a_file_without_decisions_has_no_span(tmp_path: Path) -> None:
    with open_source(str(exported([], tmp_path / "none.parquet"))) as source:
        assert source.span() is None
        assert read_window(source, DAY).n_decisions == 0


def test_a_store_that_is_named_by_its_file_is_told_its_url(make_store: Store) -> None:
    path = make_store(1).removeprefix("sqlite:///")
    assert f"sqlite:///{path}" in opening(path)


def test_what_a_store_did_not_keep_of_callers_is_missing_and_not_no_reports(tmp_path: Path) -> None:
    url = write_store(f"sqlite:///{tmp_path / 's.db'}", make_records(20))
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("ALTER TABLE decisions DROP COLUMN context")
    connection.close()
    out = tmp_path / "decisions.parquet"
    with open_source(url) as source:
        assert read_window(source, DAY).frame["user_reports"].isna().all()
        export_parquet(source, DAY, out)
    with open_source(str(out)) as source:
        assert read_window(source, DAY).frame["user_reports"].isna().all()
    pq.write_table(pq.read_table(out).drop_columns(["context"]), out)
    with open_source(str(out)) as source:
        assert read_window(source, DAY).frame["user_reports"].isna().all()


def test_a_value_of_another_type_is_missing_in_an_export(tmp_path: Path) -> None:
    records = make_records(3)
    records[1]["n_chars"] = "many"
    url, out = write_store(f"sqlite:///{tmp_path / 's.db'}", records), tmp_path / "decisions.parquet"
    with open_source(url) as source:
        assert export_parquet(source, DAY, out) == 3
    assert pq.read_table(out)["n_chars"].is_null().to_pylist() == [False, True, False]


def test_a_time_that_is_no_number_is_told(tmp_path: Path) -> None:
    records = make_records(3)
    records[2]["decided_at_us"] = "soon"
    url = write_store(f"sqlite:///{tmp_path / 's.db'}", records)
    with open_source(url) as source, pytest.raises(SourceError, match="whose time is no number"):
        source.span()


@pytest.mark.parametrize("footer", [b"{broken", b"[1]", b'{"deciders": [1]}', b'{"failures": {"a": 1}}'])
def test_a_parquet_file_whose_footer_is_damaged_is_told(tmp_path: Path, footer: bytes) -> None:
    path = exported(make_records(5), tmp_path / "odd.parquet")
    pq.write_table(pq.read_table(path).replace_schema_metadata({METADATA: footer}), path)
    assert "damaged" in opening(str(path))


def test_a_parquet_file_with_missing_times_is_told_as_decisions_would_be_left_out(tmp_path: Path) -> None:
    path = exported([*make_records(5), {"decision_id": "x"}], tmp_path / "odd.parquet")
    assert "damaged" in opening(str(path))


@pytest.mark.parametrize(
    "thresholds", ["{", "[1]", '{"d": 5}', '{"d": {"hate": 3}}', '{"d": {"hate": {"recall": "x"}}}']
)
def test_thresholds_that_cannot_be_read_are_unknown(thresholds: str) -> None:
    (decider,) = read_deciders([{"id": "a", "thresholds": thresholds}]).values()
    assert decider.points == {}
