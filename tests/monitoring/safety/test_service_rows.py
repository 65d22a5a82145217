"""The rows that the service itself writes: drawn at random, claimed and judged by a person, appealed, and measured."""

from pathlib import Path

import pytest

from models.contracts import Action, Category
from monitoring.quality.reviewed import reviewed_labels
from monitoring.safety.measuring import measure_safety
from monitoring.windows.source import open_source
from monitoring.windows.window import DAY_US, Period
from service.records.ledger import write_transaction
from service.records.schema import open_database
from service.reviews.appeals import AppealVerdict, Grievance, decide_appeal, open_appeal
from service.reviews.desk import Desk
from service.reviews.enqueueing import ReviewHook
from service.reviews.leases import Wanted, claim
from service.reviews.reviewer import Reviewer
from service.reviews.sampling import ReviewSample
from service.reviews.values import AppealState, LabelValue, VerdictKind
from service.reviews.verdicts import Judged, decide
from tests.service.reviews.conftest import Clock, decided, decision, open_test_desk, principal, record

N, N_HARMFUL = 40, 10


def work(desk: Desk, clock: Clock) -> None:
    """Forty allowed posts are drawn; ten are found hateful and removed, and one of these is restored on appeal."""
    for _ in range(N):
        made = decision(Action.ALLOW, {Category.HATE: 0.25}, severity=0, at_us=clock())
        record(desk, made)
        heard = ReviewHook(desk.keeping, desk.new_id, sample=ReviewSample(1.0, b"k" * 32))(decided(made))
        assert heard is not None
        with write_transaction(desk.database) as connection:
            heard(connection)
    clock.forward(60)
    anna = Reviewer("key:a")
    for number, claimed in enumerate(claim(desk, anna, Wanted(), N, 600)):
        judged = Judged(VerdictKind.UPHOLD, {})
        if number < N_HARMFUL:
            judged = Judged(VerdictKind.CHANGE, {Category.HATE: LabelValue.YES}, Action.REMOVE)
        decide(desk, anna, None, claimed.decision_id, claimed.lease_id, judged)
        if number == 0:
            appealed = claimed.decision_id
    appeal_id = open_appeal(desk, principal(), Grievance(appealed))
    verdict = AppealVerdict(AppealState.OVERTURNED, "you were right", {Category.HATE: LabelValue.NO})
    decide_appeal(desk, Reviewer("key:b"), None, appeal_id, verdict)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worked(tmp_path: Path, clock: Clock) -> str:
    url = f"sqlite:///{tmp_path / 'weir.db'}"
    engine = open_database(url)
    work(open_test_desk(engine, now_us=clock), clock)
    engine.dispose()
    return url


def test_what_reviewers_of_the_service_say_is_what_is_measured(worked: str, clock: Clock) -> None:
    period = Period(clock() - DAY_US, clock() + 1)
    with open_source(worked) as source:
        found = measure_safety(source, period, now_us=clock()).values
        labels = reviewed_labels(source, period)
    harmful = (N_HARMFUL - 1) / N
    assert found["prevalence"] == pytest.approx(harmful)
    assert found["prevalence:hate"] == pytest.approx(harmful)
    assert found["missed_prevalence"] == pytest.approx(harmful)
    assert found["sample_answered"] == 1.0
    assert found["overturn_rate"] == 1.0
    assert labels["label"].mean() == pytest.approx(harmful)
    assert set(labels["origin"]) == {"sample"}
