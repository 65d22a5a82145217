"""Checking and comparing policies: what never decides is found, and nothing else is."""

import pytest
from hypothesis import given

from models.contracts import Action
from service.policy.checking import can_fire, check_policy, unknown_banks
from service.policy.conditions import Condition
from service.policy.describing import describe
from service.policy.differing import diff_policies
from service.policy.document import PolicyDocument, Rule, parse_policy
from service.policy.implying import implies
from tests.service.policy_cases import BUNDLES, Case, cases, conditions, document, rules
from tests.service.test_policy_compiled import holds


def policy(*rules: str, before: str = "") -> PolicyDocument:
    return parse_policy(f"name: a\n{before}rules:\n" + "".join(f"  - {{{rule}, message: m}}\n" for rule in rules), "p")


def doubts(*rules: str, before: str = "") -> list[tuple[int, str]]:
    return [(doubt.line, doubt.message) for doubt in check_policy(policy(*rules, before=before), BUNDLES)]


@given(conditions, conditions, cases)
def test_what_is_implied_holds(first: Condition, second: Condition, case: Case) -> None:
    if implies(first, second, BUNDLES) and holds(first, case):
        assert holds(second, case)


@given(conditions, cases)
def test_what_can_never_fire_never_holds(condition: Condition, case: Case) -> None:
    assert can_fire(condition, BUNDLES) or not holds(condition, case)


@given(rules, cases)
def test_a_rule_that_is_said_never_to_decide_changes_nothing(found: tuple[Rule, ...], case: Case) -> None:
    from service.policy.compiling import compile_policy

    needless = {doubt.line for doubt in check_policy(document(found), BUNDLES) if " never " in doubt.message}
    kept = tuple(rule for rule in found if rule.line not in needless)
    if kept:
        one, other = (case.judge(compile_policy(document(some), BUNDLES)) for some in (found, kept))
        assert (one.action, one.review) == (other.action, other.review)


def test_a_rule_on_what_nobody_scores_can_never_fire() -> None:
    assert doubts("category: illicit, at: 0.5, action: label") == [
        (3, "illicit.0.5 can never fire: no loaded bundle scores illicit")
    ]


def test_a_rule_under_a_stricter_one_never_decides() -> None:
    ((line, message),) = doubts(
        "category: hate, at: precision, action: label", "category: hate, at: recall, action: remove"
    )
    assert (line, message[:46]) == (3, "hate.precision never decides: hate.recall (lin")


@pytest.mark.parametrize(
    "rules",
    [
        ("category: hate, at: precision, action: remove", "category: hate, at: recall, action: label"),
        ("category: hate, at: precision, action: label, review: true", "category: hate, at: recall, action: remove"),
        (
            "category: hate, at: recall, action: label",
            "id: r, category: hate, at: recall, when: {kind: a}, action: hold",
        ),
        ("category: hate, at: recall, action: label", "category: spam, at: recall, action: hold"),
        ("category: hate, at: recall, action: label, always: true", "category: hate, at: 0.1, action: remove"),
    ],
)
def test_rules_that_each_change_something_are_no_doubt(rules: tuple[str, str]) -> None:
    assert doubts(*rules) == []


def test_of_two_rules_that_do_the_same_the_later_one_is_needless() -> None:
    same = "category: hate, at: recall, action: label"
    assert [line for line, _ in doubts(same, same + ", id: again")] == [4]


def test_a_review_that_a_hold_refuses_is_named() -> None:
    found = doubts("category: hate, at: recall, action: hold, review: false")
    assert found == [(3, "hate.recall says review: false, and what is held is always put before a person")]
    assert doubts("category: hate, at: recall, action: demote, review: false") == []


def test_a_bank_that_is_not_there_is_named_with_the_nearest() -> None:
    found = policy(
        "id: r, category: spam, when: {bank: fraud-picture}, action: hold",
        "id: s, category: spam, when: {known: any}, action: label",
    )
    (hint,) = unknown_banks(found, {"fraud-pictures", "other"})
    assert (hint.line, hint.message) == (
        3,
        "r rests on bank fraud-picture, which is not in the database; did you mean fraud-pictures?",
    )
    assert unknown_banks(found, {"fraud-picture"}) == []


LIST = "lists: {b: {kind: exact, entries: [x]}}\n"


def test_a_list_that_no_rule_uses_is_named() -> None:
    assert doubts("category: hate, at: recall, action: label", before=LIST) == [(2, "no rule uses list b")]


def test_an_exemption_by_a_word_in_a_text_is_wider_than_it_looks() -> None:
    found = doubts("category: hate, at: recall, action: label", "id: e, exempt: all, when: {list: b}", before=LIST)
    assert [(line, "occurs, whatever else it says" in message) for line, message in found] == [(5, True)]


def test_an_exemption_from_nothing_is_named() -> None:
    found = doubts("category: hate, at: recall, action: label", "id: e, exempt: [spam], when: {kind: post}")
    assert [message[:23] for _, message in found] == ["e exempts from nothing:"]


def test_always_without_a_score_changes_nothing() -> None:
    found = doubts("id: r, when: {kind: post}, action: label, always: true")
    assert [message for _, message in found] == ["r rests on no score, so always changes nothing"]


def test_a_condition_is_described_with_its_numbers() -> None:
    when = "{any: [{kind: [a, b]}, {min_reach: 9}], not: {locale: pt}}"
    (rule,) = policy(f"id: r, category: hate, at: precision, when: {when}, action: hold").rules
    said = "hate >= precision (0.99) and ((kind is a or b or reach >= 9) and not (locale is pt))"
    assert describe(rule.condition, BUNDLES) == said


def test_a_policy_differs_from_itself_in_nothing() -> None:
    one = policy("category: hate, at: recall, action: label", before=LIST)
    assert diff_policies(one, one, BUNDLES) == []


def test_changes_are_told_by_rule_and_field() -> None:
    one = policy("category: hate, at: recall, action: label", "id: r, category: spam, at: recall, action: label")
    two = policy("id: r, category: spam, at: precision, action: demote", "category: sexual, at: 0.7, action: label")
    changes = {change.id: change for change in diff_policies(one, two, BUNDLES)}
    assert {name: change.kind for name, change in changes.items()} == {
        "hate.recall": "removed",
        "r": "changed",
        "sexual.0.7": "added",
    }
    assert changes["r"].fields == ("when", "thresholds", "action")
    assert changes["r"].after["action"] == Action.DEMOTE.value
    assert list(changes["r"].after["thresholds"].values()) == [0.99]  # type: ignore[union-attr]


def test_a_changed_list_is_told_without_its_entries() -> None:
    rule = "id: r, category: hate, when: {list: b}, action: label"
    (change,) = diff_policies(
        policy(rule, before=LIST), policy(rule, before=LIST.replace("[x]", "[secretword]")), BUNDLES
    )
    assert (change.of, change.fields) == ("list", ("entries_digest",))
    assert "secretword" not in str(change)
