"""Enqueueing: what the engine decides is in the queue exactly when it is on record."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.contracts import Action, Audience, Context
from service.asking import Ask
from service.companions import accompany
from service.engine import Engine, open_engine
from service.records.tables import decisions
from service.reviews.opening import open_desk
from service.reviews.reading import page
from service.reviews.requests import ReviewQuery
from service.reviews.tables import review_content, reviews
from service.reviews.views import ReviewSummary
from service.settings import Settings
from tests.service.hashing import loaded_model
from tests.service.reviews.conftest import decided, decision

HARMFUL, HARMLESS = "idiot idiot idiot", "lovely lovely lovely"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'weir.db'}", metrics_dir=tmp_path / "metrics", review_content="text"
    )
    engine = open_engine(settings, loaded_model)
    accompany(engine)
    yield engine
    assert asyncio.run(engine.close()) == 0


def post(engine: Engine, *texts: str, is_refused: bool = False, is_recorded: bool = True) -> None:
    """Let the engine decide on texts and wait until it has answered."""

    async def run() -> None:
        answered = asyncio.Event()
        ask = Ask("decisions", "t1", contexts=[Context(surface="feed", user_reports=3, reach=50)] * len(texts))
        ask.is_recorded = is_recorded
        if is_refused:
            ask.guard = lambda _: False
            ask.on_refused = answered.set
        engine.submit(texts, ask, lambda _: answered.set())
        await asyncio.wait_for(answered.wait(), 20)

    asyncio.run(run())


def queue(engine: Engine) -> list[ReviewSummary]:
    return page(open_desk(engine), None, ReviewQuery()).items


def test_what_is_held_or_demoted_is_queued_once_it_is_answered(engine: Engine) -> None:
    post(engine, HARMFUL, HARMLESS)
    (item,) = queue(engine)
    assert (item.tenant, item.surface, item.severity, item.user_reports, item.reach) == ("t1", "feed", 6, 3, 50)
    assert item.category is not None
    assert 0.0 <= item.uncertainty <= 1.0
    with engine.database.connect() as connection:
        action = select(decisions.c.action).where(decisions.c.decision_id == item.decision_id)
        assert connection.execute(action).scalar() == item.action
        assert connection.execute(select(review_content.c.text)).scalars().all() == [HARMFUL]


def test_a_refused_unit_leaves_neither_decision_nor_review(engine: Engine) -> None:
    post(engine, HARMFUL, is_refused=True)
    with engine.database.connect() as connection:
        for table in (decisions, reviews, review_content):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_what_asks_to_be_forgotten_is_not_queued(engine: Engine) -> None:
    post(engine, HARMFUL, is_recorded=False)
    assert queue(engine) == []


@pytest.mark.parametrize(
    ("action", "review", "queued"),
    [
        (Action.HOLD, False, True),
        (Action.DEMOTE, False, True),
        (Action.ALLOW, True, True),
        (Action.REMOVE, True, True),
        (Action.ALLOW, False, False),
        (Action.LABEL, False, False),
        (Action.REMOVE, False, False),
    ],
)
def test_a_person_looks_at_what_is_held_demoted_or_marked(
    engine: Engine, action: Action, review: bool, queued: bool
) -> None:
    made = decision(action, review=review)
    heard = [hook(decided(made, context=Context(audience=Audience.MINORS))) for hook in engine.hooks]
    assert any(write is not None for write in heard) == queued
