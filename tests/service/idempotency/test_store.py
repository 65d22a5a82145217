"""First answers in the database: whoever commits first has the key, whatever the order of events."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine as Database

from service.idempotency.keeping import answers_retention
from service.idempotency.keys import Keyed
from service.idempotency.store import HOUR_US, AnswerStore, Stored
from service.records.ledger import write_transaction
from service.records.schema import open_database

N_WORKERS = 3


class Clock:
    """Microseconds that pass when told."""

    now_us = 10 * HOUR_US

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("answers")
    engine = open_database(f"sqlite:///{folder / 'weir.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stored(answer: bytes, revision: int = 1, *, is_final: bool = True) -> Stored:
    return Stored(b"f" * 32, revision, is_final, 200, answer)


def complete(store: AnswerStore, database: Database, keyed: Keyed, answer: Stored) -> bool:
    with write_transaction(database) as connection:
        return store.complete(connection, keyed, answer)


def test_an_answer_is_found_as_it_was_written(database: Database, clock: Clock) -> None:
    store, keyed = AnswerStore(database, 1, clock), Keyed("a", "found", b"f" * 32)
    assert store.find(keyed) is None
    assert complete(store, database, keyed, stored(b"[1]"))
    assert store.find(keyed) == stored(b"[1]")


def test_the_keys_of_two_owners_are_apart(database: Database, clock: Clock) -> None:
    store = AnswerStore(database, 1, clock)
    assert complete(store, database, Keyed("a", "shared", b"f" * 32), stored(b"[1]"))
    assert store.find(Keyed("b", "shared", b"f" * 32)) is None


def test_a_final_answer_is_never_replaced(database: Database, clock: Clock) -> None:
    store, keyed = AnswerStore(database, 1, clock), Keyed("a", "final", b"f" * 32)
    assert complete(store, database, keyed, stored(b"[1]"))
    assert not complete(store, database, keyed, stored(b"[2]"))
    assert not complete(store, database, keyed, stored(b"[2]", 2))
    assert store.find(keyed) == stored(b"[1]")


def test_after_its_time_a_key_is_free_again(database: Database, clock: Clock) -> None:
    store, keyed = AnswerStore(database, 1, clock), Keyed("a", "old", b"f" * 32)
    complete(store, database, keyed, stored(b"[1]"))
    clock.now_us += HOUR_US
    assert store.find(keyed) is None
    assert complete(store, database, keyed, stored(b"[2]"))


def test_a_purge_deletes_what_is_too_old_and_nothing_else(tmp_path: Path, clock: Clock) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'weir.db'}")
    store = AnswerStore(database, 1, clock)
    for number in range(5):
        complete(store, database, Keyed("a", f"{number}", b"f" * 32), stored(b"[]"))
        clock.now_us += HOUR_US // 4
    kind = answers_retention(24)
    before_us = 10 * HOUR_US + HOUR_US // 2
    with write_transaction(database) as connection:
        assert kind.overdue(connection, before_us) == 2
        assert kind.purge(connection, before_us, 1) == 1
        assert kind.purge(connection, before_us, 100) == 1
    assert store.count() == 3
    database.dispose()


Step = tuple[str, int]
STEPS = st.lists(st.tuples(st.sampled_from(["look", "commit", "commit part"]), st.integers(0, N_WORKERS - 1)))


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_in_any_order_of_events_each_part_is_written_once_and_all_see_the_same(
    database: Database, steps: list[Step]
) -> None:
    """Workers look for the answer and commit in any order; each goes on from what it saw last, as the service does."""
    store, keyed = AnswerStore(database, 1, Clock()), Keyed("a", str(uuid.uuid4()), b"f" * 32)
    seen: list[Stored | None] = [None] * N_WORKERS
    written: list[bytes] = []
    for index, (step, worker) in enumerate(steps):
        before = seen[worker]
        if step == "look":
            seen[worker] = store.find(keyed)
        elif before is None or not before.is_final:
            answer = stored(b"%d" % index, before.revision + 1 if before else 1, is_final=step == "commit")
            if complete(store, database, keyed, answer):
                written.append(answer.answer)
                assert len(written) == answer.revision
    found = store.find(keyed)
    assert (found.answer if found else None) == (written[-1] if written else None)
    assert (found.revision if found else 0) == len(written)
