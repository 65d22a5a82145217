"""The shadow policy: it decides nothing, and records what a replay would find."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import select

from models.contracts import Audience, Context
from service.asking import Ask
from service.engine import Engine, Outcome, open_engine
from service.policy.document import PolicyDocument, parse_policy
from service.records.tables import decisions
from service.rollout.replay.deciders import load_deciders
from service.rollout.replay.judging import Judge, Rejudged
from service.rollout.replay.recorded import recorded
from service.rollout.replay.selection import Piece, Selection
from service.rollout.shadow_store import ShadowStore, purge_shadow_decisions
from service.rollout.shadowing import ShadowPolicyHook, is_sampled
from service.rollout.store import PolicyStore
from service.rollout.tables import shadow_decisions
from service.rollout.values import ShadowKind
from service.settings import Settings
from tests.service.hashing import loaded_model
from tests.service.rollout.conftest import STRICT

SHADOW = parse_policy(
    """
name: shadow
rules:
  - {category: harassment, at: balanced, action: remove, review: true, message: it insults}
  - {id: young, category: hate, at: recall, when: {audience: minors}, action: hold, message: not for the young}
""",
    "shadow.yaml",
)
TEXTS = ["you idiot", "lovely", "you are an idiot and more", "a b c d e f g h i j k l m", "nothing here"]
ALWAYS = Selection(0, 2**60)


class Decider:
    """Decides texts in an engine that runs beside a shadow, and closes it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def decide(self, texts: list[str], shadow: PolicyDocument | None, share: float = 1.0) -> list[Outcome]:
        engine = open_engine(self._settings, loaded_model)
        if shadow is not None:
            PolicyStore(engine.database).add(shadow, "test")
            ShadowStore(engine.database).set(ShadowKind.POLICY, shadow.version, share, "test")
        from service.rollout.companions import follow

        follow(engine).poll()
        engine.hooks.append(ShadowPolicyHook(engine.judges))
        return asyncio.run(self._run(engine, texts))

    async def _run(self, engine: Engine, texts: list[str]) -> list[Outcome]:
        told: list[Outcome] = []
        contexts = [Context(audience=Audience.MINORS if n % 2 else Audience.GENERAL) for n in range(len(texts))]
        engine.submit(texts, Ask("decisions", "default", contexts=contexts), told.extend)
        assert await engine.close() == 0
        engine.database.dispose()
        return told


@pytest.fixture
def decider(settings: Settings) -> Iterator[Decider]:
    return Decider(settings)


def rows(database: Database) -> list[dict[str, object]]:
    with database.connect() as connection:
        found = select(shadow_decisions).order_by(shadow_decisions.c.decision_id)
        return [dict(row) for row in connection.execute(found).mappings()]


def test_a_shadow_changes_no_decision(decider: Decider, database: Database) -> None:
    alone = decider.decide(TEXTS, None)
    beside = decider.decide(TEXTS, SHADOW)
    assert [outcome.verdict for outcome in alone] == [outcome.verdict for outcome in beside]  # type: ignore[union-attr]
    assert len(rows(database)) == len(TEXTS)


def test_what_a_shadow_records_is_what_a_replay_finds(decider: Decider, database: Database) -> None:
    decider.decide(TEXTS * 5, SHADOW)
    judge = Judge(SHADOW, load_deciders(database))
    with database.connect() as connection:
        replayed = {row.decision_id: judge.judge(row) for row in recorded(connection, ALWAYS, Piece(0, 2**60, 0))}
    shadowed = rows(database)
    assert len(shadowed) == len(replayed) == len(TEXTS) * 5
    for row in shadowed:
        again = replayed[str(row["decision_id"])]
        assert isinstance(again, Rejudged)
        assert (row["action"], row["review"]) == (again.action, again.review)
        assert json.loads(str(row["rules"])) == [entry.rule.id for entry in again.verdict.fired]
    assert {row["action"] for row in shadowed} == {"allow", "remove"}
    assert any("young" in str(row["rules"]) for row in shadowed)


def test_a_record_says_what_decided_and_what_would_have_been(decider: Decider, database: Database) -> None:
    (outcome,) = decider.decide(["you idiot"], SHADOW)
    (row,) = rows(database)
    with database.connect() as connection:
        at_us = connection.execute(select(decisions.c.decided_at_us)).scalar_one()
    assert (row["decision_id"], row["at_us"]) == (outcome.decision_id, at_us)  # type: ignore[union-attr]
    assert (row["active_action"], row["action"], row["active_review"], row["review"]) == (
        "demote",
        "remove",
        False,
        True,
    )
    report = ShadowStore(database).report(SHADOW.version)
    assert (report.n_decisions, report.n_changed, report.n_reviews_added, report.n_reviews_removed) == (1, 1, 1, 0)


def test_the_report_counts_pairs_of_actions(decider: Decider, database: Database) -> None:
    decider.decide(["you idiot", "idiot", "lovely"], STRICT)
    report = ShadowStore(database).report(STRICT.version)
    pairs = [(pair.active, pair.shadow, pair.n_decisions) for pair in report.actions]
    assert pairs == [("demote", "remove", 2), ("allow", "allow", 1)]


def test_a_share_of_decisions_is_sampled_and_a_smaller_one_lies_in_it(decider: Decider, database: Database) -> None:
    decider.decide(["idiot"] * 39, SHADOW, share=0.5)
    with database.connect() as connection:
        everything = set(connection.execute(select(decisions.c.decision_id)).scalars())
    kept = {row["decision_id"] for row in rows(database)}
    assert kept == {name for name in everything if is_sampled(name, 0.5)}
    assert {name for name in everything if is_sampled(name, 0.1)} <= kept


def test_without_a_shadow_nothing_is_recorded(decider: Decider, database: Database) -> None:
    decider.decide(TEXTS, None)
    assert rows(database) == []


def test_what_is_too_old_is_purged_from_the_oldest_on(decider: Decider, database: Database) -> None:
    decider.decide(TEXTS, SHADOW)
    with database.begin() as connection:
        assert purge_shadow_decisions(connection, 2**60, 2) == 2
        assert purge_shadow_decisions(connection, 0, 10) == 0
    assert len(rows(database)) == len(TEXTS) - 2
