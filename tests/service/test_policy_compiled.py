"""Compiled policies: monotone, complete in their reasons, and the same as reading the rules one by one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Action, Category, OperatingPoint
from service.policy.compiled import CompiledPolicy, compile_policy, require_rules
from service.policy.document import PolicyDocument, PolicyError, Rule, load_policy
from tests.service.hashing import LABELS, THRESHOLDS

DEFAULT = load_policy(Path(__file__).parents[2] / "service" / "policies" / "default.yaml")

thresholds = st.one_of(st.sampled_from(OperatingPoint), st.floats(0.01, 1.0))
rules = st.builds(
    Rule,
    category=st.sampled_from(LABELS),
    at=thresholds,
    action=st.sampled_from(Action),
    review=st.booleans(),
    message=st.just("m"),
    line=st.just(1),
)
policies = st.lists(rules, min_size=1, max_size=12).map(
    lambda found: compile_policy(PolicyDocument("p", "v", tuple(found), ""), LABELS, THRESHOLDS)
)
probs = st.lists(st.floats(0.0, 1.0), min_size=len(LABELS), max_size=len(LABELS))


@given(policies, probs, st.integers(0, len(LABELS) - 1), st.floats(0.0, 1.0))
def test_raising_a_score_never_makes_the_verdict_milder(
    policy: CompiledPolicy, before: list[float], index: int, higher: float
) -> None:
    after = [max(p, higher) if i == index else p for i, p in enumerate(before)]
    mild, strict = policy.judge(before), policy.judge(after)
    assert mild.action.strictness <= strict.action.strictness
    assert mild.review <= strict.review
    assert mild.flagged <= strict.flagged
    assert {entry.rule for entry in mild.fired} <= {entry.rule for entry in strict.fired}


@given(policies, probs)
def test_a_verdict_follows_from_the_rules_that_reach_their_threshold(
    policy: CompiledPolicy, given_probs: list[float]
) -> None:
    verdict = policy.judge(given_probs)
    reached = [
        (rule, prob)
        for prob, rules in zip(given_probs, policy.rules, strict=True)
        for rule in rules
        if prob >= rule.threshold
    ]
    assert sorted(verdict.fired, key=repr) == sorted(((rule, prob) for rule, prob in reached), key=repr)
    assert verdict.action is max((rule.action for rule, _ in reached), key=lambda a: a.strictness, default=Action.ALLOW)
    assert verdict.review == any(rule.review for rule, _ in reached)


@given(policies, probs)
def test_reasons_come_strictest_first(policy: CompiledPolicy, given_probs: list[float]) -> None:
    ranks = [(-entry.rule.strictness, -entry.prob) for entry in policy.judge(given_probs).fired]
    assert ranks == sorted(ranks)


@given(policies, probs)
def test_flagged_means_a_balanced_operating_point_was_reached(policy: CompiledPolicy, given_probs: list[float]) -> None:
    balanced = [THRESHOLDS.categories[label][OperatingPoint.BALANCED] for label in LABELS]
    assert policy.judge(given_probs).flagged == any(p >= t for p, t in zip(given_probs, balanced, strict=True))


def test_rules_on_categories_that_nobody_scores_are_named() -> None:
    assert Category.ILLICIT in require_rules([compile_policy(DEFAULT, LABELS, THRESHOLDS)])


def test_a_policy_of_which_no_rule_can_fire_is_refused() -> None:
    rule = Rule(Category.ILLICIT, 0.5, Action.LABEL, review=False, message="m", line=1)
    with pytest.raises(PolicyError, match="no rule"):
        require_rules([compile_policy(PolicyDocument("p", "v", (rule,), ""), LABELS, THRESHOLDS)])
