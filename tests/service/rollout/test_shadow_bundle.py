"""The shadow bundle: it scores what was answered, changes nothing, and gives up rather than stand in the way."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import select

from models.contracts import BundleReference
from service.asking import Ask, Decided
from service.bundles import LoadedModel
from service.engine import Engine, Outcome, open_engine
from service.policy.facts import NO_FACTS
from service.records.tables import decisions
from service.rollout import shadow_bundle
from service.rollout.shadow_bundle import Choice, ShadowBundle, score_text
from service.rollout.shadow_store import ShadowStore
from service.rollout.tables import shadow_decisions
from service.rollout.values import ShadowKind
from service.settings import Settings
from tests.service.hashing import HashingScorer, loaded_model

NEXT = BundleReference(name="next", version="2.0.0", digest="9" * 64)
FOLDER = Path("models/next")


class DoubtingScorer(HashingScorer):
    """The same words, and half the certainty."""

    def infer(self, windows):  # type: ignore[no-untyped-def]
        return super().infer(windows) / 2


def load(_: Path) -> LoadedModel:
    return replace(loaded_model().text, scorer=DoubtingScorer(), bundle=NEXT)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings, loaded_model)
    yield engine
    engine.database.dispose()


def beside(engine: Engine, share: float = 1.0) -> ShadowBundle:
    """A shadow that is open and heard of decisions, without its thread."""
    shadow = ShadowBundle(engine.database, engine.judges, Choice(FOLDER, share), load)
    shadow.refresh()
    engine.hooks.append(shadow)
    return shadow


def decide(engine: Engine, *texts: str) -> list[Outcome]:
    async def scenario() -> list[Outcome]:
        told: list[Outcome] = []
        engine.submit(texts, Ask("decisions", "default"), told.extend)
        assert await engine.close() == 0
        return told

    return asyncio.run(scenario())


def rows(database: Database) -> list[dict[str, object]]:
    with database.connect() as connection:
        return [dict(row) for row in connection.execute(select(shadow_decisions)).mappings()]


def test_it_records_its_scores_and_what_the_active_policy_makes_of_them(engine: Engine) -> None:
    shadow = beside(engine)
    (outcome,) = decide(engine, "you idiot")
    assert shadow.score_waiting() == 1
    (row,) = rows(engine.database)
    probs = score_text(DoubtingScorer(), "you idiot")
    names = [label.value for label in HashingScorer.labels]
    assert json.loads(str(row["scores"])) == dict(zip(names, probs, strict=True))
    assert (row["shadow"], row["decision_id"]) == (NEXT.digest, outcome.decision_id)  # type: ignore[union-attr]
    policy = engine.judges.active.moderator.policy
    assert (row["active_version"], row["active_action"]) == (policy.version, "demote")
    assert row["action"] == policy.judge_text(probs, NO_FACTS).action


def test_it_scores_as_the_batcher_does() -> None:
    for text in ("you idiot", "lovely", "one two three four five six seven eight nine ten eleven idiot"):
        assert score_text(HashingScorer(), text) == HashingScorer().score(text)


@pytest.mark.parametrize("reads", [True, False])
def test_it_reads_the_turn_before_a_text_as_it_would_if_it_served(engine: Engine, reads: bool) -> None:
    def reading(_: Path) -> LoadedModel:
        return replace(load(FOLDER), reads_previous=reads)

    shadow = ShadowBundle(engine.database, engine.judges, Choice(FOLDER, 1.0), reading)
    shadow.refresh()
    engine.hooks.append(shadow)

    async def scenario() -> None:
        engine.submit(["so be it"], Ask("decisions", "default", previous=["you idiot"]), lambda _: None)
        assert await engine.close() == 0

    asyncio.run(scenario())
    assert shadow.score_waiting() == 1
    (row,) = rows(engine.database)
    probs = score_text(DoubtingScorer(), "so be it", "you idiot" if reads else None)
    assert list(json.loads(str(row["scores"])).values()) == probs
    assert "you idiot" not in str(row)


def test_it_changes_no_answer_even_when_it_fails(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Path) -> LoadedModel:
        return replace(load(FOLDER), scorer=BrokenScorer())

    class BrokenScorer(HashingScorer):
        def infer(self, windows):  # type: ignore[no-untyped-def]
            raise RuntimeError("a message that quotes: secretmarker")

    shadow = ShadowBundle(engine.database, engine.judges, Choice(FOLDER, 1.0), broken)
    shadow.refresh()
    engine.hooks.append(shadow)
    with caplog.at_level(logging.ERROR):
        outcomes = decide(engine, "secretmarker", "lovely")
        assert shadow.score_waiting() == 0
    assert len(outcomes) == 2
    assert (shadow.n_failures, rows(engine.database)) == (2, [])
    assert "secretmarker" not in caplog.text


def test_it_drops_and_counts_what_does_not_fit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow_bundle, "MAX_WAITING", 3)
    shadow = beside(engine)
    decide(engine, *["idiot"] * 8)
    assert shadow.score_waiting() == 3
    assert (shadow.n_scored, shadow.n_dropped) == (3, 5)


def test_it_scores_a_share(engine: Engine) -> None:
    shadow = beside(engine, share=0.5)
    decide(engine, *["idiot"] * 40)
    n_rows = shadow.score_waiting()
    with engine.database.connect() as connection:
        ids = connection.execute(select(decisions.c.decision_id)).scalars().all()
    assert n_rows == sum(int(name[-8:], 16) < 2**31 for name in ids)


def test_a_decision_that_was_heard_twice_is_recorded_once(engine: Engine) -> None:
    shadow = beside(engine)
    heard: list[Decided] = []
    engine.hooks.append(heard.append)
    decide(engine, "idiot", "lovely")
    write = shadow(heard[0])
    assert write is not None
    write(None)  # type: ignore[arg-type]
    shadow.score_waiting()
    assert len(rows(engine.database)) == 2


def test_a_bundle_set_in_the_database_takes_the_place_of_the_one_in_the_settings(engine: Engine) -> None:
    opened: list[Path] = []

    def follow(folder: Path) -> LoadedModel:
        opened.append(folder)
        return load(folder)

    shadow = ShadowBundle(engine.database, engine.judges, Choice(FOLDER, 1.0), follow)
    store = ShadowStore(engine.database)
    shadow.refresh()
    store.set(ShadowKind.BUNDLE, "models/other", 0.5, "test")
    shadow.refresh()
    shadow.refresh()
    store.clear(ShadowKind.BUNDLE, "test")
    shadow.refresh()
    assert opened == [FOLDER, Path("models/other"), FOLDER]
    decide(engine)


def test_a_bundle_that_cannot_be_opened_leaves_everything_as_it_was(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shadow = ShadowBundle(engine.database, engine.judges, Choice(tmp_path, 1.0))
    with caplog.at_level(logging.ERROR):
        shadow.refresh()
    engine.hooks.append(shadow)
    assert len(decide(engine, "idiot")) == 1
    assert shadow.n_failures == 1
    assert "cannot be opened" in caplog.text


def test_its_thread_scores_by_itself(engine: Engine) -> None:
    shadow = beside(engine)
    shadow.start()
    decide(engine, "idiot", "lovely")
    while len(rows(engine.database)) < 2:
        threading.Event().wait(0.02)
    shadow.close()
    assert shadow.n_scored == 2
