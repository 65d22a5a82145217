"""The flood guard: an item that matches everything is stopped for all workers; one that is merely popular is not."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from service.banks.flood import FloodGuard, FloodLimits
from service.banks.reloading import Quarantine, open_banks
from service.banks.rows import NewItem
from service.banks.signatures import Signatures
from service.banks.store import BankStore
from service.banks.values import ItemPatch
from tests.service.banks.conftest import bits, by_pdq, digest, picture

LIMITS = FloodLimits(window=40, max_share=0.25, min_matches=6, min_digests=4)


def test_an_item_that_matches_everything_floods() -> None:
    guard = FloodGuard(LIMITS)
    floods = [flood for index in range(6) for flood in guard.saw(str(index), [7])]
    assert [(flood.key, flood.n_matches, flood.n_digests) for flood in floods] == [(7, 6, 6)]


def test_one_picture_posted_a_thousand_times_is_no_flood() -> None:
    guard = FloodGuard(LIMITS)
    assert not [flood for index in range(1_000) for flood in guard.saw(str(index % 3), [7])]


def test_a_small_share_of_much_traffic_is_no_flood() -> None:
    guard = FloodGuard(LIMITS)
    assert not [flood for index in range(400) for flood in guard.saw(str(index), [7] if index % 5 == 0 else [])]


def test_matches_that_left_the_window_do_not_count() -> None:
    guard = FloodGuard(LIMITS)
    for index in range(5):
        guard.saw(str(index), [7])
    for index in range(40):
        guard.saw(f"other {index}", [])
    assert guard.saw("late", [7]) == []


def test_a_forgotten_item_starts_over() -> None:
    guard = FloodGuard(LIMITS)
    for index in range(5):
        guard.saw(str(index), [7])
    guard.forget([7])
    assert guard.saw("5", [7]) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.lists(st.integers(0, 2), unique=True)), max_size=120))
def test_the_guard_counts_what_a_plain_count_of_the_window_does(seen: list[tuple[int, list[int]]]) -> None:
    guard = FloodGuard(LIMITS)
    for index, (name, keys) in enumerate(seen):
        window = seen[max(0, index + 1 - LIMITS.window) : index + 1]
        expected = set()
        for key in keys:
            names = [other for other, matched in window if key in matched]
            is_many = len(names) >= LIMITS.min_matches and len(names) > LIMITS.max_share * len(window)
            if is_many and len(set(names)) >= LIMITS.min_digests:
                expected.add(key)
        assert {flood.key for flood in guard.saw(str(name), keys)} == expected


def test_a_flooding_item_is_stopped_everywhere_and_can_be_released(
    store: BankStore, database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    flooding = store.add("bad", NewItem(by_pdq(bits(1)))).item.id
    store.add("bad", NewItem(by_pdq(bits(2))))
    told: list[Quarantine] = []
    here, there = (open_banks(database, limits=LIMITS, on_quarantine=told.append) for _ in range(2))
    with caplog.at_level(logging.WARNING):
        results = [here.matcher.match(picture(str(index), bits(1))).matches for index in range(10)]
    assert [bool(matches) for matches in results] == [True] * 6 + [False] * 4
    assert [(entry.bank, entry.item_id) for entry in told] == [("bad", flooding)]
    assert f"item {flooding} is quarantined" in caplog.text
    assert here.matcher.match(picture("x", bits(2))).matches

    here.poll()
    stopped = store.item("bad", int(flooding))
    assert stopped.quarantined_at is not None
    assert "it matched 6 of the last 6 inputs" in str(stopped.quarantine_reason)
    assert [item.id for item in store.items("bad", only_quarantined=True)] == [flooding]
    there.poll()
    assert not there.matcher.match(picture("x", bits(1))).matches

    store.change_item("bad", int(flooding), ItemPatch(quarantined=False))
    for banks in (here, there):
        banks.poll()
        assert banks.matcher.match(picture("x", bits(1))).matches
    assert store.item("bad", int(flooding)).quarantined_at is None


def test_a_negative_item_that_clears_everything_is_stopped_as_well(store: BankStore, database: Engine) -> None:
    store.add("fine", NewItem(by_pdq(bits(1))))
    store.add("bad", NewItem(by_pdq(bits(1))))
    banks = open_banks(database, limits=LIMITS)
    for index in range(6):
        banks.matcher.match(picture(str(index), bits(1)))
    banks.poll()
    assert store.bank("fine").n_quarantined == 1


def test_an_exact_digest_never_floods(store: BankStore, database: Engine) -> None:
    store.add("bad", NewItem(Signatures(sha256=digest("viral"))))
    banks = open_banks(database, limits=LIMITS)
    assert all(banks.matcher.match(picture("viral")).matches for _ in range(100))
