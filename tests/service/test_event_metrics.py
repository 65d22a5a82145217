"""Metrics of what happens beside requests: webhooks, jobs, reviews and shadows."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database

from models.contracts import Action
from service.companions import accompany
from service.engine import Engine, open_engine
from service.metrics.backlog import BacklogWatch, read_backlog
from service.metrics.recorder import Backlog, open_recorder
from service.policy.document import parse_policy
from service.records.ledger import write_transaction
from service.records.schema import open_database
from service.reviews.content import ContentKept, Keeping
from service.reviews.counting import OutcomeCounter
from service.reviews.enqueueing import ReviewHook
from service.reviews.outcomes import Outcome, OutcomeKind
from service.rollout.companions import follow
from service.rollout.shadow_bundle import MAX_WAITING
from service.rollout.shadow_store import ShadowStore
from service.rollout.shadowing import ShadowPolicyHook
from service.rollout.store import PolicyStore
from service.rollout.values import ShadowKind
from service.settings import Settings
from service.webhooks.deliveries import Attempt, DeliveryStore, Message
from service.webhooks.values import DeliveryState
from tests.service.hashing import loaded_model
from tests.service.reviews.conftest import decided, decision, new_id
from tests.service.reviews.test_enqueueing import HARMFUL, HARMLESS, post
from tests.service.rollout.conftest import policy_text
from tests.service.rollout.test_shadow_bundle import beside, decide
from tests.service.test_metrics import samples


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path / 'weir.db'}", metrics_dir=tmp_path / "metrics")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings, loaded_model)
    yield engine
    engine.database.dispose()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings.database_url)
    yield database
    database.dispose()


def told(engine: Engine) -> dict[tuple[str, str], float]:
    return samples(engine.recorder.directory)


def enqueue(database: Database, *webhooks: str) -> DeliveryStore:
    """Messages that are due, and a schedule of two attempts."""
    store = DeliveryStore(database, new_id, lambda n_attempts: 0.0 if n_attempts < 2 else None)
    with write_transaction(database) as connection:
        store.enqueue(connection, [Message(webhook, "decision.made", None, "{}") for webhook in webhooks])
    return store


def test_a_store_of_deliveries_tells_what_became_of_each_attempt(database: Database) -> None:
    store = enqueue(database, "w1", "w2")
    heard: list[tuple[str, DeliveryState]] = []

    def hear(attempt: Attempt, state: DeliveryState) -> None:
        heard.append((attempt.due.webhook_id, state))

    first, second = sorted(store.step([], 2, ()), key=lambda due: due.webhook_id)
    store.step([Attempt(first, 204, None), Attempt(second, 500, "no")], 0, (), hear)
    (again,) = store.step([], 2, ())
    assert heard == [("w1", DeliveryState.DELIVERED), ("w2", DeliveryState.PENDING)]
    store.step([Attempt(again, 500, "no"), Attempt(second, 500, "no")], 0, (), hear)
    assert heard[2:] == [("w2", DeliveryState.DEAD)], "an attempt that another one overtook says nothing"


def test_what_is_queued_for_review_is_counted(settings: Settings) -> None:
    engine = open_engine(settings, loaded_model)
    accompany(engine)
    try:
        post(engine, HARMFUL, HARMLESS)
        assert told(engine)["weir_reviews_queued_total", ""] == 1
    finally:
        assert asyncio.run(engine.close()) == 0


def test_verdicts_and_appeals_are_counted_by_what_came_of_them(engine: Engine) -> None:
    counter = OutcomeCounter(engine.recorder)
    with engine.database.connect() as connection:
        for kind in (OutcomeKind.REVIEW_DECIDED, OutcomeKind.REVIEW_DECIDED, OutcomeKind.APPEAL_OPENED):
            counter.on_outcome(connection, Outcome(kind, "e", "t1", "d", 0, {}))
    found = {value: n for (name, value), n in told(engine).items() if name == "weir_review_outcomes_total" and n}
    assert found == {"review.decided": 2, "appeal.opened": 1}


def test_a_shadow_policy_says_how_often_it_differs(engine: Engine) -> None:
    milder = parse_policy(policy_text("milder", "label"), "milder.yaml")
    PolicyStore(engine.database).add(milder, "test")
    ShadowStore(engine.database).set(ShadowKind.POLICY, milder.version, 1.0, "test")
    follow(engine).poll()
    engine.hooks.append(ShadowPolicyHook(engine.judges, engine.recorder.shadow_policy_judged))
    decide(engine, "you idiot", "lovely")
    found = told(engine)
    assert (found["weir_shadow_policy_total", "differs"], found["weir_shadow_policy_total", "same"]) == (1, 1)


def test_a_shadow_bundle_counts_what_it_judges_and_drops(engine: Engine) -> None:
    shadow = beside(engine)
    shadow._on_judged = engine.recorder.shadow_bundle_judged
    decide(engine, *["lovely"] * (MAX_WAITING + 3))
    shadow.score_waiting()
    found = told(engine)
    assert found["weir_shadow_bundle_total", "dropped"] == 3
    judged = found["weir_shadow_bundle_total", "same"] + found["weir_shadow_bundle_total", "differs"]
    assert judged == shadow.n_scored > 0


def test_the_backlog_is_what_waits(settings: Settings, engine: Engine) -> None:
    store = enqueue(engine.database, "w1", "w2")
    (due,) = store.step([], 1, ())
    store.step([Attempt(due, 410, "gone", is_final=True)], 0, ())
    held = decided(decision(Action.HOLD), "t1")
    write = ReviewHook(Keeping(ContentKept(settings.review_content)), new_id)(held)
    assert write is not None
    with write_transaction(engine.database) as connection:
        write(connection)
    backlog = read_backlog(engine.database, held.decided_at_us + 7_500_000)
    assert backlog == Backlog(n_webhooks_pending=1, n_webhooks_dead=1, n_reviews_open=1, oldest_review_s=7)


def test_one_of_all_workers_tells_the_backlog(database: Database, tmp_path: Path) -> None:
    enqueue(database, "w1")
    mine, others = open_recorder(tmp_path / "mine"), open_recorder(tmp_path / "others")
    first, second = BacklogWatch(database, mine), BacklogWatch(database, others)
    first.look()
    second.look()
    name = ("weir_webhooks_pending", "")
    assert (samples(tmp_path / "mine")[name], samples(tmp_path / "others")[name]) == (1, 0)
    first.leave()
    second.look()
    assert (samples(tmp_path / "mine")[name], samples(tmp_path / "others")[name]) == (0, 1)


def test_a_backlog_that_cannot_be_read_is_logged_and_looked_up_again(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("secretmarker")

    watch = BacklogWatch(database, open_recorder(tmp_path / "mine"))
    with caplog.at_level(logging.ERROR):
        watch._try(broken)
    assert "looking at the backlog failed" in caplog.text
    assert "secretmarker" not in caplog.text
