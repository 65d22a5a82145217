"""Appeals: one open at a time, judged by somebody new, and whatever happens, the books agree with each other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import StaticPool

from models.contracts import Action
from service.errors import RequestError
from service.records.tables import events, metadata
from service.reviews.appeal_reading import appeal_page, one_appeal
from service.reviews.appeals import AppealVerdict, Grievance, decide_appeal, open_appeal
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk
from service.reviews.involvement import human_involvement
from service.reviews.leases import Wanted, claim
from service.reviews.reading import detail
from service.reviews.reviewer import Reviewer
from service.reviews.tables import appeals, review_labels
from service.reviews.values import AppealState, ReviewState, VerdictKind
from service.reviews.verdicts import Judged, decide
from tests.service.reviews.conftest import decision, open_test_desk, principal, record

ANNA, BEN, EVE = Reviewer("key:a"), Reviewer("key:b"), Reviewer("key:e")
TEAM = principal("t1", "team")


def appeal(desk: Desk, decision_id: str, **fields: Any) -> str:
    return open_appeal(desk, TEAM, Grievance(decision_id, **fields))


def ruling(outcome: AppealState, action: Action | None = None) -> AppealVerdict:
    return AppealVerdict(outcome, "we looked again", {}, action)


def refused(run: Callable[[], object]) -> str:
    with pytest.raises(RequestError) as error:
        run()
    return f"{error.value.status} {error.value.code}"


def judged_by(desk: Desk, reviewer: Reviewer) -> str:
    decision_id = record(desk)
    (lease,) = claim(desk, reviewer, Wanted(), 1, 60)
    decide(desk, reviewer, None, decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {}))
    return decision_id


def test_an_overturned_appeal_restores_the_item(desk: Desk) -> None:
    decision_id = judged_by(desk, ANNA)
    appeal_id = appeal(desk, decision_id)
    assert decide_appeal(desk, BEN, None, appeal_id, ruling(AppealState.OVERTURNED)) is Action.ALLOW
    found = one_appeal(desk, None, appeal_id)
    assert (found.state, found.action, found.message) == (AppealState.OVERTURNED, Action.ALLOW, "we looked again")
    assert detail(desk, "key:a", None, decision_id).standing_action is Action.ALLOW


def test_a_decision_that_nobody_reviewed_can_be_appealed(desk: Desk) -> None:
    decision_id = record(desk, decision(Action.REMOVE))
    appeal_id = appeal(desk, decision_id)
    assert decide_appeal(desk, ANNA, None, appeal_id, ruling(AppealState.CHANGED, Action.LABEL)) is Action.LABEL


def test_the_reviewer_of_the_first_verdict_does_not_decide_the_appeal(desk: Desk) -> None:
    appeal_id = appeal(desk, judged_by(desk, ANNA))
    assert (
        refused(lambda: decide_appeal(desk, ANNA, None, appeal_id, ruling(AppealState.UPHELD))) == "409 same_reviewer"
    )


def test_whoever_shares_a_key_says_who_they_are(desk: Desk) -> None:
    appeal_id = appeal(desk, judged_by(desk, Reviewer("key:a", "anna")))
    for same in (Reviewer("key:a"), Reviewer("key:a", "anna")):
        assert refused(lambda same=same: decide_appeal(desk, same, None, appeal_id, ruling(AppealState.UPHELD))) == (
            "409 same_reviewer"
        )
    decide_appeal(desk, Reviewer("key:a", "ben"), None, appeal_id, ruling(AppealState.UPHELD))


def test_a_decision_has_one_open_appeal(desk: Desk) -> None:
    decision_id = record(desk)
    first = appeal(desk, decision_id)
    assert refused(lambda: appeal(desk, decision_id)) == "409 appeal_open"
    decide_appeal(desk, ANNA, None, first, ruling(AppealState.UPHELD))
    assert appeal(desk, decision_id) != first


def test_an_appeal_is_decided_once(desk: Desk) -> None:
    appeal_id = appeal(desk, record(desk))
    decide_appeal(desk, ANNA, None, appeal_id, ruling(AppealState.UPHELD))
    assert refused(lambda: decide_appeal(desk, BEN, None, appeal_id, ruling(AppealState.OVERTURNED))) == (
        "409 appeal_decided"
    )


def test_what_is_allowed_cannot_be_appealed(desk: Desk) -> None:
    decision_id = record(desk, decision(Action.ALLOW, review=True))
    assert refused(lambda: appeal(desk, decision_id)) == "409 nothing_to_appeal"


def test_only_the_author_s_own_decision_is_appealed(desk: Desk) -> None:
    decision_id = record(desk, author="ann")
    assert refused(lambda: appeal(desk, decision_id, author_id="bob")) == "404 not_found"
    assert refused(lambda: appeal(desk, decision_id, author_id="\ud800")) in ("404 not_found", "400 invalid_text")
    assert appeal(desk, decision_id, author_id="ann")


@pytest.mark.parametrize(("kept", "statement"), [(ContentKept.NONE, None), (ContentKept.TEXT, "it was a joke")])
def test_a_statement_is_kept_only_where_content_is(desk: Desk, kept: ContentKept, statement: str | None) -> None:
    desk = replace(desk, keeping=Keeping(kept))
    found = one_appeal(desk, None, appeal(desk, record(desk), statement="it was a joke"))
    assert (found.has_statement, found.statement) == (True, statement)


def test_an_appeal_ends_the_review_that_still_waits(desk: Desk) -> None:
    decision_id = record(desk)
    (lease,) = claim(desk, ANNA, Wanted(), 1, 60)
    decide_appeal(desk, BEN, None, appeal(desk, decision_id), ruling(AppealState.OVERTURNED))
    late = refused(lambda: decide(desk, ANNA, None, decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, {})))
    assert late == "409 lease_lost"


def test_appeals_are_listed_page_by_page_the_newest_first(desk: Desk) -> None:
    ids = [appeal(desk, record(desk)) for _ in range(5)]
    first = appeal_page(desk, "t1", AppealState.OPEN, None, 3, None)
    rest = appeal_page(desk, "t1", AppealState.OPEN, None, 3, first.next)
    assert {one.appeal_id for one in [*first.items, *rest.items]} == set(ids)
    assert rest.next is None
    assert appeal_page(desk, "t2", None, None, 3, None).items == []


class Appeals(RuleBasedStateMachine):
    """Reviews and appeals in any order, against a model of a few lines."""

    items = Bundle("items")

    @initialize()
    def open(self) -> None:
        database = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        metadata.create_all(database)
        self.desk = open_test_desk(database)
        self.stands: dict[str, Action] = {}
        self.judges: dict[str, set[Reviewer]] = {}
        self.open_appeals: dict[str, str] = {}
        self.decided: set[str] = set()
        self.n_told = 0

    @rule(target=items, action=st.sampled_from([Action.DEMOTE, Action.HOLD]))
    def decide_by_machine(self, action: Action) -> str:
        decision_id = record(self.desk, decision(action))
        self.stands[decision_id], self.judges[decision_id] = action, set()
        return decision_id

    @rule(reviewer=st.sampled_from([ANNA, BEN]), verdict=st.sampled_from([VerdictKind.UPHOLD, VerdictKind.OVERTURN]))
    def review(self, reviewer: Reviewer, verdict: VerdictKind) -> None:
        found = claim(self.desk, reviewer, Wanted(), 1, 60)
        assert bool(found) == bool(set(self.stands) - self.decided)
        for lease in found:
            action = decide(self.desk, reviewer, None, lease.decision_id, lease.lease_id, Judged(verdict, {}))
            self._judge(lease.decision_id, reviewer, Action.ALLOW if verdict is VerdictKind.OVERTURN else None, action)

    @rule(item=items)
    def appeal(self, item: str) -> None:
        if self.stands[item] is Action.ALLOW:
            assert refused(lambda: appeal(self.desk, item)) == "409 nothing_to_appeal"
        elif item in self.open_appeals:
            assert refused(lambda: appeal(self.desk, item)) == "409 appeal_open"
        else:
            self.open_appeals[item] = appeal(self.desk, item)
            self.n_told += 1

    @rule(
        item=items,
        reviewer=st.sampled_from([ANNA, BEN, EVE]),
        outcome=st.sampled_from([AppealState.UPHELD, AppealState.OVERTURNED, AppealState.CHANGED]),
    )
    def rule_on(self, item: str, reviewer: Reviewer, outcome: AppealState) -> None:
        if item not in self.open_appeals:
            return
        wanted = Action.REMOVE if outcome is AppealState.CHANGED else None

        def run() -> Action:
            return decide_appeal(self.desk, reviewer, None, self.open_appeals[item], ruling(outcome, wanted))

        if reviewer in self.judges[item]:
            assert refused(run) == "409 same_reviewer"
        elif wanted is self.stands[item]:
            assert refused(run) == "400 invalid_value"
        else:
            action = run()
            del self.open_appeals[item]
            self._judge(item, reviewer, Action.ALLOW if outcome is AppealState.OVERTURNED else wanted, action)

    def _judge(self, item: str, reviewer: Reviewer, changed: Action | None, action: Action) -> None:
        self.stands[item] = changed or self.stands[item]
        assert action is self.stands[item]
        self.judges[item].add(reviewer)
        self.decided.add(item)
        self.n_told += 1

    @invariant()
    def books_agree(self) -> None:
        with self.desk.database.connect() as connection:
            involved = human_involvement(connection, list(self.stands))
            n_open = connection.execute(
                select(func.count()).select_from(appeals).where(appeals.c.state == "open")
            ).scalar_one()
            n_events = connection.execute(select(func.count()).select_from(events)).scalar_one()
            labelled = set(connection.execute(select(review_labels.c.decision_id)).scalars())
        for item, action in self.stands.items():
            found = detail(self.desk, "key:z", None, item)
            assert found.standing_action is action
            assert (found.state is ReviewState.DECIDED) == (item in self.decided)
        assert {item: one.action for item, one in involved.items()} == {
            item: self.stands[item] for item in self.decided
        }
        assert (n_open, n_events, labelled) == (len(self.open_appeals), self.n_told, self.decided)

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.database.dispose()


TestAppeals = Appeals.TestCase
TestAppeals.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
