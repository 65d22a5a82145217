"""Compiled policies: monotone, indifferent to the order of rules, and the same as reading the rules one by one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Action, Category, OperatingPoint, ScoreSource
from service.policy.compiled import Signal
from service.policy.compiling import compile_policy, require_rules, resolve
from service.policy.conditions import AllOf, AnyOf, Condition, KnownCondition, ListCondition, Not, ScoreCondition
from service.policy.document import Exemption, PolicyError, Rule
from service.policy.facts import NO_FACTS
from service.policy.verdicts import Verdict
from tests.service.hashing import LABELS, THRESHOLDS
from tests.service.policy_cases import (
    BUNDLES,
    IMAGE_BUNDLE,
    TEXT_BUNDLE,
    Case,
    cases,
    compiled,
    conditions,
    document,
    exemptions,
    fixed_conditions,
    grown_conditions,
    rules,
    worse_cases,
    worse_scores,
)


def assert_no_milder(mild: Verdict, strict: Verdict) -> None:
    assert mild.action.strictness <= strict.action.strictness
    assert mild.review <= strict.review
    assert mild.flagged <= strict.flagged


def holds(condition: Condition, case: Case, closed: frozenset[Category] = frozenset()) -> bool:
    """The condition by its definition, without anything compiled."""
    match condition:
        case ScoreCondition():
            return condition.category not in closed and any(
                (condition.sources is None or source in condition.sources)
                and label is condition.category
                and prob >= resolve(condition.at, label, BUNDLES[bundle].thresholds)
                for bundle, source, probs in case.parts
                for label, prob in zip(BUNDLES[bundle].labels, probs, strict=True)
            )
        case ListCondition():
            return condition.name in case.lists
        case AllOf():
            return all(holds(part, case, closed) for part in condition.parts)
        case AnyOf():
            return any(holds(part, case, closed) for part in condition.parts)
        case Not():
            return not holds(condition.part, case, closed)
    return condition.holds(case.facts)


@given(rules, exemptions(fixed_conditions), worse_cases())
def test_more_evidence_never_makes_the_verdict_milder(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], items: tuple[Case, Case]
) -> None:
    policy = compiled(found, exempt)
    mild, strict = (item.judge(policy) for item in items)
    assert_no_milder(mild, strict)


@given(rules, exemptions(grown_conditions), worse_scores())
def test_higher_scores_never_make_the_verdict_milder_whatever_is_exempt(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], items: tuple[Case, Case]
) -> None:
    policy = compiled(found, exempt)
    mild, strict = (item.judge(policy) for item in items)
    assert_no_milder(mild, strict)


@given(rules, exemptions(grown_conditions), cases)
def test_a_verdict_follows_from_the_rules_whose_conditions_hold(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], case: Case
) -> None:
    closed = frozenset(category for entry in exempt if holds(entry.condition, case) for category in entry.categories)
    fired = [rule for rule in found if holds(rule.condition, case, frozenset() if rule.always else closed)]
    verdict = case.judge(compiled(found, exempt))
    assert {entry.rule.id for entry in verdict.fired if entry.rule.id.startswith("r")} == {rule.id for rule in fired}
    assert verdict.action is max((rule.action for rule in fired), key=lambda a: a.strictness, default=Action.ALLOW)
    assert verdict.review == any(rule.review for rule in fired)


@given(rules, exemptions(grown_conditions), cases, st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], case: Case, random: object
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = case.judge(compiled(found, exempt)), case.judge(compiled(tuple(shuffled), exempt[::-1]))
    assert (one.action, one.review, one.flagged) == (other.action, other.review, other.flagged)
    assert {entry.rule.id for entry in one.fired} == {entry.rule.id for entry in other.fired}


@given(rules, exemptions(grown_conditions), cases, cases)
def test_what_came_before_does_not_matter(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], case: Case, before: Case
) -> None:
    policy, fresh = compiled(found, exempt), compiled(found, exempt)
    before.judge(policy)
    assert case.judge(policy) == case.judge(fresh)


@given(rules, cases)
def test_reasons_come_strictest_first(found: tuple[Rule, ...], case: Case) -> None:
    ranks = [(-entry.rule.strictness, -(entry.prob or 0.0)) for entry in case.judge(compiled(found)).fired]
    assert all(first <= second for first, second in pairwise(ranks))


@given(rules, exemptions(grown_conditions), cases)
def test_flagged_means_a_balanced_operating_point_was_reached_exempt_or_not(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], case: Case
) -> None:
    reached = any(
        prob >= BUNDLES[bundle].thresholds.categories[label][OperatingPoint.BALANCED]
        for bundle, _, probs in case.parts
        for label, prob in zip(BUNDLES[bundle].labels, probs, strict=True)
    )
    assert case.judge(compiled(found, exempt)).flagged == reached


@given(rules, exemptions(grown_conditions), st.lists(st.floats(0, 1), min_size=len(LABELS), max_size=len(LABELS)))
def test_the_short_way_of_plain_texts_leads_to_the_same_verdict(
    found: tuple[Rule, ...], exempt: tuple[Exemption, ...], probs: list[float]
) -> None:
    policy = compiled(found, exempt)
    long = policy.judge([Signal(policy.text, ScoreSource.TEXT, probs)], NO_FACTS)
    assert policy.judge_text(probs, NO_FACTS) == long


@given(conditions, cases)
def test_what_holds_always_asks_for_a_review(condition: Condition, case: Case) -> None:
    rule = Rule("r0", "c", None, condition, Action.HOLD, review=True, message="m", line=1)
    verdict = case.judge(compiled((rule,)))
    assert verdict.review == (verdict.action is Action.HOLD)


def rule(condition: Condition, action: Action = Action.DEMOTE, always: bool = False, name: str = "r0") -> Rule:
    return Rule(name, name, None, condition, action, review=False, message="m", line=1, always=always)


HATE = ScoreCondition(Category.HATE, OperatingPoint.RECALL)
HATEFUL = Case(((0, ScoreSource.TEXT, (0.0, 0.95, 0.0, 0.0, 0.0, 0.0)),), NO_FACTS, frozenset({"x"}))


def exempt(*categories: Category) -> tuple[Exemption, ...]:
    return (Exemption("e0", "e0", frozenset(categories), ListCondition("x"), "it is ours", 1),)


def test_an_exemption_switches_off_scores_of_its_categories_and_says_so() -> None:
    verdict = HATEFUL.judge(compiled((rule(HATE),), exempt(Category.HATE)))
    assert (verdict.action, verdict.flagged) == (Action.ALLOW, True)
    (entry,) = verdict.fired
    assert (entry.rule.id, entry.rule.action, entry.list, entry.reason.message) == (
        "e0",
        Action.ALLOW,
        "x",
        "it is ours",
    )


def test_an_exemption_leaves_other_categories_alone() -> None:
    verdict = HATEFUL.judge(compiled((rule(HATE),), exempt(Category.SPAM)))
    assert verdict.action is Action.DEMOTE
    assert [entry.rule.id for entry in verdict.fired] == ["r0"]


def test_an_exemption_leaves_rules_that_are_always_alone() -> None:
    assert HATEFUL.judge(compiled((rule(HATE, always=True),), exempt(Category.HATE))).action is Action.DEMOTE


def test_an_exemption_leaves_lists_alone() -> None:
    either = AnyOf((HATE, ListCondition("x")))
    (entry, exemption) = HATEFUL.judge(compiled((rule(either),), exempt(Category.HATE))).fired
    assert (entry.prob, entry.list, exemption.rule.id) == (None, "x", "e0")


def test_a_rule_rests_on_the_source_that_reaches_its_own_threshold_most() -> None:
    harassed = ScoreCondition(Category.HARASSMENT, OperatingPoint.BALANCED)
    policy = compiled((rule(harassed),))
    text, image = (policy.sheets[bundle.digest] for bundle in BUNDLES)
    texts = Signal(text, ScoreSource.TEXT, (0.85, 0, 0, 0, 0, 0))
    pictures = [Signal(image, ScoreSource.IMAGE, (0, prob), index) for index, prob in enumerate((0.72, 0.1, 0.8))]
    (entry,) = policy.judge([texts, *pictures], NO_FACTS).fired
    assert (entry.prob, entry.threshold, entry.source) == (0.8, 0.7, ScoreSource.IMAGE)
    assert entry.places == ((0, Category.HARASSMENT), (2, Category.HARASSMENT))


def test_a_source_that_a_rule_does_not_name_does_not_count() -> None:
    worded = ScoreCondition(Category.HATE, OperatingPoint.RECALL, frozenset({ScoreSource.IMAGE_TEXT}))
    policy = compiled((rule(worded),))
    for source, action in ((ScoreSource.TEXT, Action.ALLOW), (ScoreSource.IMAGE_TEXT, Action.DEMOTE)):
        assert policy.judge([Signal(policy.text, source, [0.99] * 6, 0)], NO_FACTS).action is action


def test_known_content_is_a_reason_with_its_bank_and_a_probability_of_one() -> None:
    from models.contracts import KnownMatch, MatchKind
    from service.policy.facts import Facts

    match = KnownMatch(bank="b", item_id="1", kind=MatchKind.EXACT, distance=0.0, input="images[0]")
    item = Case(HATEFUL.parts, Facts("t", "feed", matches=(match,)), frozenset())
    (entry,) = item.judge(compiled((rule(KnownCondition(None)),))).fired
    assert (entry.bank, entry.prob, entry.threshold, entry.source) == ("b", 1.0, 1.0, ScoreSource.KNOWN)
    assert item.judge(compiled((rule(KnownCondition("a")),))).fired == ()


def test_categories_that_nobody_scores_are_named() -> None:
    illicit = ScoreCondition(Category.ILLICIT, 0.5)
    policy = compile_policy(document((rule(illicit), rule(HATE, name="r1"))), [TEXT_BUNDLE])
    assert policy.inactive == (Category.ILLICIT,)
    require_rules(policy)


def test_a_policy_of_which_no_rule_can_fire_is_refused() -> None:
    with pytest.raises(PolicyError, match="no rule"):
        require_rules(compile_policy(document((rule(ScoreCondition(Category.ILLICIT, 0.5)),)), [TEXT_BUNDLE]))


def test_a_policy_without_any_score_serves() -> None:
    require_rules(compile_policy(document((rule(KnownCondition(None)),)), [TEXT_BUNDLE]))


def test_operating_points_are_those_of_the_bundle() -> None:
    harassed = ScoreCondition(Category.HARASSMENT, OperatingPoint.BALANCED)
    policy = compiled((rule(harassed),))
    text, image = (policy.sheets[bundle.digest] for bundle in BUNDLES)
    assert text.steps[LABELS.index(Category.HARASSMENT)][0].threshold == 0.9
    assert image.steps[IMAGE_BUNDLE.labels.index(Category.HARASSMENT)][0].threshold == 0.7
    assert THRESHOLDS.categories[Category.HARASSMENT][OperatingPoint.BALANCED] == 0.9
