"""The decision log: everything decided is in it, nothing private is, and trouble with the database is never silent."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy import Engine as Database

from models.contracts import FailureCode
from service.asking import Ask
from service.engine import Engine, Outcome, open_engine
from service.errors import RequestError
from service.records import schema
from service.records.inserting import _statement
from service.records.keys import ContentDigester, deployment_key, derive_key
from service.records.schema import HEAD, DatabaseError, open_database
from service.records.tables import deciders, decisions, ledger, metadata
from service.records.unit import Unit
from service.records.writer import RecordWriter
from service.settings import Settings
from tests.service.hashing import HashingScorer, loaded_model
from tests.service.rows import add_decider, decision_row, write_decisions

ROOT = Path(__file__).parents[2]
ASK: Final = Ask("test", "t")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    engine = open_database(url)
    add_decider(engine)
    yield engine
    engine.dispose()


def writer(database: Database, max_pending: int = 1_000) -> RecordWriter:
    return RecordWriter(database, max_pending, 0.01, lambda _n, _s: None)


def unit(**values: Any) -> Unit:
    return Unit([decision_row(**values)])


def count(database: Database, table: Table = decisions) -> int:
    with database.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def rename(database: Database, before: str, after: str) -> None:
    with database.begin() as connection:
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


def test_closing_flushes_every_record(database: Database) -> None:
    under_test = writer(database)
    under_test.start()
    for _ in range(777):
        under_test.put(unit())
    assert under_test.close(20) == 0
    assert count(database) == 777


def test_rows_of_texts_and_of_images_are_written_together(database: Database) -> None:
    under_test = writer(database)
    under_test.start()
    for index in range(20):
        under_test.put(unit(decided_at_us=index, image_width=640 if index % 3 else None))
    assert under_test.close(20) == 0
    with database.connect() as connection:
        widths = connection.execute(select(decisions.c.image_width).order_by(decisions.c.decided_at_us)).scalars().all()
    assert widths == [640 if index % 3 else None for index in range(20)]


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Threads that take turns as often as the interpreter lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless_threads")
def test_records_put_from_other_threads_are_counted_and_written(database: Database) -> None:
    under_test = writer(database, 100_000)
    under_test.start()

    def put() -> None:
        for _ in range(1_000):
            under_test.put(unit())

    threads = [threading.Thread(target=put) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert under_test.close(20) == 0
    assert count(database) == 3_000


def test_every_written_decision_has_an_entry_in_the_ledger(database: Database) -> None:
    under_test = writer(database)
    under_test.start()
    for _ in range(50):
        under_test.put(unit())
    under_test.close(20)
    with database.connect() as connection:
        ids = set(connection.execute(select(decisions.c.decision_id)).scalars())
        entries = connection.execute(select(ledger).order_by(ledger.c.seq)).all()
    assert {entry.entry_id for entry in entries} == ids
    assert [entry.seq for entry in entries] == list(range(1, 51))


def test_a_failed_commit_is_tried_again_with_the_same_records(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    rename(database, "decisions", "away")
    under_test = writer(database)
    under_test.start()
    under_test.put(unit())
    while under_test.n_failures == 0:
        time.sleep(0.01)
    assert under_test.n_pending == 1
    rename(database, "away", "decisions")
    assert under_test.close(20) == 0
    assert count(database) == 1
    assert "trying again" in caplog.text


def test_what_cannot_be_written_at_shutdown_is_counted(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    rename(database, "decisions", "away")
    under_test = writer(database)
    under_test.start()
    under_test.put(unit())
    assert under_test.close(0.3) == 1
    assert "1 records could not be written" in caplog.text
    rename(database, "away", "decisions")
    under_test.close(20)


def fail(_: Connection) -> None:
    raise ValueError("private words")


async def told(under_test: RecordWriter, *units: Unit) -> list[str]:
    """Put units, and hear what became of each."""
    fates: list[str] = []
    loop = asyncio.get_running_loop()
    for one in units:
        one.loop = loop
        one.on_done = lambda written: fates.append("written" if written else "refused")
        one.on_rejected = lambda: fates.append("rejected")
        under_test.put(one)
    under_test.start()
    while len(fates) < len(units):
        await asyncio.sleep(0.01)
    under_test.close(20)
    return fates


def test_a_unit_that_no_database_would_take_does_not_stop_its_neighbours(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    bad = unit(surface=None)
    assert asyncio.run(told(writer(database), unit(), bad, unit())) == ["written", "rejected", "written"]
    assert count(database) == count(database, ledger) == 2
    assert "a unit of 1 records is rejected" in caplog.text


def test_a_unit_whose_own_write_fails_is_not_half_written(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    bad = Unit([decision_row()], also=[fail])
    assert asyncio.run(told(writer(database), bad, unit())) == ["rejected", "written"]
    assert count(database) == count(database, ledger) == 1
    assert "private words" not in caplog.text


def test_a_guard_can_refuse_a_unit(database: Database) -> None:
    refused = Unit([decision_row()], guard=lambda _: False)
    assert asyncio.run(told(writer(database), unit(), refused)) == ["written", "refused"]
    assert count(database) == count(database, ledger) == 1


def test_a_unit_that_was_written_before_the_connection_broke_is_not_rejected(database: Database) -> None:
    row = decision_row()
    write_decisions(database, row)
    assert asyncio.run(told(writer(database), Unit([row]))) == ["written"]
    assert count(database) == 1


def test_a_full_log_refuses_to_decide(tmp_path: Path, url: str) -> None:
    settings = Settings(database_url=url, metrics_dir=tmp_path, max_pending_records=1, record_interval_ms=1_000)
    engine = open_engine(settings, loaded_model)

    async def scenario() -> tuple[int, str]:
        outcomes: list[Outcome] = []
        engine.submit(["you"], ASK, outcomes.extend)
        await engine.batcher.drain()
        with pytest.raises(RequestError) as refused:
            engine.submit(["you"], ASK, outcomes.extend)
        assert await engine.close() == 0
        return refused.value.status, refused.value.code

    assert asyncio.run(scenario()) == (503, "records_unavailable")


def test_an_answer_waits_until_its_decision_is_on_disk(tmp_path: Path, url: str) -> None:
    engine = open_engine(Settings(database_url=url, metrics_dir=tmp_path), loaded_model)
    found: list[int] = []

    async def scenario() -> None:
        answered = asyncio.Event()

        def answer(outcomes: list[Outcome]) -> None:
            found.append(count(engine.database))
            answered.set()

        engine.submit(["you"], ASK, answer)
        await answered.wait()
        await engine.close()

    asyncio.run(scenario())
    assert found == [1]


def test_an_answer_does_not_wait_for_a_dead_database(tmp_path: Path, url: str) -> None:
    engine = open_engine(Settings(database_url=url, metrics_dir=tmp_path, record_timeout_ms=50), loaded_model)
    rename(engine.database, "decisions", "away")
    answers: list[list[Outcome]] = []

    async def scenario() -> None:
        engine.submit(["you", " "], ASK, answers.append)
        while not answers:
            await asyncio.sleep(0.01)
        rename(engine.database, "away", "decisions")
        await engine.close()
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    assert answers == [[FailureCode.RECORDS_UNAVAILABLE, FailureCode.EMPTY_CONTENT]]
    assert count(engine.database) == 1


@pytest.fixture
def recorded(tmp_path: Path, url: str) -> Iterator[tuple[Engine, Database, list[Outcome]]]:
    engine = open_engine(Settings(database_url=url, metrics_dir=tmp_path, tenant="acme"), loaded_model)
    outcomes: list[Outcome] = []

    async def scenario() -> None:
        engine.submit(["You  idiot secretmarker", "lovely", " "], Ask("moderations", "acme"), outcomes.extend)
        assert await engine.close() == 0

    asyncio.run(scenario())
    database = open_database(url)
    yield engine, database, outcomes
    database.dispose()


def test_every_decision_is_recorded_and_no_failure_is(recorded: tuple[Engine, Database, list[Outcome]]) -> None:
    _, database, outcomes = recorded
    with database.connect() as connection:
        ids = set(connection.execute(select(decisions.c.decision_id)).scalars())
    assert ids == {outcome.decision_id for outcome in outcomes if not isinstance(outcome, str)}
    assert len(ids) == 2


def test_a_record_says_what_was_decided_and_by_whom(recorded: tuple[Engine, Database, list[Outcome]]) -> None:
    engine, database, _ = recorded
    with database.connect() as connection:
        found = connection.execute(
            select(decisions, deciders).join(deciders).order_by(decisions.c.n_chars.desc())
        ).all()
    record = found[0]._mapping
    scores = dict(
        zip(
            (label.value for label in engine.models.text.scorer.labels),
            HashingScorer().score("You idiot secretmarker"),
            strict=True,
        )
    )
    assert json.loads(record["scores"]) == scores
    assert (record["tenant"], record["surface"], record["action"], record["flagged"]) == (
        "acme",
        "moderations",
        "remove",
        True,
    )
    assert (record["policy_name"], record["policy_version"]) == (
        "default",
        engine.judges.active.moderator.policy.version,
    )
    assert json.loads(record["bundles"])[0]["name"] == "hashing"
    assert record["n_tokens"] == 3


def test_the_text_itself_is_nowhere_in_the_database(recorded: tuple[Engine, Database, list[Outcome]], url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    content = b"".join(file.read_bytes() for file in path.parent.glob("log.db*"))
    assert b"secretmarker" not in content
    assert b"lovely" not in content


def test_equal_texts_have_equal_digests_and_other_keys_have_others() -> None:
    one, other = ContentDigester(derive_key("a")), ContentDigester(derive_key("b"))
    assert one.digest("text") == one.digest("text") != one.digest("texts")
    assert one.digest("text") != other.digest("text")
    assert len(one.digest("text")) == 64


def test_all_workers_share_the_generated_key(url: str) -> None:
    assert deployment_key(open_database(url)) == deployment_key(open_database(url))


def test_workers_that_start_together_agree_on_schema_and_key(url: str) -> None:
    script = (
        "import sys; from service.records.schema import open_database; from service.records.keys import deployment_key;"
        "print(deployment_key(open_database(sys.argv[1])).hex())"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", script, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    keys = {worker.communicate(timeout=60)[0] for worker in workers}
    assert [worker.returncode for worker in workers] == [0] * 3
    assert len(keys) == 1


def test_the_migrations_end_where_the_tables_are(database: Database) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


@pytest.mark.parametrize("bad", ["nonsense", "nosuchdb://x", "sqlite:////proc/nowhere/weir.db"])
def test_a_database_that_cannot_be_opened_is_explained(bad: str) -> None:
    with pytest.raises(DatabaseError):
        open_database(bad)


def test_the_password_of_a_database_is_not_shown() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(DatabaseError) as refused:
        open_database("postgresql+psycopg://weir:hunter2@127.0.0.1:1/weir")
    assert "hunter2" not in str(refused.value)


def test_the_insert_compiles_for_postgres() -> None:
    pytest.importorskip("psycopg")
    assert "%s" in _statement(decisions, "postgresql")
