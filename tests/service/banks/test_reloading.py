"""Hot reload: two workers on one database see the same, whatever is changed and however much there is."""

import logging
import threading
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from service.banks import snapshot
from service.banks.reloading import Banks, open_banks
from service.banks.rows import NewItem
from service.banks.store import BankStore
from service.banks.values import BankPatch, ItemPatch
from tests.service.banks.conftest import BAD, FINE, SPACE, bits, by_pdq, picture


def known(banks: Banks, n_seeds: int = 12) -> set[int]:
    return {seed for seed in range(n_seeds) if banks.matcher.look_up(picture("x", bits(seed))).matches}


def test_a_change_by_one_worker_reaches_the_other_by_itself(store: BankStore, database: Engine) -> None:
    here, there = open_banks(database), open_banks(database)
    there.start()
    try:
        item = int(store.add("bad", NewItem(by_pdq(bits(1)))).item.id)
        here.poll()
        assert known(here) == {1}
        wait_until(lambda: known(there) == {1})
        store.delete_item("bad", item)
        wait_until(lambda: known(there) == set())
    finally:
        there.close()


def wait_until(is_true: Callable[[], bool]) -> None:
    """The thread of the banks does it sooner or later; pytest's timeout is the limit."""
    while not is_true():
        threading.Event().wait(0.02)


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "disable", "enable", "bank_off", "bank_on", "poll"]), st.integers(0, 11)
    ),
    max_size=25,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS, full_below=st.sampled_from([0, 5_000]))
def test_following_changes_ends_where_a_fresh_start_begins(
    database: Engine, operations: list[tuple[str, int]], full_below: int
) -> None:
    store = BankStore(database)
    for bank in store.banks():
        store.delete(bank.name)
    store.create(BAD)
    store.create(FINE)
    store.add_many("bad", [NewItem(by_pdq(bits(seed))) for seed in range(100, 180)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "FULL_BELOW", full_below)
        follower = open_banks(database, SPACE, SPACE)
        for operation, seed in operations:
            apply(store, follower, operation, seed)
        follower.poll()
    assert known(follower) == known(open_banks(database, SPACE, SPACE))


def apply(store: BankStore, follower: Banks, operation: str, seed: int) -> None:
    if operation == "poll":
        follower.poll()
    elif operation.startswith("bank"):
        store.change("bad", BankPatch(enabled=operation == "bank_on"))
    elif operation == "add":
        store.add("bad", NewItem(by_pdq(bits(seed))))
    else:
        found = [item for item in store.items("bad", limit=1_000) if item.pdq == bits(seed).hex()]
        for item in found:
            if operation == "remove":
                store.delete_item("bad", int(item.id))
            else:
                store.change_item("bad", int(item.id), ItemPatch(enabled=operation == "enable"))


def test_a_large_base_stays_when_little_changes(
    store: BankStore, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "FULL_BELOW", 0)
    store.add_many("bad", [NewItem(by_pdq(bits(seed))) for seed in range(40)])
    banks = open_banks(database)
    base = banks.matcher.snapshot.base
    store.add("bad", NewItem(by_pdq(bits(50))))
    banks.poll()
    assert banks.matcher.snapshot.base.pdq is base.pdq
    store.add_many("bad", [NewItem(by_pdq(bits(seed))) for seed in range(60, 70)])
    banks.poll()
    assert banks.matcher.snapshot.base.pdq is not base.pdq
    assert len(banks.matcher.snapshot.base) == 51


def test_a_matcher_in_use_does_not_change(store: BankStore, banks: Banks) -> None:
    store.add("bad", NewItem(by_pdq(bits(1))))
    banks.poll()
    taken = banks.matcher
    store.change("bad", BankPatch(enabled=False))
    banks.poll()
    assert taken.look_up(picture("x", bits(1))).matches
    assert not banks.matcher.look_up(picture("x", bits(1))).matches


def test_matches_are_counted_in_the_store(store: BankStore, database: Engine) -> None:
    item = int(store.add("bad", NewItem(by_pdq(bits(1)))).item.id)
    banks = open_banks(database)
    for name in ("a", "b", "b"):
        banks.matcher.match(picture(name, bits(1)))
    banks.matcher.look_up(picture("c", bits(1)))
    banks.close()
    found = store.item("bad", item)
    assert found.n_matches == 3
    assert found.last_match_at is not None


def test_without_a_database_the_last_state_serves_on_and_no_count_is_lost(
    store: BankStore, database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    item = int(store.add("bad", NewItem(by_pdq(bits(1)))).item.id)
    banks = open_banks(database)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE bank_items RENAME TO away"))
    banks.matcher.match(picture("a", bits(1)))
    with caplog.at_level(logging.ERROR):
        banks.close()
    assert banks.n_failures == 1
    assert known(banks) == {1}
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO bank_items"))
    banks.poll()
    assert store.item("bad", item).n_matches == 1
