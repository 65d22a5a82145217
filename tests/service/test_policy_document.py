"""Policy files: what is legal, and how what is not is explained. The messages are golden."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts import Action, Category, OperatingPoint
from service.policy.conditions import (
    AllOf,
    AtLeast,
    AuthorIsVerified,
    ListCondition,
    LocaleIs,
    Not,
    OneOf,
    ScoreCondition,
)
from service.policy.document import PolicyDocument, PolicyError, Rule, load_policy, parse_policy

DEFAULT = Path(__file__).parents[2] / "service" / "policies" / "default.yaml"
GOLDEN = Path(__file__).parent / "golden" / "policy_errors.txt"

RULE = "rules:\n  - category: hate\n    at: 0.5\n    action: label\n    message: m\n"


def when(condition: str, before: str = "") -> str:
    return f"name: a\n{before}{RULE}    id: r\n    when: {condition}\n"


def exempt(condition: str) -> str:
    return f"name: a\n{RULE}  - id: e\n    exempt: [hate]\n    when: {condition}\n"


def lists(definition: str) -> str:
    return f"name: a\nlists:\n  b: {definition}\n{RULE}"


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
    "field almost right": "name: a\n" + RULE + "    reveiw: true\n",
    "category almost right": "name: a\n" + RULE.replace("hate", "harrasment"),
    "action almost right": "name: a\n" + RULE.replace("label", "age-restricted"),
    "operating point almost right": "name: a\n" + RULE.replace("0.5", "balance"),
    "two rules of one id": "name: a\n" + RULE + RULE.removeprefix("rules:\n"),
    "illegal id": "name: a\n" + RULE + "    id: Über Regel\n",
    "both at and severity": "name: a\n" + RULE + "    severity: 4\n",
    "unknown severity": "name: a\n" + RULE.replace("at: 0.5", "severity: 5"),
    "no threshold": "name: a\n" + RULE.replace("    at: 0.5\n", ""),
    "unknown source": "name: a\n" + RULE + "    source: video\n",
    "source and modality": "name: a\n" + RULE + "    source: text\n    modality: text\n",
    "when without id": "name: a\n" + RULE + "    when: {kind: post}\n",
    "empty when": when("{}"),
    "unknown condition": when("{audiance: minors}"),
    "unknown audience": when("{audience: minor}"),
    "at without category": when("{at: precision}"),
    "illegal surface": when("{surface: Main Feed}"),
    "illegal locale": when("{locale: portuguese}"),
    "illegal tenant": when("{tenant: 'a b'}"),
    "count of nothing": when("{min_user_reports: 0}"),
    "unknown field of author": when("{author: {prior_violations: 2}}"),
    "known what": when("{known: all}"),
    "unknown modality": when("{modalities: [sound]}"),
    "unknown list": when("{list: spamwords}", "lists: {spam-words: {kind: exact, entries: [a]}}\n"),
    "no lists at all": when("{list: spam}"),
    "not a score": when("{not: {category: hate, at: recall}}"),
    "not a list": when("{not: {list: b}}", "lists: {b: {kind: exact, entries: [a]}}\n"),
    "not known content": when("{not: {any: [{kind: post}, {bank: b}]}}"),
    "not reports": when("{not: {min_user_reports: 3}}"),
    "not violations": when("{not: {author: {min_prior_violations: 3}}}"),
    "not not": when("{not: {not: {kind: post}}}"),
    "nested too deeply": when("{all: [" * 12 + "{kind: a}" + "]}" * 12),
    "all of nothing": when("{all: []}"),
    "exempt a score": exempt("{category: hate, at: recall}"),
    "exempt by reports": exempt("{min_user_reports: 3}"),
    "exempt what": exempt("{kind: post}").replace("[hate]", "[hatred]"),
    "exempt and remove": exempt("{kind: post}") + "    action: remove\n",
    "only exemptions": "name: a\nrules:\n  - {id: e, exempt: all, when: {kind: post}}\n",
    "unknown kind of list": lists("{kind: fuzy, entries: [abcd]}"),
    "list without entries": lists("{kind: exact}"),
    "illegal name of a list": "name: a\nlists: {Bad Words: {kind: exact, entries: [a]}}\n" + RULE,
    "pattern that is none": lists("{kind: regex, entries: ['ok', '(']}"),
    "pattern of everything": lists("{kind: regex, entries: ['a*']}"),
    "pattern with a back-reference": lists("{kind: regex, entries: ['(a)\\1']}"),
    "pattern too large": lists("{kind: regex, entries: ['(([a-z]{1,9}){1,30}x){1,30}']}"),
    "pattern of too many instructions": lists("{kind: regex, entries: ['\\pL{60}']}"),
    "patterns too large together": (
        "name: a\nlists:\n"
        + "".join(f"  {name}: {{kind: regex, entries: ['\\pL{{2}}{name}']}}\n" for name in "bc")
        + RULE
    ),
    "too many fuzzy entries together": (
        "name: a\nlists:\n"
        + "".join(f"  {name}: {{kind: fuzzy, entries: {[f'{name}word{i}' for i in range(150)]}}}\n" for name in "bc")
        + RULE
    ),
    "entry with an address": lists("{kind: exact, entries: ['see https://example.com']}"),
    "fuzzy entry too short": lists("{kind: fuzzy, entries: [abc]}"),
    "similarity too low": lists("{kind: fuzzy, min_similarity: 0.2, entries: [abcd]}"),
    "whole fuzzy": lists("{kind: fuzzy, whole: true, entries: [abcd]}"),
    "file elsewhere": lists("{kind: exact, file: ../secrets.txt}"),
    "file missing": lists("{kind: exact, file: words.txt}"),
    "anchors": "name: &a a\nrules: [*a]\n",
    "far too deep": "[" * 5000,
    "key that is no word": "name: a\n[1, 2]: b\n" + RULE,
}


def message(text: str) -> str:
    with pytest.raises(PolicyError) as refused:
        parse_policy(text, "policy.yaml")
    return str(refused.value)


def test_every_mistake_is_explained_with_file_line_and_what_is_legal() -> None:
    assert "".join(f"{name}\n    {message(text)}\n" for name, text in BROKEN.items()) == GOLDEN.read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\nrules: [a, b\nsecretword: c", "3: not YAML: expected ',' or ']'"),
        ('name: "\\secretword"', "1: not YAML: found unknown escape character 's'"),
        ("name: a\nx: !secretword!y z", "2: not YAML: found undefined tag handle something"),
        ("name: a\nb: \x01", "2: not YAML: special characters are not allowed"),
    ],
)
def test_a_fault_in_the_yaml_says_what_and_where_and_repeats_no_words(text: str, said: str) -> None:
    found = message(text)
    assert found.startswith(f"policy.yaml:{said}")
    assert "secret" not in found


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="there is no such policy file"):
        load_policy(tmp_path / "nowhere.yaml")


def rule(text: str) -> Rule:
    return parse_policy(text, "p").rules[0]


def test_a_rule_is_read_as_written() -> None:
    found = rule("name: a\n" + RULE + "    review: true\n")
    assert found == Rule(
        id="hate.0.5",
        code="hate.0.5",
        category=Category.HATE,
        condition=ScoreCondition(Category.HATE, 0.5),
        action=Action.LABEL,
        review=True,
        message="m",
        line=3,
    )


def test_an_operating_point_stays_a_name() -> None:
    assert rule("name: a\n" + RULE.replace("0.5", "recall")).condition == ScoreCondition(
        Category.HATE, OperatingPoint.RECALL
    )


@pytest.mark.parametrize(("severity", "point"), [(2, "recall"), (4, "balanced"), (6, "precision")])
def test_a_severity_is_an_operating_point(severity: int, point: str) -> None:
    found = rule("name: a\n" + RULE.replace("at: 0.5", f"severity: {severity}"))
    assert found.condition == ScoreCondition(Category.HATE, OperatingPoint(point))
    assert found.id == f"hate.severity-{severity}"


def test_hold_always_asks_for_a_review() -> None:
    assert rule("name: a\n" + RULE.replace("label", "hold")).review


def test_the_score_of_a_rule_and_its_when_hold_together() -> None:
    found = rule(when("{kind: [post, listing], not: {author: {is_verified: true}}}"))
    assert found.condition == AllOf(
        (
            ScoreCondition(Category.HATE, 0.5),
            AllOf((OneOf("kind", ("post", "listing")), Not(AuthorIsVerified(True)))),
        )
    )


def test_the_language_no_is_a_language() -> None:
    assert rule(when("{locale: no}")).condition == AllOf((ScoreCondition(Category.HATE, 0.5), LocaleIs(("no",))))


def test_a_rule_by_a_list_may_name_a_harm_that_nobody_scores() -> None:
    text = "name: a\nlists: {b: {kind: exact, entries: [x]}}\nrules:\n"
    found = rule(text + "  - {id: r, category: sexual/minors, when: {list: b}, action: hold, message: m}\n")
    assert (found.category, found.condition) == (Category.SEXUAL_MINORS, ListCondition("b"))


def test_an_exemption_may_rest_on_few_reports() -> None:
    (found,) = parse_policy(exempt("{not: {min_user_reports: 3}}"), "p").exemptions
    assert (found.condition, found.categories) == (Not(AtLeast("min_user_reports", 3)), {Category.HATE})


def test_any_change_of_the_text_changes_the_version() -> None:
    text = "name: a\n" + RULE
    assert parse_policy(text, "p").version != parse_policy(text + "# why\n", "p").version


def with_file(folder: Path, words: str) -> PolicyDocument:
    (folder / "policy.yaml").write_text(lists("{kind: exact, entries: [one], file: words.txt}"))
    (folder / "words.txt").write_text(words)
    return load_policy(folder / "policy.yaml")


def test_a_list_reads_the_file_beside_the_policy(tmp_path: Path) -> None:
    found = with_file(tmp_path, "# ours\nTwo words\n\n  three \n")
    assert found.lists["b"].entries == ("one", "two words", "three")


def test_the_text_of_a_policy_is_whole_without_its_files(tmp_path: Path) -> None:
    found = with_file(tmp_path, "two: [words]\n--- # 'quoted' \"twice\"\nñandú 🍑\n")
    again = parse_policy(found.text, "elsewhere")
    assert (again.version, again.lists["b"].entries) == (found.version, found.lists["b"].entries)


def test_any_change_of_a_list_file_changes_the_version(tmp_path: Path) -> None:
    assert with_file(tmp_path, "two").version != with_file(tmp_path, "three").version


def test_a_mistake_in_a_list_file_is_shown_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"^words\.txt:2: addresses"):
        with_file(tmp_path, "two\nhttps://example.com\n")


def test_a_list_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(lists("{kind: exact, file: words.txt}"))
    with pytest.raises(PolicyError, match=r"words\.txt: cannot be read"):
        load_policy(tmp_path / "policy.yaml")


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_policy_or_refused_with_its_place(text: str) -> None:
    for candidate in (text, "name: a\nrules:\n" + text, when(text.replace("\n", " "))):
        assert re.match(r"legal|p:\d+: ", outcome(candidate))


def outcome(text: str) -> str:
    try:
        parse_policy(text, "p")
    except PolicyError as error:
        return str(error)
    return "legal"


def test_the_shipped_policy_has_a_rule_for_every_category_that_can_be_scored() -> None:
    assert {rule.category for rule in load_policy(DEFAULT).rules} == set(Category) - {Category.SEXUAL_MINORS}


def test_the_shipped_policy_never_removes_what_a_person_in_distress_says() -> None:
    distress = {Category.SELF_HARM, Category.SELF_HARM_INTENT}
    rules = [rule for rule in load_policy(DEFAULT).rules if rule.category in distress]
    assert {rule.action for rule in rules} == {Action.LABEL}
    assert all(rule.review for rule in rules)
