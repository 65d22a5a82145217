"""Suggestions: what monitoring asks for is queued once, audited, and says where nobody will find the content."""

import json
from collections.abc import Sequence

from sqlalchemy import select

from models.contracts import Action, Category
from service.records.ledger import write_transaction
from service.records.tables import events
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk
from service.reviews.golden import mark_golden
from service.reviews.leases import Wanted, claim
from service.reviews.reviewer import Reviewer
from service.reviews.suggesting import Queued, queue_suggestions
from service.reviews.tables import reviews
from service.reviews.values import LabelValue, VerdictKind
from service.reviews.verdicts import Judged, decide
from tests.service.reviews.conftest import decided, decision, record

ANNA = Reviewer("key:a")


def allowed(desk: Desk, n: int = 1, tenant: str = "t1") -> list[str]:
    made = [decision(Action.ALLOW, {Category.HATE: 0.3}) for _ in range(n)]
    return [record(desk, one, tenant) for one in made]


def suggest(desk: Desk, ids: Sequence[str], tenant: str | None = None) -> Queued:
    return queue_suggestions(desk, dict.fromkeys(ids, "novel"), "cli:ops", tenant)


def test_a_suggested_decision_is_claimed_like_any_other(any_desk: Desk) -> None:
    (decision_id,) = allowed(any_desk)
    assert suggest(any_desk, [decision_id]) == Queued(n_queued=1, n_without_content=1)
    assert [one.decision_id for one in claim(any_desk, ANNA, Wanted(), 5, 60)] == [decision_id]


def test_more_than_one_transaction_of_suggestions_is_queued(desk: Desk) -> None:
    assert suggest(desk, allowed(desk, 130)).n_queued == 130
    with desk.database.connect() as connection:
        payloads = connection.execute(select(events.c.payload).where(events.c.kind == "review.suggested")).scalars()
        assert [len(json.loads(one)["decisions"]) for one in payloads] == [100, 30]


def test_a_suggestion_that_is_sent_twice_is_queued_once(desk: Desk) -> None:
    ids = allowed(desk, 3)
    suggest(desk, ids)
    assert suggest(desk, ids) == Queued(n_known=3)


def test_what_waits_for_a_person_anyway_is_not_queued_again(desk: Desk) -> None:
    held = record(desk)
    assert suggest(desk, [held]) == Queued(n_known=1)


def test_what_a_person_has_judged_is_not_queued_again(desk: Desk) -> None:
    held = record(desk)
    (lease,) = claim(desk, ANNA, Wanted(), 1, 60)
    decide(desk, ANNA, None, held, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))
    assert suggest(desk, [held]) == Queued(n_known=1)


def test_what_is_not_on_record_or_another_tenants_is_counted_and_left_out(desk: Desk) -> None:
    (other,) = allowed(desk, tenant="t2")
    assert suggest(desk, [other, "no such decision"], tenant="t1") == Queued(n_missing=2)


def test_content_that_was_kept_is_there(desk: Desk) -> None:
    made = decision(Action.ALLOW, {Category.HATE: 0.3})
    record(desk, made)
    keep = Keeping(ContentKept.TEXT).write(decided(made))
    assert keep is not None
    with write_transaction(desk.database) as connection:
        keep(connection)
    assert suggest(desk, [made.decision_id]).n_without_content == 0


def test_a_suggested_item_keeps_its_reason_for_those_who_look_later(desk: Desk) -> None:
    suggest(desk, allowed(desk))
    with desk.database.connect() as connection:
        found = connection.execute(select(reviews.c.purpose, reviews.c.reason, reviews.c.for_reviewer)).one()
    assert tuple(found) == ("suggest", "novel", "")


def test_a_suggested_item_can_become_golden(desk: Desk) -> None:
    (decision_id,) = allowed(desk)
    suggest(desk, [decision_id])
    assert mark_golden(desk, ANNA, None, decision_id, {Category.HATE: LabelValue.NO}, None) > 0
