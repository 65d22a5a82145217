from pathlib import Path

import pytest

from monitoring.alarms.loading import load_rules, parse_rules
from monitoring.alarms.rules import DriftRule, Severity
from monitoring.drift.verdicts import Subject
from monitoring.errors import RulesError
from monitoring.windows.columns import BY_NAME, Group

HEAD = "version: 1\nrules:\n"


def test_the_shipped_rules_listen_to_every_group_and_every_subject_that_is_tested() -> None:
    rules = [rule for rule in load_rules().rules if isinstance(rule, DriftRule) and rule.slices == "all"]
    assert {group for rule in rules for group in rule.groups} == set(Group)
    assert {subject for rule in rules for subject in rule.subjects} >= set(Subject) - {Subject.QUALITY}


def test_the_shipped_rules_page_for_failures_and_silence_alone() -> None:
    assert {rule.name for rule in load_rules().rules if rule.severity is Severity.PAGE} == {"failures", "silence"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "line 1: not YAML"),
        ("- 1", "a mapping with `version: 1` and `rules:` is expected"),
        ("version: 2\nrules: []", "version"),
        (HEAD + "- {name: x, kind: drift, severity: page, groups: [txt]}", "rule 'x', groups.0"),
        (HEAD + "- {name: x, kind: drift, severity: page, columns: [n_words]}", "no column is called 'n_words'"),
        (HEAD + "- {name: x, kind: drift, severity: page, close_below: 2}", "close_below is at most raise_from"),
        (HEAD + "- {name: x, kind: drift, severity: page, subjects: [volume], groups: [text]}", "a second rule"),
        (HEAD + "- {name: x, kind: metric, severity: page, metric: prevalence}", "either above or below"),
        (HEAD + "- {name: x, kind: metric, severity: page, metric: prevalance, above: 1}", "no metric is called"),
        (HEAD + "- {name: x, kind: guess, severity: page}", "does not match any of the expected tags"),
        (HEAD + "- {name: x, kind: silence, severity: page, horizon_h: .nan}", "not finite"),
        (HEAD + "- {name: x, kind: metric, severity: page, metric: prevalence, above: -3}", "between 0 and 1"),
        (HEAD + "- {2026-01-01: x}", "names of settings are words"),
        ("&a\nversion: 1\nrules: *a", "a part that holds itself"),
        ("a: " + "[" * 3_000, "nested too deeply"),
        (HEAD + "- &a {name: x, kind: silence, severity: page}\n- *a", "two rules are called 'x'"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(RulesError, match=r"^rules") as caught:
        parse_rules(text)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"nothing.yaml cannot be read: No such file"):
        load_rules(tmp_path / "nothing.yaml")


def test_column_patterns_choose_columns() -> None:
    text = HEAD + "- {name: x, kind: drift, severity: page, columns: ['score:h*']}"
    (rule,) = parse_rules(text).rules
    assert isinstance(rule, DriftRule)
    chosen = {name for name in BY_NAME if rule._covers_column(name)}
    assert "score:hate" in chosen
    assert all(name.startswith("score:h") for name in chosen)


def test_a_rule_that_is_none_is_told_once() -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(HEAD + "- {name: x, kind: drift, severity: page, colour: red}")
    assert str(caught.value).splitlines() == ["rules: rule 'x', colour: Extra inputs are not permitted"]
