"""Failed items: counted by minute, tenant, surface and code, written down soon, bounded, and never in anybody's way."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import select, text

from models.contracts import Context, FailureCode
from service.accountability.failures import retained_failures
from service.asking import Ask
from service.companions import accompany
from service.engine import Engine, open_engine
from service.records.failures import MAX_KEYS, OTHER, FailureCounts, FailureKey, FailureWriter
from service.records.ledger import write_transaction
from service.records.schema import open_database
from service.records.tables import decisions, item_failures
from service.settings import Settings
from tests.service.hashing import loaded_model

ASK = Ask("decisions", "default")
EMPTY = FailureCode.EMPTY_CONTENT
MINUTE_US = 60_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    engine = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    yield engine
    engine.dispose()


def written(database: Database) -> list[tuple[str, str, str, int]]:
    columns = (item_failures.c.tenant, item_failures.c.surface, item_failures.c.code, item_failures.c.n_items)
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(*columns))]


def test_items_of_one_minute_are_counted_together(database: Database) -> None:
    clock = itertools.chain([59_000_000_000, 59_999_999_999], itertools.repeat(60_000_000_000))
    counts = FailureCounts(lambda: next(clock))
    for _ in range(3):
        counts.count("t", "s", EMPTY)
    assert FailureWriter(database, counts).flush() == 2
    with database.connect() as connection:
        found = connection.execute(select(item_failures.c.at_us, item_failures.c.n_items)).all()
    assert sorted(map(tuple, found)) == [(0, 2), (MINUTE_US, 1)]


def test_nothing_counted_writes_nothing(database: Database) -> None:
    assert FailureWriter(database, FailureCounts()).flush() == 0


def test_what_is_written_is_not_written_again(database: Database) -> None:
    counts = FailureCounts()
    writer = FailureWriter(database, counts)
    counts.count("t", "s", EMPTY)
    assert (writer.flush(), writer.flush()) == (1, 0)


def test_what_could_not_be_written_is_written_later(database: Database) -> None:
    counts = FailureCounts()
    writer = FailureWriter(database, counts)
    counts.count("t", "s", EMPTY, 3)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE item_failures RENAME TO away"))
    with pytest.raises(Exception, match="item_failures"):
        writer.flush()
    counts.count("t", "s", EMPTY)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO item_failures"))
    writer.flush()
    assert sum(row[3] for row in written(database)) == 4


def test_closing_writes_what_is_left(database: Database) -> None:
    counts = FailureCounts()
    writer = FailureWriter(database, counts, interval_s=3_600)
    writer.start()
    counts.count("t", "s", EMPTY)
    writer.close()
    assert written(database) == [("t", "s", "empty_content", 1)]


def test_a_database_that_is_away_stops_nobody_from_closing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.begin() as connection:
        connection.execute(text("DROP TABLE item_failures"))
    counts = FailureCounts()
    counts.count("t", "secretsurface", EMPTY)
    writer = FailureWriter(database, counts)
    writer.start()
    writer.close()
    assert "counts of failed items are lost" in caplog.text
    assert "secretsurface" not in caplog.text


def counted_over(keys: Iterator[tuple[str, str]]) -> dict[FailureKey, int]:
    counts = FailureCounts(lambda: 0)
    for tenant, surface in keys:
        counts.count(tenant, surface, EMPTY)
    return counts.take()


def test_beyond_a_thousand_counts_surfaces_become_one() -> None:
    found = counted_over(("t", str(number)) for number in range(5_000))
    assert len(found) == MAX_KEYS + 1
    assert found[FailureKey(0, "t", OTHER, EMPTY.value)] == 4_000


def test_tenants_are_bounded_as_well_and_nothing_is_lost() -> None:
    found = counted_over((str(number), str(number)) for number in range(5_000))
    assert len(found) <= 2 * MAX_KEYS + 1
    assert sum(found.values()) == 5_000


Serve = Callable[..., list[tuple[str, str, str, int]]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Posts texts in one request to a whole engine; what was written of their failures."""
    engines: list[Engine] = []

    def post(texts: list[str], ask: Ask = ASK) -> list[tuple[str, str, str, int]]:
        url = f"sqlite:///{tmp_path / 'served.db'}"
        settings = Settings(database_url=url, metrics_dir=tmp_path, max_queue_items=5)
        engine = open_engine(settings, loaded_model)
        engines.append(engine)

        async def scenario() -> None:
            accompany(engine)
            engine.submit(texts, ask, lambda _: None)
            assert await engine.close() == 0

        asyncio.run(scenario())
        return written(engine.database)

    yield post
    for engine in engines:
        engine.database.dispose()


def test_failed_items_are_written_down_with_who_and_where(serve: Serve) -> None:
    contexts = [Context(surface="feed"), Context(surface="chat"), Context(surface="feed")]
    found = serve(["", "fine words", " "], replace(ASK, contexts=contexts))
    assert found == [("default", "feed", "empty_content", 2)]


def test_a_request_that_asks_to_be_forgotten_is(serve: Serve) -> None:
    assert serve(["", " "], replace(ASK, is_recorded=False)) == []


def test_an_item_that_names_no_surface_is_of_the_endpoint(serve: Serve) -> None:
    assert serve(["", "notanumber"]) == [
        ("default", "decisions", "empty_content", 1),
        ("default", "decisions", "unscorable", 1),
    ]


def test_old_counts_are_purged_and_young_ones_stay(database: Database) -> None:
    counts = FailureCounts(lambda: 0)
    counts.count("t", "s", EMPTY)
    FailureWriter(database, counts).flush()
    young = FailureCounts()
    young.count("t", "young", EMPTY)
    FailureWriter(database, young).flush()
    kind = retained_failures(7)
    with write_transaction(database) as connection:
        assert kind.overdue(connection, MINUTE_US) == 1
        assert kind.purge(connection, MINUTE_US, 10) == 1
        assert kind.purge(connection, MINUTE_US, 10) == 0
    assert [row[1] for row in written(database)] == ["young"]


def test_a_decision_keeps_what_monitoring_looks_at(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'log.db'}", metrics_dir=tmp_path)
    engine = open_engine(settings, loaded_model)

    async def scenario() -> None:
        for _ in range(2):
            engine.submit(["lovely people"], ASK, lambda _: None)
            await engine.batcher.drain()
        await engine.close()

    asyncio.run(scenario())
    with engine.database.connect() as connection:
        rows = connection.execute(select(decisions).order_by(decisions.c.decision_id)).all()
    engine.database.dispose()
    assert [row.cached for row in rows] == [False, True]
    assert len(rows[0].text_vector) == 32
    assert rows[0].text_vector == rows[1].text_vector
    assert (rows[0].language, rows[0].script, rows[0].image_vector) == ("und", "Zyyy", None)
