"""Replay: the same policy changes nothing, another one is counted, and what nobody can know is said."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine as Database
from sqlalchemy import func, select, text

from models.contracts import Audience, Context
from service.asking import Ask
from service.engine import open_engine
from service.policy.document import PolicyDocument, parse_policy
from service.policy.facts import Facts
from service.records.schema import open_database
from service.records.tables import decisions
from service.rollout.companions import follow
from service.rollout.forgetting import ShadowEraser
from service.rollout.replay import selection
from service.rollout.replay.deciders import load_deciders
from service.rollout.replay.judging import Judge, Rejudged
from service.rollout.replay.recorded import recorded
from service.rollout.replay.running import Replay, run_replay
from service.rollout.replay.selection import Piece, Selection, pieces
from service.rollout.replay.tally import Changes, Tally
from service.rollout.shadow_store import ShadowStore
from service.rollout.shadowing import ShadowPolicyHook
from service.rollout.store import PolicyStore
from service.rollout.tables import shadow_decisions
from service.rollout.values import ShadowKind
from service.settings import Settings
from service.vision.examiner import Examined
from service.vision.finding import Posted
from tests.service.rollout.conftest import STRICT
from tests.service.vision.seeing import GREEN, GREY, SpellingReader, flat, picture, png, seeing_models, wordy

ALWAYS = Selection(0, 2**60)
SEEING = """
name: file
rules:
  - {category: harassment, at: balanced, action: demote, review: true, message: it insults}
  - {category: weapons, at: balanced, action: blur, message: it shows a weapon}
  - {id: mixed, action: hold, when: {all: [{category: fire, at: recall}, {modalities: [image]}]}, message: it burns}
  - {id: young, category: hate, at: recall, when: {audience: minors}, action: hold, message: not for the young}
  - {category: harmful-meme, at: balanced, action: remove, review: true, message: it harms}
"""
SHADOW = parse_policy(
    """
name: shadow
rules:
  - {category: weapons, at: recall, action: remove, message: it shows a weapon}
  - {category: fire, at: balanced, action: hold, message: it burns}
  - {id: both, action: label, message: both, when: {all: [{category: harassment, at: recall}, {modalities: [image]}]}}
""",
    "shadow.yaml",
)
TEXTS = ["you idiot", "lovely", "a b c d e f g", "idiot again and again", "some other words"]


@pytest.fixture
def seeing(settings: Settings) -> PolicyDocument:
    """A policy over texts and pictures that has decided on some of each, in the database of these tests."""
    settings.policy.write_text(SEEING)
    engine = open_engine(settings, seeing_models, SpellingReader())
    PolicyStore(engine.database).add(SHADOW, "test")
    ShadowStore(engine.database).set(ShadowKind.POLICY, SHADOW.version, 1.0, "test")
    follow(engine).poll()
    engine.hooks.append(ShadowPolicyHook(engine.judges))
    pictures = [png(flat(wordy(1), side=90)), png(picture(GREEN)), png(flat(GREY)), png(flat(wordy(2), side=90))]

    async def scenario() -> None:
        told: list[Examined] = []
        contexts = [Context(audience=Audience.MINORS if n % 2 else Audience.GENERAL, surface="feed") for n in range(5)]
        for _ in range(4):
            engine.submit(TEXTS, Ask("decisions", "default", contexts=contexts), lambda _: None)
        facts = Facts("acme", "decisions")
        posted = [Posted(words, (image,), 1e12, facts=facts) for words in ("you idiot", "") for image in pictures]
        engine.examine(posted, Ask("decisions", "acme"), told.extend)
        while len(told) < len(posted):
            await asyncio.sleep(0.01)
        assert await engine.close() == 0

    asyncio.run(scenario())
    engine.database.dispose()
    return parse_policy(SEEING, "policy.yaml")


def replay(settings: Settings, policy: PolicyDocument, chosen: Selection = ALWAYS, n_processes: int = 1) -> Tally:
    return run_replay(Replay(settings.database_url, policy.text, chosen), n_processes)


def test_the_policy_that_decided_changes_nothing(settings: Settings, seeing: PolicyDocument) -> None:
    tally = replay(settings, seeing)
    assert (tally.n_replayed, tally.n_changed, tally.not_replayed) == (28, 0, {})
    assert (tally.n_reviews_added, tally.n_reviews_removed, tally.samples) == (0, 0, {})
    assert len(tally.pairs) >= 3


def test_what_a_shadow_records_of_pictures_is_what_a_replay_finds(
    settings: Settings, seeing: PolicyDocument, database: Database
) -> None:
    judge = Judge(SHADOW, load_deciders(database))
    with database.connect() as connection:
        rows = list(recorded(connection, ALWAYS, Piece(0, 2**60, 0)))
        shadowed = {row.decision_id: row for row in connection.execute(select(shadow_decisions))}
    assert len(rows) == len(shadowed) == 28
    for row in rows:
        again, shadow = judge.judge(row), shadowed[row.decision_id]
        assert isinstance(again, Rejudged)
        assert (shadow.action, shadow.review, shadow.active_action) == (again.action, again.review, row.action)
        assert json.loads(shadow.rules) == [entry.rule.id for entry in again.verdict.fired]
    assert len({row.action for row in shadowed.values()}) >= 3


def test_what_a_shadow_recorded_of_a_person_is_erased(
    settings: Settings, seeing: PolicyDocument, database: Database
) -> None:
    with database.begin() as connection:
        ids = connection.execute(select(shadow_decisions.c.decision_id)).scalars().all()
        assert ShadowEraser().erase(connection, "author", None, ids[:20]) == 20
        assert ShadowEraser().erase(connection, "author", None, ids[:20]) == 0
        assert ShadowEraser().erase(connection, "author", None, []) == 0
        assert connection.execute(select(func.count()).select_from(shadow_decisions)).scalar_one() == 8


def test_another_policy_is_counted_by_category_and_surface(settings: Settings, seeing: PolicyDocument) -> None:
    tally = replay(settings, STRICT)
    assert tally.pairs["demote", "remove"] >= 8
    assert tally.by_category["harassment"].n_stricter >= 8
    assert tally.by_surface["feed"].n_decisions == 20
    assert tally.n_reviews_removed > 0
    (changed,) = {sample for sample in tally.samples if sample == ("demote", "remove")}
    with open_database(settings.database_url).connect() as connection:
        known = set(connection.execute(select(decisions.c.decision_id).where(decisions.c.action == "demote")).scalars())
    assert set(tally.samples[changed]) <= known
    assert len(tally.samples[changed]) == 5


def test_two_processes_find_what_one_finds(
    settings: Settings, seeing: PolicyDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = replay(settings, STRICT)
    monkeypatch.setattr(selection, "PIECE", 7)
    advanced: list[int] = []
    together = run_replay(Replay(settings.database_url, STRICT.text, ALWAYS), 2, lambda _: None, advanced.append)
    assert together == alone
    assert sum(advanced) == 28
    assert len(advanced) == 5


def test_a_tenant_a_surface_and_a_time_are_selected(settings: Settings, seeing: PolicyDocument) -> None:
    assert replay(settings, seeing, Selection(0, 2**60, tenant="acme")).n_replayed == 8
    assert replay(settings, seeing, Selection(0, 2**60, surface="feed")).n_replayed == 20
    assert replay(settings, seeing, Selection(2**59, 2**60)).n_replayed == 0


@given(st.integers(1, 12))
def test_pieces_are_disjoint_and_whole(n_in_piece: int) -> None:
    database = open_database("sqlite://")
    with database.begin() as connection:
        connection.execute(text("DROP TABLE decisions"))
        connection.execute(text("CREATE TABLE decisions (decided_at_us INTEGER)"))
        connection.execute(text("INSERT INTO decisions VALUES (5),(6),(6),(6),(7),(9),(9),(11),(12),(30)"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "PIECE", n_in_piece)
        found = pieces(database, Selection(6, 30))
    database.dispose()
    assert [piece.until_us for piece in found[:-1]] == [piece.since_us for piece in found[1:]]
    assert (found[0].since_us, found[-1].until_us) == (6, 30)
    assert sum(piece.n_decisions for piece in found) == 8


def test_what_was_erased_is_not_guessed(settings: Settings, seeing: PolicyDocument, database: Database) -> None:
    with database.begin() as connection:
        connection.execute(decisions.update().where(decisions.c.tenant == "acme").values(erased_at_us=1))
    tally = replay(settings, seeing)
    assert (tally.n_replayed, tally.not_replayed) == (20, {"erased": 8})


LISTING = f"{SEEING}  - {{id: words, action: remove, when: {{list: bad}}, message: a word}}\n"
BAD = "lists: {bad: {kind: exact, entries: [lovely]}}\n"


def test_what_rests_on_a_new_list_is_shown_as_it_was_with_what_could_be(
    settings: Settings, seeing: PolicyDocument
) -> None:
    tally = replay(settings, parse_policy(LISTING + BAD, "listing.yaml"))
    assert (tally.n_replayed, tally.n_changed) == (28, 0)
    assert tally.uncertain.total() > 0
    assert {strictest for _, strictest in tally.uncertain} == {"remove"}
    assert tally.n_certain == 28 - tally.uncertain.total()


def decide(settings: Settings, policy: str, texts: list[str]) -> None:
    settings.policy.write_text(policy)
    engine = open_engine(settings, seeing_models, SpellingReader())

    async def scenario() -> None:
        engine.submit(texts, Ask("decisions", "default"), lambda _: None)
        assert await engine.close() == 0

    asyncio.run(scenario())
    engine.database.dispose()


@pytest.mark.parametrize("name", ["bad", "renamed"])
def test_a_list_that_the_recorded_policy_had_too_is_known(settings: Settings, name: str) -> None:
    decide(settings, LISTING + BAD, TEXTS)
    held = (LISTING + BAD).replace("bad", name).replace("id: words, action: remove", "id: words, action: hold")
    tally = replay(settings, parse_policy(held, "held.yaml"))
    assert (tally.n_certain, tally.pairs["remove", "hold"], tally.n_changed) == (5, 1, 1)


def test_a_list_with_other_entries_is_another_list(settings: Settings) -> None:
    decide(settings, LISTING + BAD, TEXTS)
    tally = replay(settings, parse_policy(LISTING + BAD.replace("[lovely]", "[lovely, lively]"), "longer.yaml"))
    assert tally.uncertain.total() == 5
    assert tally.pairs["remove", "allow"] == 1


def test_a_list_is_not_known_where_the_recorded_policy_did_not_ask_for_it(settings: Settings) -> None:
    """On the surface of these texts the first policy never looked."""
    asking = LISTING.replace("{list: bad}", "{list: bad, surface: chat}")
    decide(settings, asking + BAD, TEXTS)
    assert replay(settings, parse_policy(LISTING + BAD, "listing.yaml")).uncertain.total() == 5
    assert replay(settings, parse_policy(asking + BAD, "listing.yaml")).n_certain == 5


EXEMPTING = "  - {id: quoted, exempt: [harassment], when: {list: bad}}\n"


def test_an_exemption_by_a_list_that_took_effect_or_did_not_is_known(settings: Settings) -> None:
    policy = SEEING + EXEMPTING + BAD.replace("lovely", "again")
    decide(settings, policy, TEXTS)
    tally = replay(settings, parse_policy(policy.replace("action: demote", "action: hold"), "strict.yaml"))
    assert tally.n_certain == 5
    assert tally.pairs["demote", "hold"] == 1


def test_two_policies_with_shared_lists_add_up(settings: Settings) -> None:
    decide(settings, LISTING + BAD, TEXTS)
    decide(settings, SEEING, TEXTS)
    tally = replay(settings, parse_policy(LISTING + BAD, "listing.yaml"))
    assert (tally.n_replayed, tally.n_certain, tally.pairs["remove", "remove"]) == (10, 5, 1)


def test_what_was_scored_by_a_bundle_without_thresholds_is_not_guessed(
    settings: Settings, seeing: PolicyDocument, database: Database
) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE deciders SET thresholds = NULL"))
    tally = replay(settings, seeing)
    assert (tally.n_replayed, tally.not_replayed) == (0, {"bundle without thresholds": 28})


def test_a_review_that_no_rule_asked_for_stays(settings: Settings, database: Database) -> None:
    settings.policy.write_text(SEEING)
    reader = SpellingReader()
    reader.is_broken = True
    engine = open_engine(settings, seeing_models, reader)

    async def scenario() -> None:
        told: list[Examined] = []
        engine.examine([Posted("", (png(flat(wordy(1), side=90)),), 1e12)], Ask("decisions", "acme"), told.extend)
        while not told:
            await asyncio.sleep(0.01)
        assert await engine.close() == 0

    asyncio.run(scenario())
    engine.database.dispose()
    with database.connect() as connection:
        assert connection.execute(select(decisions.c.review)).scalar_one()
    tally = replay(settings, STRICT)
    assert (tally.n_replayed, tally.n_reviews_added, tally.n_reviews_removed) == (1, 0, 0)


PAIRS = st.tuples(st.sampled_from(["allow", "label"]), st.sampled_from(["allow", "remove"]))
IDS = st.lists(st.uuids().map(str), max_size=8, unique=True)


def tally_of(pairs: list[tuple[str, str]], ids: list[str]) -> Tally:
    tally = Tally(3)
    tally.pairs.update(pairs)
    tally.by_surface["feed"] = Changes(len(pairs), 1, 0)
    tally.samples[("allow", "remove")] = sorted(ids, key=lambda name: (name[-12:], name))[:3]
    return tally


@given(st.lists(PAIRS), st.lists(PAIRS), IDS, IDS)
def test_tallies_add_up_in_any_order(
    one: list[tuple[str, str]], other: list[tuple[str, str]], ids: list[str], more: list[str]
) -> None:
    left, right = tally_of(one, ids), tally_of(other, more)
    left.add(tally_of(other, more))
    right.add(tally_of(one, ids))
    assert left == right
    assert left.pairs.total() == len(one) + len(other)
