"""Leases: one item, one reviewer, on each kind of database and with many reviewers at once."""

import threading
from collections import Counter

import pytest

from models.contracts import Action, Context
from service.errors import RequestError
from service.reviews.desk import Desk
from service.reviews.leases import Claimed, Wanted, claim, release, renew
from service.reviews.reviewer import Reviewer
from service.reviews.values import VerdictKind
from service.reviews.verdicts import Judged, decide
from tests.service.reviews.conftest import Clock, decision, record

ANNA, BEN = Reviewer("key:a", "anna"), Reviewer("key:b")


def take(desk: Desk, reviewer: Reviewer = ANNA, n: int = 1, wanted: Wanted | None = None) -> list[Claimed]:
    return claim(desk, reviewer, wanted or Wanted(), n, 60)


def test_many_reviewers_at_once_never_get_the_same_item(any_desk: Desk) -> None:
    ids = {record(any_desk) for _ in range(120)}
    taken: list[str] = []
    faults: list[Exception] = []

    def work(number: int) -> None:
        try:
            reviewer = Reviewer(f"key:{number}")
            while found := claim(any_desk, reviewer, Wanted(), 3, 60):
                taken.extend(one.decision_id for one in found)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test fails
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert max(Counter(taken).values()) == 1
    assert len(taken) == len(ids) or set(taken) <= ids  # Postgres may skip rows that another holds, never twice


def test_everything_that_waits_is_given_in_the_end(any_desk: Desk) -> None:
    ids = [record(any_desk) for _ in range(7)]
    assert {one.decision_id for one in take(any_desk, n=50)} == set(ids)


def test_the_gravest_comes_first(any_desk: Desk) -> None:
    record(any_desk, decision(severity=2))
    grave = record(any_desk, decision(severity=6))
    assert [one.decision_id for one in take(any_desk)] == [grave]


def test_a_lease_that_ran_out_goes_to_the_next(any_desk: Desk, clock: Clock) -> None:
    decision_id = record(any_desk)
    (first,) = take(any_desk, ANNA)
    assert take(any_desk, BEN) == []
    clock.forward(61)
    (second,) = take(any_desk, BEN)
    assert second.decision_id == decision_id
    with pytest.raises(RequestError, match="this lease does not hold"):
        decide(any_desk, ANNA, None, decision_id, first.lease_id, Judged(VerdictKind.UPHOLD, {}))


def test_an_expired_lease_decides_nothing_even_when_nobody_else_came(desk: Desk, clock: Clock) -> None:
    decision_id = record(desk)
    (lease,) = take(desk)
    clock.forward(61)
    with pytest.raises(RequestError) as refused:
        decide(desk, ANNA, None, decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))
    assert (refused.value.status, refused.value.code) == (409, "lease_expired")


def test_a_renewed_lease_lasts_longer(desk: Desk, clock: Clock) -> None:
    decision_id = record(desk)
    (lease,) = take(desk)
    clock.forward(50)
    assert renew(desk, ANNA, None, decision_id, lease.lease_id, 60) == clock() + 60_000_000
    clock.forward(50)
    assert take(desk, BEN) == []


def test_a_released_item_is_there_at_once(desk: Desk) -> None:
    decision_id = record(desk)
    (lease,) = take(desk)
    release(desk, ANNA, None, decision_id, lease.lease_id)
    assert [one.decision_id for one in take(desk, BEN)] == [decision_id]


def test_another_key_cannot_use_a_lease_that_it_learnt_of(desk: Desk) -> None:
    decision_id = record(desk)
    (lease,) = take(desk, ANNA)
    with pytest.raises(RequestError) as refused:
        decide(desk, BEN, None, decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))
    assert refused.value.status == 409


def test_a_lease_decides_once(desk: Desk) -> None:
    decision_id = record(desk)
    (lease,) = take(desk)
    decide(desk, ANNA, None, decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))
    with pytest.raises(RequestError) as refused:
        decide(desk, ANNA, None, decision_id, lease.lease_id, Judged(VerdictKind.OVERTURN, {}))
    assert refused.value.status == 409


def test_what_nobody_decides_in_time_leaves_the_queue(desk: Desk, clock: Clock) -> None:
    object.__setattr__(desk, "expiry_us", 3_600_000_000)
    record(desk)
    clock.forward(3_700)
    assert take(desk) == []


@pytest.mark.parametrize("wanted", [Wanted(surface="shop"), Wanted(action=Action.DEMOTE), Wanted(tenant="t2")])
def test_only_what_is_wanted_is_given(desk: Desk, wanted: Wanted) -> None:
    record(desk)
    assert take(desk, wanted=wanted) == []


def test_reach_counts(desk: Desk) -> None:
    record(desk, context=Context(reach=10))
    seen = record(desk, context=Context(reach=1_000_000))
    assert [one.decision_id for one in take(desk)] == [seen]
