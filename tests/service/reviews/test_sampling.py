"""The random sample: every decision has the same chance, and its place in the queue is like any other."""

import numpy as np
import pytest
from sqlalchemy import select

from models.contracts import Action, Category
from service.identity import UuidSource
from service.records.ledger import write_transaction
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk
from service.reviews.enqueueing import ReviewHook
from service.reviews.leases import Wanted, claim
from service.reviews.priority import ASKED_BASE, priority
from service.reviews.reading import page
from service.reviews.requests import ReviewQuery
from service.reviews.reviewer import Reviewer
from service.reviews.sampling import ReviewSample
from service.reviews.stats import queue_stats
from service.reviews.tables import review_verdicts, reviews
from service.reviews.values import ReviewState, VerdictKind
from service.reviews.verdicts import Judged, decide
from service.rollout.shadowing import is_sampled
from tests.service.reviews.conftest import decided, decision, record

KEY = b"k" * 32
ALL = ReviewSample(1.0, KEY)
new_id = UuidSource()


def enqueue(desk: Desk, action: Action, sample: ReviewSample = ALL) -> str:
    """Record a decision that nothing asks a person about, and let a hook with this sample hear of it."""
    made = decision(action, {Category.HATE: 0.01}, severity=0)
    record(desk, made if action is Action.ALLOW else made.model_copy(update={"action": Action.ALLOW}))
    heard = ReviewHook(Keeping(ContentKept.TEXT), desk.new_id, sample=sample)(decided(made))
    if heard is not None:
        with write_transaction(desk.database) as connection:
            heard(connection)
    return made.decision_id


def rows(desk: Desk) -> list[tuple[str, float | None]]:
    with desk.database.connect() as connection:
        return [tuple(row) for row in connection.execute(select(reviews.c.purpose, reviews.c.sample_share))]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_the_sample_takes_its_share_of_decisions(share: float) -> None:
    n = 20_000
    taken = sum(ReviewSample(share, KEY).takes(new_id()) for _ in range(n))
    assert abs(taken - n * share) < 5 * (n * share * (1 - share)) ** 0.5


def test_a_larger_share_has_all_of_a_smaller_one() -> None:
    ids = [new_id() for _ in range(2_000)]
    small, large = ({one for one in ids if ReviewSample(share, KEY).takes(one)} for share in (0.1, 0.2))
    assert small
    assert small < large


def test_the_sample_does_not_follow_the_draw_of_shadows() -> None:
    ids = [new_id() for _ in range(20_000)]
    pairs = np.array([(ReviewSample(0.5, KEY).takes(one), is_sampled(one, 0.5)) for one in ids], dtype=float)
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.04


def test_without_the_key_nobody_can_tell_what_is_drawn() -> None:
    ids = [new_id() for _ in range(5_000)]
    mine, guessed = ({one for one in ids if ReviewSample(0.5, key).takes(one)} for key in (KEY, b"guess"))
    assert 0.4 < len(mine & guessed) / len(mine) < 0.6


def test_an_allowed_decision_that_is_drawn_is_queued_with_its_chance(desk: Desk) -> None:
    enqueue(desk, Action.ALLOW, ReviewSample(1.0, KEY))
    assert rows(desk) == [("sample", 1.0)]


def test_a_held_decision_that_is_drawn_has_one_place_as_part_of_the_sample(desk: Desk) -> None:
    enqueue(desk, Action.HOLD)
    assert rows(desk) == [("sample", 1.0)]


def test_nothing_is_drawn_by_default(desk: Desk) -> None:
    enqueue(desk, Action.ALLOW, ReviewSample(0.0, KEY))
    assert rows(desk) == []


def test_harmless_items_of_the_sample_do_not_wait_behind_all_else(desk: Desk) -> None:
    enqueue(desk, Action.ALLOW)
    with desk.database.connect() as connection:
        row = connection.execute(select(reviews)).one()
    assert priority(row.queue_rank, row.created_at_us) >= ASKED_BASE


def test_an_item_of_the_sample_is_listed_and_counted_like_any_other(desk: Desk) -> None:
    decision_id = enqueue(desk, Action.ALLOW)
    assert [item.decision_id for item in page(desk, None, ReviewQuery()).items] == [decision_id]
    assert queue_stats(desk, None).states[ReviewState.OPEN] == 1


def test_a_verdict_on_an_item_of_the_sample_stands_and_counts_as_a_review(desk: Desk) -> None:
    decision_id = enqueue(desk, Action.ALLOW)
    anna = Reviewer("key:a")
    (lease,) = claim(desk, anna, Wanted(), 1, 60)
    decide(desk, anna, None, decision_id, lease.lease_id, Judged(VerdictKind.CHANGE, {}, Action.REMOVE))
    with desk.database.connect() as connection:
        assert connection.execute(select(review_verdicts.c.source)).scalars().all() == ["review"]
        found = page(desk, None, ReviewQuery(state=ReviewState.DECIDED)).items
    assert [item.standing_action for item in found] == [Action.REMOVE]
