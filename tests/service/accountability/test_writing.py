"""Writing from many places at once: one chain, whole, on every database; and logs from before the chain join it."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, func, select, text, update
from sqlalchemy.exc import OperationalError

from service.accountability.verification import verify
from service.records import schema
from service.records.acknowledgements import Acknowledgements
from service.records.leases import drop_lease, take_lease
from service.records.ledger import record_event, write_transaction
from service.records.schema import open_database
from service.records.tables import decisions, deployment
from service.records.turns import turn
from service.records.unit import Unit
from service.records.writer import RecordWriter
from tests.service.rows import decision_row


def together(*jobs: Callable[[], None]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_writers_and_events_share_one_valid_chain(database: Engine) -> None:
    writers = [RecordWriter(database, 10_000, 0.0, lambda _n, _s: None) for _ in range(2)]

    def write(writer: RecordWriter) -> None:
        for _ in range(150):
            writer.put(Unit([decision_row()]))
        writer.close(60)

    def act() -> None:
        for _ in range(40):
            with write_transaction(database) as connection:
                record_event(connection, "policy.activated", "cli:test", None, {})

    for writer in writers:
        writer.start()
    together(*(lambda writer=writer: write(writer) for writer in writers), act)  # type: ignore[misc]
    report = verify(database)
    assert report.problems == ()
    assert (report.n_decisions, report.n_events) == (300, 40)


def test_a_row_that_is_changed_before_and_after_an_event_blocks_nobody(database: Engine) -> None:
    """One transaction takes the chain and then the row, the other the row and then the chain."""
    with write_transaction(database) as connection:
        connection.execute(deployment.insert().values(name="n", value="0"))
    change = update(deployment).where(deployment.c.name == "n").values(value=deployment.c.value + "x")

    def chain_first() -> None:
        for _ in range(20):
            with write_transaction(database) as connection:
                record_event(connection, "a.b", "x", None, {})
                connection.execute(change)

    def row_first() -> None:
        for _ in range(20):
            with write_transaction(database) as connection:
                connection.execute(change)
                record_event(connection, "a.b", "x", None, {})

    together(chain_first, row_first)
    assert verify(database).n_events == 40


def test_a_transaction_that_fails_leaves_nothing(database: Engine) -> None:
    def fail() -> None:
        with write_transaction(database) as connection:
            record_event(connection, "a.b", "x", None, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    report = verify(database)
    assert (report.valid, report.n_entries) == (True, 0)


def test_the_writer_chains_on_every_database(database: Engine) -> None:
    writer = RecordWriter(database, 1_000, 0.0, lambda _n, _s: None)
    for index in range(30):
        writer.put(Unit([decision_row(n_chars=index, image_width=640 if index % 2 else None)]))
    writer.start()
    assert writer.close(30) == 0
    report = verify(database)
    assert (report.problems, report.n_decisions) == ((), 30)


@pytest.mark.parametrize("bad", [{"surface": None}, {"decider_id": "nobody"}])
def test_a_unit_at_fault_is_rejected_on_every_database(database: Engine, bad: dict[str, str | None]) -> None:
    writer = RecordWriter(database, 1_000, 0.0, lambda _n, _s: None)
    for unit in (Unit([decision_row()]), Unit([decision_row(**bad)]), Unit([decision_row()])):
        writer.put(unit)
    writer.start()
    assert writer.close(30) == 0
    assert writer.n_rejected == 1
    assert verify(database).n_decisions == 2


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_only_one_writer_has_the_turn(database: Engine) -> None:
    inside, most = [0], [0]

    def write() -> None:
        for _ in range(50):
            with turn(database):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    together(write, write, write)
    assert most == [1]


def test_a_lease_has_one_holder_until_it_is_dropped_or_over(database: Engine) -> None:
    assert take_lease(database, "job", "one", 60)
    assert not take_lease(database, "job", "other", 60)
    assert take_lease(database, "job", "one", 60)
    drop_lease(database, "job", "other")
    assert not take_lease(database, "job", "other", 60)
    drop_lease(database, "job", "one")
    assert take_lease(database, "job", "other", -1)
    assert take_lease(database, "job", "one", 60)


def test_decisions_from_before_the_chain_join_it(url: str) -> None:
    old = create_engine(url)
    if old.dialect.name == "sqlite":
        event.listen(old, "connect", schema._tune_sqlite)
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    with old.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(text("INSERT INTO deciders VALUES ('d', 'p', 'v', 't', '[]')"))
        for index in range(3):
            connection.execute(
                text(
                    "INSERT INTO decisions (decision_id, decided_at_us, tenant, surface, modalities, content_digest,"
                    " ascii_share, scores, action, review, flagged, decider_id, latency_ms)"
                    f" VALUES ('id-{index}', {index}, 't', 's', 'text', '00',"
                    " 0.1, '{}', 'allow', true, false, 'd', 1.5)"
                )
            )
    old.dispose()
    database = open_database(url)
    report = verify(database)
    assert report.problems == ()
    assert (report.n_decisions, report.n_events) == (3, 0)
    with database.connect() as connection:
        assert connection.execute(select(func.count()).where(decisions.c.salt.is_(None))).scalar_one() == 0
    database.dispose()


def test_late_answers_leave_once() -> None:
    said: list[str] = []

    async def scenario() -> None:
        waits = Acknowledgements(0.01)
        loop = asyncio.get_running_loop()
        late = waits.expect(loop, lambda _: said.append("done"), lambda: said.append("late"))
        early = waits.expect(loop, lambda written: said.append(f"written {written}"), lambda: said.append("never"))
        early.done(True)
        while waits.n_late == 0:
            await asyncio.sleep(0.01)
        late.done(True)
        early.give_up()

    asyncio.run(scenario())
    assert said == ["written True", "late"]


def test_answers_in_another_loop_do_not_wait_for_a_timer_that_is_gone() -> None:
    waits = Acknowledgements(0.01)
    said: list[str] = []

    async def leave() -> None:
        waits.expect(asyncio.get_running_loop(), lambda _: None, lambda: said.append("first"))

    async def wait() -> None:
        waits.expect(asyncio.get_running_loop(), lambda _: None, lambda: said.append("second"))
        while len(said) < 2:
            await asyncio.sleep(0.01)

    asyncio.run(leave())
    asyncio.run(wait())
    assert said == ["first", "second"]


def test_a_folder_that_cannot_be_written_is_a_passing_trouble(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'nowhere' / 'log.db'}")
    with pytest.raises((OSError, OperationalError)), write_transaction(engine):
        pass
