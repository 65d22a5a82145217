"""Replaying: the verdict of a stored item is that of the item, or says that nobody can tell."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Action, Category, ScoreSource
from service.policy.conditions import ListCondition, ScoreCondition
from service.policy.document import Exemption, Rule, load_policy
from service.policy.facts import NO_FACTS
from service.policy.lists import ListKind, WordList
from service.policy.replaying import (
    ListEvidence,
    StoredBank,
    StoredSignal,
    UnknownBundleError,
    compile_stored,
    judge_stored,
    read_banks,
    read_signals,
    text_signal,
)
from service.rollout.replay.evidence import open_witness, rules_of
from service.settings import Settings
from tests.service.hashing import LABELS
from tests.service.policy_cases import (
    BUNDLES,
    LISTS,
    Case,
    cases,
    compiled,
    document,
    exemptions,
    grown_conditions,
    rules,
)

TABLES: dict[str, Any] = {
    bundle.digest: {
        label.value: {point.value: prob for point, prob in bundle.thresholds.categories[label].items()}
        for label in bundle.labels
    }
    for bundle in BUNDLES
}


def stored(case: Case) -> list[StoredSignal]:
    return [StoredSignal(BUNDLES[bundle].digest, source, list(probs)) for bundle, source, probs in case.parts]


@given(rules, exemptions(grown_conditions), cases)
def test_a_replayed_verdict_is_the_verdict_unless_it_says_that_it_rests_on_lists(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], case: Case
) -> None:
    policy = compile_stored(document(found, exempt), [orjson.loads(orjson.dumps(TABLES))])
    replayed = judge_stored(policy, stored(case), case.facts)
    verdict = case.judge(compiled(found, exempt))
    if not replayed.rests_on_lists:
        assert (replayed.verdict.action, replayed.verdict.review) == (verdict.action, verdict.review)
    assert replayed.mildest.action.strictness <= verdict.action.strictness <= replayed.strictest.action.strictness
    assert replayed.verdict.flagged == verdict.flagged


def rule(condition: Any, action: Action = Action.REMOVE) -> Rule:
    return Rule("r0", "r0", None, condition, action, review=False, message="m", line=1)


HATE = ScoreCondition(Category.HATE, 0.5)


def test_a_list_that_could_change_the_action_is_said_to() -> None:
    policy = compile_stored(document((rule(ListCondition("x")),)), [TABLES])
    replayed = judge_stored(policy, [], NO_FACTS)
    assert (replayed.rests_on_lists, replayed.verdict.action) == (True, Action.ALLOW)
    assert replayed.strictest.action is Action.REMOVE


def test_a_list_that_changes_nothing_is_not_said_to() -> None:
    policy = compile_stored(document((rule(HATE), rule(ListCondition("x"), Action.LABEL))), [TABLES])
    replayed = judge_stored(policy, [text_signal(policy, "0" * 64, {"hate": 0.9})], NO_FACTS)
    assert (replayed.rests_on_lists, replayed.verdict.action) == (False, Action.REMOVE)


def test_an_exemption_by_a_list_could_change_the_action() -> None:
    exempt = (Exemption("e", "e", frozenset({Category.HATE}), ListCondition("x"), "m", 1),)
    policy = compile_stored(document((rule(HATE),), exempt), [TABLES])
    replayed = judge_stored(policy, [text_signal(policy, "0" * 64, {"hate": 0.9})], NO_FACTS)
    assert (replayed.rests_on_lists, replayed.mildest.action) == (True, Action.ALLOW)
    assert replayed.verdict.action is Action.REMOVE


def test_what_is_known_of_lists_makes_a_verdict_certain() -> None:
    policy = compile_stored(document((rule(ListCondition("x")),)), [TABLES])
    for evidence, action in (
        (ListEvidence(frozenset("x")), Action.REMOVE),
        (ListEvidence(absent=frozenset("x")), Action.ALLOW),
    ):
        replayed = judge_stored(policy, [], NO_FACTS, (), evidence)
        assert (replayed.rests_on_lists, replayed.verdict.action) == (False, action)


def test_the_shipped_policy_rests_on_no_list() -> None:
    policy = compile_stored(load_policy(Settings.model_fields["policy"].default), [TABLES])
    assert not judge_stored(policy, [text_signal(policy, "0" * 64, {"hate": 0.9})], NO_FACTS).rests_on_lists


@given(st.lists(st.floats(0, 1), min_size=len(LABELS), max_size=len(LABELS)))
def test_a_plain_text_is_replayed_from_its_scores_by_category(probs: list[float]) -> None:
    policy = compile_stored(document((rule(HATE),)), [TABLES])
    scores = {label.value: prob for label, prob in zip(LABELS, probs, strict=True)}
    signal = text_signal(policy, "0" * 64, dict(reversed(scores.items())))
    assert (signal.source, list(signal.probs)) == (ScoreSource.TEXT, probs)


def test_a_category_that_a_record_has_no_score_of_reaches_nothing() -> None:
    policy = compile_stored(document((rule(ScoreCondition(Category.HATE, 1e-9)),)), [TABLES])
    assert judge_stored(policy, [text_signal(policy, "0" * 64, {})], NO_FACTS).verdict.action is Action.ALLOW


def test_a_record_of_an_unknown_bundle_is_refused() -> None:
    policy = compile_stored(document((rule(HATE),)), [TABLES])
    with pytest.raises(UnknownBundleError):
        judge_stored(policy, [StoredSignal("f" * 64, ScoreSource.TEXT, [0.5])], NO_FACTS)
    with pytest.raises(UnknownBundleError):
        text_signal(policy, "f" * 64, {})


def test_what_banks_said_still_counts_and_is_known_to_conditions() -> None:
    from service.policy.conditions import KnownCondition

    policy = compile_stored(document((rule(KnownCondition("b"), Action.LABEL),)), [TABLES])
    banks = [StoredBank("b", Category.SPAM, Action.HOLD, "it is known")]
    verdict = judge_stored(policy, [], NO_FACTS, banks).verdict
    assert (verdict.action, verdict.review, verdict.flagged) == (Action.HOLD, True, True)
    assert [entry.rule.id for entry in verdict.fired] == ["bank:b", "r0"]


def test_columns_of_the_log_are_read() -> None:
    (signal,) = read_signals(orjson.dumps([["0" * 64, "image_text", [0.1, 0.2]]]).decode())
    assert signal == StoredSignal("0" * 64, ScoreSource.IMAGE_TEXT, [0.1, 0.2])
    known = [
        {"rule": "bank:b", "bank": "b", "category": "spam", "action": "remove", "message": "m"},
        {"rule": "ours", "bank": "b", "category": "spam", "action": "label", "message": "m"},
    ]
    assert read_banks(orjson.dumps(known).decode()) == [StoredBank("b", Category.SPAM, Action.REMOVE, "m")]
    assert read_banks(None) == []


@given(rules, exemptions(grown_conditions), cases)
def test_what_a_record_tells_of_lists_is_true(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], case: Case
) -> None:
    old = replace(document(found, exempt), lists={name: WordList(name, ListKind.EXACT, (name,)) for name in LISTS})
    witness = open_witness(old, old, TABLES)
    assert witness is not None
    fired = case.judge(witness.policy).fired
    reasons = [{"rule": entry.rule.id, "list": entry.list, "bank": entry.bank} for entry in fired]
    present = witness.present(reasons)
    absent = witness.absent(stored(case), case.facts, rules_of(reasons))
    assert present <= case.lists
    assert not absent & case.lists


def test_lists_that_no_policy_shares_tell_nothing() -> None:
    old = replace(document(()), lists={"x": WordList("x", ListKind.EXACT, ("a",))})
    new = replace(document(()), lists={"x": WordList("x", ListKind.FUZZY, ("a",))})
    assert open_witness(new, old, TABLES) is None
