"""The decision log: everything decided is in it, nothing private is, and trouble with the database is never silent."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine as Database
from sqlalchemy import select, text

from service.engine import Engine, Outcome, open_engine
from service.errors import RequestError
from service.records import schema
from service.records.keys import ContentDigester, deployment_key, derive_key
from service.records.schema import HEAD, DatabaseError, open_database
from service.records.tables import Row, deciders, decisions, metadata
from service.records.writer import RecordWriter
from service.settings import Settings
from tests.service.hashing import HashingScorer, loaded_model

ROOT = Path(__file__).parents[2]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(
            deciders.insert().values(id="d", policy_name="p", policy_version="v", policy_text="t", bundles="[]")
        )
    yield engine
    engine.dispose()


def row(index: int) -> Row:
    features = (1, 1, 1, 1.0, 0.0, 0.0)
    return (f"id-{index}", index, "t", "s", "text", "0" * 64, *features, "{}", "allow", False, False, "d", 1.0)


def pictured(index: int) -> Row:
    return (*row(index), 1, 640, 480, 0.5, 1, 0, "{}")


def writer(database: Database, max_pending: int = 1_000) -> RecordWriter:
    return RecordWriter(database, max_pending, 0.01, lambda _n, _s: None)


def count(database: Database) -> int:
    with database.connect() as connection:
        return len(connection.execute(select(decisions.c.decision_id)).all())


def test_closing_flushes_every_record(database: Database) -> None:
    under_test = writer(database)
    under_test.start()
    for index in range(777):
        under_test.put(row(index))
    assert under_test.close(20) == 0
    assert count(database) == 777


def test_rows_of_texts_and_of_images_are_written_together(database: Database) -> None:
    under_test = writer(database)
    under_test.start()
    for index in range(20):
        under_test.put(pictured(index) if index % 3 else row(index))
    assert under_test.close(20) == 0
    with database.connect() as connection:
        widths = connection.execute(select(decisions.c.image_width).order_by(decisions.c.decided_at_us)).scalars().all()
    assert widths == [640 if index % 3 else None for index in range(20)]


def test_records_put_from_another_thread_are_not_lost(database: Database) -> None:
    under_test = writer(database, 100_000)
    under_test.start()
    threads = [
        threading.Thread(target=lambda start=start: [under_test.put(row(start + i)) for i in range(1_000)])  # type: ignore[misc]
        for start in (0, 10_000, 20_000)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert under_test.close(20) == 0
    assert count(database) == 3_000


def test_a_failed_commit_is_tried_again_with_the_same_records(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE decisions RENAME TO away"))
    under_test = writer(database)
    under_test.start()
    under_test.put(row(1))
    while under_test.n_failures == 0:
        time.sleep(0.01)
    assert under_test.n_pending == 1
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO decisions"))
    assert under_test.close(20) == 0
    assert count(database) == 1
    assert "trying again" in caplog.text


def test_what_cannot_be_written_at_shutdown_is_counted(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE decisions RENAME TO away"))
    under_test = writer(database)
    under_test.start()
    under_test.put(row(1))
    assert under_test.close(0.3) == 1
    assert "1 records could not be written" in caplog.text
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO decisions"))
    under_test.close(20)


def test_a_full_log_refuses_to_decide(tmp_path: Path, url: str) -> None:
    settings = Settings(database_url=url, metrics_dir=tmp_path, max_pending_records=1, record_interval_ms=60_000)
    engine = open_engine(settings, loaded_model)

    async def scenario() -> tuple[int, str]:
        outcomes: list[Outcome] = []
        engine.submit(["you"], "test", outcomes.extend)
        await engine.batcher.drain()
        with pytest.raises(RequestError) as refused:
            engine.submit(["you"], "test", outcomes.extend)
        lost = await engine.close()
        assert (lost, len(outcomes)) == (0, 1)
        return refused.value.status, refused.value.code

    assert asyncio.run(scenario()) == (503, "records_unavailable")


@pytest.fixture
def recorded(tmp_path: Path, url: str) -> Iterator[tuple[Engine, Database, list[Outcome]]]:
    engine = open_engine(Settings(database_url=url, metrics_dir=tmp_path, tenant="acme"), loaded_model)
    outcomes: list[Outcome] = []

    async def scenario() -> None:
        engine.submit(["You  idiot secretmarker", "lovely", " "], "moderations", outcomes.extend)
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
            (label.value for label in engine.moderator.labels),
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
    assert (record["policy_name"], record["policy_version"]) == ("default", engine.moderator.policy.version)
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
    psycopg = pytest.importorskip("sqlalchemy.dialects.postgresql.psycopg")
    assert "%(decision_id)s" in str(decisions.insert().compile(dialect=psycopg.dialect()))
