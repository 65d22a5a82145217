"""Policy files: what is legal, and how what is not is explained. The messages are golden."""

from pathlib import Path

import pytest

from models.contracts import Action, Category, OperatingPoint
from service.policy.document import PolicyError, load_policy, parse_policy

DEFAULT = Path(__file__).parents[2] / "service" / "policies" / "default.yaml"
GOLDEN = Path(__file__).parent / "golden" / "policy_errors.txt"

RULE = "rules:\n  - category: hate\n    at: 0.5\n    action: label\n    message: m\n"

BROKEN = {
    "not YAML": "name: [\n",
    "not a mapping": "- name\n",
    "unknown field of the policy": "name: a\nrulez: []\n",
    "no rules": "name: a\nrules: []\n",
    "rules missing": "name: a\n",
    "name is a number": "name: 7\n" + RULE,
    "unknown field of a rule": "name: a\n" + RULE + "    wight: 3\n",
    "field twice": "name: a\n" + RULE + "    at: 0.7\n",
    "field missing": "name: a\nrules:\n  - category: hate\n    at: 0.5\n    action: label\n",
    "unknown category": "name: a\n" + RULE.replace("hate", "rudeness"),
    "never scored": "name: a\n" + RULE.replace("hate", "sexual/minors"),
    "unknown action": "name: a\n" + RULE.replace("label", "delete"),
    "threshold too high": "name: a\n" + RULE.replace("0.5", "1.5"),
    "threshold zero": "name: a\n" + RULE.replace("0.5", "0"),
    "threshold not a number": "name: a\n" + RULE.replace("0.5", ".nan"),
    "threshold a boolean": "name: a\n" + RULE.replace("0.5", "true"),
    "unknown operating point": "name: a\n" + RULE.replace("0.5", "strict"),
    "review a text": "name: a\n" + RULE + "    review: maybe\n",
    "empty message": "name: a\n" + RULE.replace("message: m", "message: ' '"),
}


def message(text: str) -> str:
    with pytest.raises(PolicyError) as refused:
        parse_policy(text, "policy.yaml")
    return str(refused.value)


def test_every_mistake_is_explained_with_file_line_and_what_is_legal() -> None:
    assert "".join(f"{name}\n    {message(text)}\n" for name, text in BROKEN.items()) == GOLDEN.read_text()


def test_a_missing_file_says_which_setting_to_change(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="WEIR_POLICY"):
        load_policy(tmp_path / "nowhere.yaml")


def test_a_rule_is_read_as_written() -> None:
    rule = parse_policy("name: a\n" + RULE + "    review: true\n", "p").rules[0]
    assert (rule.category, rule.at, rule.action, rule.review, rule.message, rule.line) == (
        Category.HATE,
        0.5,
        Action.LABEL,
        True,
        "m",
        3,
    )


def test_an_operating_point_stays_a_name() -> None:
    assert parse_policy("name: a\n" + RULE.replace("0.5", "recall"), "p").rules[0].at is OperatingPoint.RECALL


def test_any_change_of_the_text_changes_the_version() -> None:
    text = "name: a\n" + RULE
    assert parse_policy(text, "p").version != parse_policy(text + "# why\n", "p").version


def test_the_shipped_policy_has_a_rule_for_every_category_that_can_be_scored() -> None:
    assert {rule.category for rule in load_policy(DEFAULT).rules} == set(Category) - {Category.SEXUAL_MINORS}


def test_the_shipped_policy_never_removes_what_a_person_in_distress_says() -> None:
    distress = {Category.SELF_HARM, Category.SELF_HARM_INTENT}
    rules = [rule for rule in load_policy(DEFAULT).rules if rule.category in distress]
    assert {rule.action for rule in rules} == {Action.LABEL}
    assert all(rule.review for rule in rules)
