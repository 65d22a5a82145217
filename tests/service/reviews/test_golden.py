"""Golden items: unseen among the others, given once, and their verdicts measure without changing anything."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from models.contracts import Action, Category
from service.errors import RequestError
from service.reviews.desk import Desk, Shares
from service.reviews.golden import mark_golden, unmark_golden
from service.reviews.leases import Wanted, claim, release
from service.reviews.measuring import agreement_report
from service.reviews.reading import claimed_details, detail
from service.reviews.reviewer import Reviewer
from service.reviews.tables import review_labels
from service.reviews.values import LabelValue, ReviewState, VerdictKind
from service.reviews.verdicts import Judged, decide
from tests.service.reviews.conftest import decision, record

LEAD, ANNA, BEN = Reviewer("key:l"), Reviewer("key:a"), Reviewer("key:b")
HATE, SPAM = Category.HATE, Category.SPAM
YES, NO, UNSURE = LabelValue.YES, LabelValue.NO, LabelValue.UNSURE


def decided(desk: Desk, reviewer: Reviewer = LEAD) -> str:
    record(desk)
    (lease,) = claim(replace(desk, shares=Shares(0.0, 0.0)), reviewer, Wanted(), 1, 60)
    decide(desk, reviewer, None, lease.decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))
    return lease.decision_id


def golden(desk: Desk, action: Action | None = Action.HOLD) -> str:
    decision_id = decided(desk)
    mark_golden(desk, LEAD, None, decision_id, {HATE: YES, SPAM: NO}, action)
    return decision_id


@pytest.fixture
def mixing(desk: Desk) -> Desk:
    return replace(desk, shares=Shares(1.0, 0.0))


def test_a_golden_item_looks_like_any_other(mixing: Desk) -> None:
    golden_id = golden(mixing)
    record(mixing)
    claimed = claim(mixing, ANNA, Wanted(), 1, 60)
    assert [one.decision_id for one in claimed] == [golden_id]
    (seen,) = claimed_details(mixing, claimed)
    assert (seen.state, seen.verdicts, seen.appeals, seen.decided_at) == (ReviewState.CLAIMED, [], [], None)
    again = detail(mixing, ANNA.actor, None, golden_id)
    assert (again.state, again.verdicts) == (ReviewState.CLAIMED, [])


def test_without_anything_to_do_no_golden_item_is_given(mixing: Desk) -> None:
    golden(mixing)
    assert claim(mixing, ANNA, Wanted(), 5, 60) == []


def test_a_golden_item_is_given_to_each_reviewer_once(mixing: Desk) -> None:
    golden_id = golden(mixing)
    plain_id = record(mixing)
    for reviewer in (ANNA, BEN):
        (lease,) = claim(mixing, reviewer, Wanted(), 1, 60)
        assert lease.decision_id == golden_id
        decide(mixing, reviewer, None, golden_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))
    assert [one.decision_id for one in claim(mixing, ANNA, Wanted(), 1, 60)] == [plain_id]


def test_two_reviewers_can_hold_one_golden_item_at_once(mixing: Desk) -> None:
    golden_id = golden(mixing)
    record(mixing)
    for reviewer in (ANNA, BEN):
        assert [one.decision_id for one in claim(mixing, reviewer, Wanted(), 1, 60)] == [golden_id]


def test_a_golden_item_that_was_given_back_comes_again(mixing: Desk) -> None:
    golden_id = golden(mixing)
    record(mixing)
    for _ in range(2):
        (lease,) = claim(mixing, ANNA, Wanted(), 1, 60)
        assert lease.decision_id == golden_id
        release(mixing, ANNA, None, golden_id, lease.lease_id)


def test_whoever_judged_the_item_before_never_gets_it_as_golden(mixing: Desk) -> None:
    golden(mixing)
    plain_id = record(mixing)
    assert [one.decision_id for one in claim(mixing, LEAD, Wanted(), 1, 60)] == [plain_id]


def test_a_verdict_on_a_golden_item_changes_nothing(mixing: Desk) -> None:
    golden_id = golden(mixing)
    record(mixing)
    before = _n_labels(mixing)
    (lease,) = claim(mixing, ANNA, Wanted(), 1, 60)
    decide(mixing, ANNA, None, golden_id, lease.lease_id, Judged(VerdictKind.OVERTURN, {HATE: NO}))
    after = detail(mixing, LEAD.actor, None, golden_id)
    assert (after.standing_action, len(after.verdicts), _n_labels(mixing)) == (Action.HOLD, 1, before)


def _n_labels(desk: Desk) -> int:
    with desk.database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(review_labels)).scalar_one())


def test_a_decision_that_was_never_queued_cannot_be_golden(desk: Desk) -> None:
    decision_id = record(desk, decision(Action.ALLOW))
    with pytest.raises(RequestError) as refused:
        mark_golden(desk, LEAD, None, decision_id, {HATE: YES}, None)
    assert refused.value.code == "never_queued"


def test_an_unmarked_item_is_not_mixed_in_any_more(mixing: Desk) -> None:
    golden_id = golden(mixing)
    unmark_golden(mixing, LEAD, None, golden_id)
    plain_id = record(mixing)
    assert [one.decision_id for one in claim(mixing, ANNA, Wanted(), 1, 60)] == [plain_id]


def test_a_reviewer_is_measured_against_the_known_answers(mixing: Desk) -> None:
    for action, labels in (
        (VerdictKind.UPHOLD, {HATE: YES, SPAM: NO}),
        (VerdictKind.OVERTURN, {HATE: NO, SPAM: UNSURE}),
    ):
        golden_id = golden(mixing)
        record(mixing)
        (lease,) = [one for one in claim(mixing, ANNA, Wanted(), 1, 60) if one.decision_id == golden_id]
        decide(mixing, ANNA, None, golden_id, lease.lease_id, Judged(action, labels))
    report = agreement_report(mixing, None, 0)
    (anna,) = report.reviewers
    assert (report.n_golden, anna.reviewer, anna.n_items, anna.n_labels) == (2, "key:a", 2, 3)
    assert anna.action_agreement == 0.5
    assert anna.label_agreement == pytest.approx(2 / 3)
    # expected (yes, no, yes) against said (yes, no, no): p_e = (2 * 1 + 1 * 2) / 9
    assert anna.kappa == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))


def test_reviewers_are_measured_against_each_other_by_second_opinions(desk: Desk) -> None:
    desk = replace(desk, shares=Shares(0.0, 1.0))
    for verdict in (VerdictKind.UPHOLD, VerdictKind.OVERTURN):
        decided(desk, ANNA)
        (lease,) = claim(desk, BEN, Wanted(), 1, 60)
        decide(desk, BEN, None, lease.decision_id, lease.lease_id, Judged(verdict, {HATE: YES}))
    report = agreement_report(desk, None, 0)
    assert (report.actions.n_units, report.actions.agreement) == (2, 0.5)
    assert report.actions.alpha == pytest.approx(1 - 3 * 2 / (2 * 3 * 1))
    assert agreement_report(desk, "t2", 0).actions.n_units == 0
