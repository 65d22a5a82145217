"""The whole of the reviews on each kind of database: pages, appeals, measures, the export, and forgetting."""

from dataclasses import replace

import pytest

from models.contracts import Action
from service.errors import RequestError
from service.records.ledger import write_transaction
from service.reviews.appeals import AppealVerdict, Grievance, decide_appeal, open_appeal
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk, Shares
from service.reviews.examples import Wish, examples
from service.reviews.forgetting import ReviewEraser, content_retention, review_retention
from service.reviews.golden import mark_golden
from service.reviews.involvement import human_involvement
from service.reviews.leases import Wanted, claim
from service.reviews.measuring import agreement_report
from service.reviews.reading import claimed_details, page
from service.reviews.requests import ReviewQuery
from service.reviews.reviewer import Reviewer
from service.reviews.stats import queue_stats
from service.reviews.values import AppealState, LabelValue, ReviewOrder, ReviewState, VerdictKind
from service.reviews.verdicts import Judged, decide
from tests.service.reviews.conftest import Category, Clock, principal, record

ANNA, BEN, EVE = Reviewer("key:a"), Reviewer("key:b"), Reviewer("key:e")


@pytest.mark.parametrize("order", list(ReviewOrder))
def test_pages_follow_each_other(any_desk: Desk, order: ReviewOrder) -> None:
    ids = {record(any_desk) for _ in range(5)}
    first = page(any_desk, "t1", ReviewQuery(limit=3, order=order, state=ReviewState.OPEN))
    rest = page(any_desk, "t1", ReviewQuery(limit=3, order=order, state=ReviewState.OPEN, cursor=first.next))
    assert {item.decision_id for item in [*first.items, *rest.items]} == ids
    assert rest.next is None


def test_a_lapsed_claim_is_open_again_in_lists_and_counts(any_desk: Desk, clock: Clock) -> None:
    record(any_desk)
    claim(any_desk, ANNA, Wanted(), 1, 60)
    assert queue_stats(any_desk, None).states[ReviewState.CLAIMED] == 1
    clock.forward(61)
    assert [item.state for item in page(any_desk, None, ReviewQuery(state=ReviewState.OPEN)).items] == ["open"]
    stats = queue_stats(any_desk, None)
    assert (stats.states[ReviewState.OPEN], stats.states[ReviewState.CLAIMED]) == (1, 0)


def test_a_review_an_appeal_and_what_comes_of_them(any_desk: Desk) -> None:
    desk = replace(any_desk, keeping=Keeping(ContentKept.ALL), shares=Shares(1.0, 1.0))
    decision_id = record(desk, author="ann", content="a text of ann")
    (item,) = claimed_details(desk, claim(desk, ANNA, Wanted(), 1, 60))
    decide(desk, ANNA, None, decision_id, item.lease, Judged(VerdictKind.UPHOLD, {}, note="clear"))
    mark_golden(desk, ANNA, None, decision_id, {Category.HATE: LabelValue.YES}, Action.HOLD)
    (second,) = claim(desk, BEN, Wanted(), 1, 60)
    decide(desk, BEN, None, decision_id, second.lease_id, Judged(VerdictKind.OVERTURN, {}))
    other = record(desk)
    (golden,) = claim(desk, EVE, Wanted(), 1, 60)
    assert golden.decision_id == decision_id != other
    decide(desk, EVE, None, decision_id, golden.lease_id, Judged(VerdictKind.UPHOLD, {Category.HATE: LabelValue.YES}))

    appeal_id = open_appeal(desk, principal("t1"), Grievance(decision_id, "it was a joke", "ann"))
    with pytest.raises(RequestError, match="open already"):
        open_appeal(desk, principal("t1"), Grievance(decision_id))
    decide_appeal(desk, BEN, None, appeal_id, AppealVerdict(AppealState.OVERTURNED, "restored", {}))

    report = agreement_report(desk, "t1", 0)
    assert [(one.reviewer, one.action_agreement) for one in report.reviewers] == [("key:e", 1.0)]
    (example,) = examples(desk, Wish(with_content=True))
    assert (example["text"], example["labels"], example["disagreements"]) == ("a text of ann", {"hate": 0}, ["hate"])
    with write_transaction(desk.database) as connection:
        assert human_involvement(connection, [decision_id])[decision_id].is_appealed
        assert ReviewEraser().erase(connection, "x", None, [decision_id]) == 4  # content, appeal, note, golden item
        for retained in (content_retention(1), *review_retention(1)):
            assert retained.overdue(connection, desk.now_us() + 1) >= 0
            assert retained.purge(connection, desk.now_us() + 1, 100) >= 0
