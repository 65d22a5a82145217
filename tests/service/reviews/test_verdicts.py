"""Verdicts: an overlay over decisions that stay as they are, audited, labelled, and told to those who subscribe."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select

from models.contracts import Action, Category
from service.accountability.erasers import Eraser
from service.errors import RequestError
from service.records.ledger import write_transaction
from service.records.tables import decisions, events
from service.reviews.appeals import AppealVerdict, Grievance, decide_appeal, open_appeal
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk, Shares
from service.reviews.forgetting import ReviewEraser, content_retention, review_retention
from service.reviews.involvement import human_involvement
from service.reviews.label_reading import label_page
from service.reviews.leases import Claimed, Wanted, claim
from service.reviews.outcomes import Outcome, OutcomeKind
from service.reviews.reading import detail
from service.reviews.reviewer import Reviewer
from service.reviews.tables import appeals, review_content, review_images, review_labels, reviews
from service.reviews.values import AppealState, LabelValue, ReviewState, VerdictKind
from service.reviews.verdicts import Judged, decide, escalate, is_doubled, relabel
from tests.service.reviews.conftest import Clock, decision, principal, record

ANNA, BEN = Reviewer("key:a"), Reviewer("key:b")
HATE = Category.HATE


def held(desk: Desk, reviewer: Reviewer = ANNA, level: int = 1) -> Claimed:
    (lease,) = claim(desk, reviewer, Wanted(level), 1, 60)
    return lease


def judge(desk: Desk, judged: Judged, reviewer: Reviewer = ANNA) -> str:
    lease = held(desk, reviewer)
    decide(desk, reviewer, None, lease.decision_id, lease.lease_id, judged)
    return lease.decision_id


def labels(desk: Desk) -> dict[str, str]:
    return {label.category.value: label.value.value for label in label_page(desk, None, 0, 100, None).items}


@pytest.mark.parametrize(
    ("judged", "stands"),
    [
        (Judged(VerdictKind.UPHOLD, {}), Action.HOLD),
        (Judged(VerdictKind.OVERTURN, {}), Action.ALLOW),
        (Judged(VerdictKind.CHANGE, {}, Action.REMOVE), Action.REMOVE),
    ],
)
def test_a_verdict_lies_over_the_decision_and_never_changes_it(desk: Desk, judged: Judged, stands: Action) -> None:
    decision_id = record(desk)
    with desk.database.connect() as connection:
        before = connection.execute(select(decisions)).one()
    judge(desk, judged)
    found = detail(desk, "key:a", None, decision_id)
    with desk.database.connect() as connection:
        assert connection.execute(select(decisions)).one() == before
    assert (found.state, found.decision.action, found.standing_action) == (ReviewState.DECIDED, Action.HOLD, stands)


@pytest.mark.parametrize(
    "judged",
    [
        Judged(VerdictKind.UPHOLD, {}, Action.REMOVE),
        Judged(VerdictKind.CHANGE, {}),
        Judged(VerdictKind.CHANGE, {}, Action.HOLD),
        Judged(VerdictKind.CHANGE, {}, Action.ALLOW),
    ],
)
def test_an_action_that_does_not_fit_the_verdict_is_refused_and_the_lease_kept(desk: Desk, judged: Judged) -> None:
    record(desk)
    lease = held(desk)
    with pytest.raises(RequestError) as refused:
        decide(desk, ANNA, None, lease.decision_id, lease.lease_id, judged)
    assert refused.value.status == 400
    decide(desk, ANNA, None, lease.decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))


def test_upholding_says_yes_to_the_harm_and_overturning_no(desk: Desk) -> None:
    record(desk)
    judge(desk, Judged(VerdictKind.UPHOLD, {}))
    assert labels(desk) == {"hate": "yes"}
    record(desk, decision(probs={Category.SPAM: 0.95}))
    judge(desk, Judged(VerdictKind.OVERTURN, {}))
    assert labels(desk)["spam"] == "no"


def test_what_a_reviewer_names_is_believed_rather_than_derived(desk: Desk) -> None:
    record(desk)
    judge(desk, Judged(VerdictKind.UPHOLD, {HATE: LabelValue.UNSURE, Category.SPAM: LabelValue.YES}))
    assert labels(desk) == {"hate": "unsure", "spam": "yes"}


def test_a_label_says_where_it_comes_from(desk: Desk) -> None:
    record(desk)
    judge(desk, Judged(VerdictKind.UPHOLD, {}), Reviewer("key:a", "anna"))
    (label,) = label_page(desk, None, 0, 10, None).items
    assert (label.reviewer, label.source.value, label.derived) == ("key:a/anna", "review", True)
    assert (label.policy_name, label.policy_version, label.bundles, label.prob) == ("p", "v1", ["a" * 64], 0.95)


def test_a_relabelling_adds_labels_and_leaves_what_stands(desk: Desk) -> None:
    decision_id = record(desk)
    judge(desk, Judged(VerdictKind.OVERTURN, {}))
    relabel(desk, BEN, None, decision_id, {HATE: LabelValue.YES}, "looked again")
    assert labels(desk)["hate"] == "yes"
    assert detail(desk, "key:a", None, decision_id).standing_action is Action.ALLOW


def test_only_a_decided_review_can_be_relabelled(desk: Desk) -> None:
    decision_id = record(desk)
    with pytest.raises(RequestError) as refused:
        relabel(desk, ANNA, None, decision_id, {HATE: LabelValue.YES}, None)
    assert refused.value.code == "not_decided"


def test_an_escalated_item_waits_for_the_second_level_alone(desk: Desk) -> None:
    record(desk)
    lease = held(desk)
    escalate(desk, ANNA, None, lease.decision_id, lease.lease_id, "hard to say")
    assert claim(desk, ANNA, Wanted(1), 1, 60) == []
    again = held(desk, BEN, level=2)
    assert again.decision_id == lease.decision_id
    assert detail(desk, "key:b", None, again.decision_id).escalation == "hard to say"
    with pytest.raises(RequestError, match="no third"):
        escalate(desk, BEN, None, again.decision_id, again.lease_id, "still hard")
    decide(desk, BEN, None, again.decision_id, again.lease_id, Judged(VerdictKind.UPHOLD, {}))


def test_an_escalated_item_whose_lease_ran_out_stays_on_its_level(desk: Desk, clock: Clock) -> None:
    record(desk)
    lease = held(desk)
    escalate(desk, ANNA, None, lease.decision_id, lease.lease_id, "hard to say")
    held(desk, BEN, level=2)
    clock.forward(61)
    assert detail(desk, "key:a", None, lease.decision_id).state is ReviewState.ESCALATED
    assert held(desk, ANNA, level=2).decision_id == lease.decision_id


def test_every_verdict_is_audited_without_content_or_persons(desk: Desk) -> None:
    decision_id = record(desk, content="private words")
    judged = Judged(VerdictKind.UPHOLD, {}, note="says private words")
    judge(desk, judged, Reviewer("key:a", "anna"))
    with desk.database.connect() as connection:
        event = connection.execute(select(events)).one()
    assert (event.kind, event.actor, event.tenant) == ("review.decided", "key:a", "t1")
    assert json.loads(event.payload) == {
        "decision_id": decision_id,
        "verdict": "uphold",
        "action_before": "hold",
        "action": "hold",
        "level": 1,
    }


class Listener:
    def __init__(self, *, breaks: bool = False) -> None:
        self.heard: list[Outcome] = []
        self.breaks = breaks

    def on_outcome(self, connection: Connection, outcome: Outcome) -> None:
        if self.breaks:
            raise RuntimeError
        self.heard.append(outcome)


def test_subscribers_hear_of_an_outcome(desk: Desk) -> None:
    listener = Listener()
    desk = replace(desk, outcomes=[listener])
    decision_id = record(desk)
    judge(desk, Judged(VerdictKind.OVERTURN, {}))
    (outcome,) = listener.heard
    assert (outcome.kind, outcome.decision_id, outcome.tenant) == (OutcomeKind.REVIEW_DECIDED, decision_id, "t1")
    assert outcome.payload["action"] == "allow"


def test_a_verdict_that_a_subscriber_could_not_write_is_taken_back(desk: Desk) -> None:
    desk = replace(desk, outcomes=[Listener(breaks=True)])
    record(desk)
    lease = held(desk)
    with pytest.raises(RuntimeError):
        decide(desk, ANNA, None, lease.decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))
    assert detail(desk, "key:a", None, lease.decision_id).verdicts == []
    assert labels(desk) == {}


def test_a_second_person_judges_unseen_and_changes_nothing(desk: Desk) -> None:
    desk = replace(desk, shares=Shares(0.0, 1.0))
    decision_id = record(desk)
    judge(desk, Judged(VerdictKind.UPHOLD, {}))
    assert claim(desk, ANNA, Wanted(), 1, 60) == []  # not the one who gave the first verdict
    lease = held(desk, BEN)
    seen = detail(desk, "key:b", None, decision_id)
    assert (lease.decision_id, seen.state, seen.verdicts, seen.standing_action) == (
        decision_id,
        ReviewState.CLAIMED,
        [],
        Action.HOLD,
    )
    decide(desk, BEN, None, decision_id, lease.lease_id, Judged(VerdictKind.OVERTURN, {}))
    after = detail(desk, "key:b", None, decision_id)
    assert (after.standing_action, [verdict.source for verdict in after.verdicts]) == (
        Action.HOLD,
        ["review", "second"],
    )
    assert claim(desk, Reviewer("key:c"), Wanted(), 1, 60) == []


def test_about_the_wished_share_of_items_is_doubled() -> None:
    share = sum(is_doubled(str(number), 0.2) for number in range(5_000)) / 5_000
    assert 0.17 < share < 0.23


def test_people_s_part_in_a_decision_is_told_to_reports(desk: Desk) -> None:
    ids = [record(desk) for _ in range(2)]
    judged = judge(desk, Judged(VerdictKind.CHANGE, {}, Action.REMOVE))
    with desk.database.connect() as connection:
        found = human_involvement(connection, ids)
    assert set(found) == {judged}
    assert (found[judged].action, found[judged].verdict, found[judged].is_appealed) == ("remove", "change", False)


def test_no_content_is_kept_unless_the_deployment_says_so(desk: Desk) -> None:
    decision_id = record(desk, content_id="post-7")
    found = detail(desk, "key:a", None, decision_id)
    assert (found.content, found.content_id) == (None, "post-7")
    with desk.database.connect() as connection:
        assert connection.execute(select(review_content)).all() == []


@pytest.mark.parametrize(("kept", "n_images"), [(ContentKept.TEXT, 0), (ContentKept.ALL, 1)])
def test_what_the_deployment_keeps_is_shown(desk: Desk, kept: ContentKept, n_images: int) -> None:
    decision_id = record(replace(desk, keeping=Keeping(kept)), content="the \0 text")
    content = detail(desk, "key:a", None, decision_id).content
    assert content is not None
    assert (content.text, content.n_images) == ("the \N{REPLACEMENT CHARACTER} text", n_images)


def rows_left(connection: Connection) -> list[Any]:
    return [*connection.execute(select(review_content)), *connection.execute(select(review_images))]


def test_kept_content_is_purged_after_its_days(desk: Desk) -> None:
    desk = replace(desk, keeping=Keeping(ContentKept.ALL))
    for _ in range(3):
        record(desk)
    retained = content_retention(30)
    later = desk.now_us() + 31 * 86_400_000_000
    with write_transaction(desk.database) as connection:
        assert retained.overdue(connection, retained.before_us(desk.now_us())) == 0
        assert retained.overdue(connection, retained.before_us(later)) == 3
        assert retained.purge(connection, retained.before_us(later), 2) == 2
        assert retained.purge(connection, retained.before_us(later), 2) == 1
        assert rows_left(connection) == []


def test_closed_reviews_verdicts_and_closed_appeals_go_in_time_and_labels_stay(desk: Desk) -> None:
    decision_id = record(desk)
    judge(desk, Judged(VerdictKind.UPHOLD, {}))
    appeal_id = open_appeal(desk, principal("t1"), Grievance(decision_id))
    decide_appeal(desk, BEN, None, appeal_id, AppealVerdict(AppealState.UPHELD, "m", {}))
    waiting = [record(desk), open_appeal(desk, principal("t1"), Grievance(decision_id))]
    later = desk.now_us() + 31 * 86_400_000_000
    with write_transaction(desk.database) as connection:
        for retained in review_retention(30):
            assert retained.overdue(connection, retained.before_us(desk.now_us())) == 0
            n_rows = 2 if retained.kind == "verdicts" else 1
            assert retained.overdue(connection, retained.before_us(later)) == n_rows
            assert [retained.purge(connection, retained.before_us(later), 10) for _ in range(2)] == [n_rows, 0]
        left = [*connection.execute(select(reviews.c.decision_id)), *connection.execute(select(appeals.c.appeal_id))]
    assert [row[0] for row in left] == waiting
    assert labels(desk) == {"hate": "yes"}


def test_erasing_an_author_leaves_no_content_and_no_words_about_it(desk: Desk) -> None:
    desk = replace(desk, keeping=Keeping(ContentKept.ALL))
    decision_id = record(desk, author="ann", content="private words")
    judge(desk, Judged(VerdictKind.UPHOLD, {}, note="says private words"))
    eraser: Eraser = ReviewEraser()
    with write_transaction(desk.database) as connection:
        assert eraser.erase(connection, "x", None, [decision_id]) == 2
        assert eraser.erase(connection, "x", None, [decision_id]) == 0
        assert rows_left(connection) == []
        assert "private" not in str(connection.execute(select(reviews)).all())
        assert connection.execute(select(review_labels)).all() != []
    assert detail(desk, "key:a", None, decision_id).verdicts[0].note is None
