"""`weir policy check` and `weir policy diff`, with the shipped bundles' thresholds."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.commands.policy import app
from service.records.schema import open_database
from service.settings import ROOT, load_settings

DEFAULT = str(ROOT / "service" / "policies" / "default.yaml")
RULE = "rules:\n  - category: hate\n    at: precision\n    action: label\n    message: m\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(arguments))


def written(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def test_a_policy_is_printed_with_the_numbers_of_the_bundles() -> None:
    result = run("check", written("a.yaml", "name: mine\n" + RULE))
    assert result.exit_code == 0
    assert "hate >= precision (0." in result.stdout
    assert "no warnings" in result.stdout


def test_a_mistake_is_one_line_with_file_and_line_and_exit_code_2() -> None:
    result = run("check", written("a.yaml", "name: mine\n" + RULE.replace("hate", "hatred")))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("weir policy: a.yaml:3: category is not one of")
    assert result.stderr.endswith("did you mean hate?\n")


def test_a_file_that_is_not_there_is_said_to_be_missing() -> None:
    result = run("check", "absent.yaml")
    assert (result.exit_code, result.stderr) == (2, "weir policy: absent.yaml: there is no such policy file\n")


def test_a_bank_that_the_database_does_not_have_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = "  - {id: known, category: spam, when: {bank: fraud}, action: hold, message: m}\n"
    policy = written("a.yaml", "name: mine\n" + RULE + rule)
    monkeypatch.setenv("WEIR_DATABASE_URL", "sqlite:///weir.db")
    load_settings.cache_clear()
    assert "hint" not in run("check", policy, "--strict").stdout
    assert not Path("weir.db").exists()
    open_database("sqlite:///weir.db").dispose()
    load_settings.cache_clear()
    result = run("check", policy, "--strict")
    assert result.exit_code == 0
    assert "a.yaml:7: hint: known rests on bank fraud, which is not in the database" in result.stdout
    load_settings.cache_clear()


def test_warnings_are_a_failure_only_where_they_are_asked_to_be() -> None:
    policy = written("a.yaml", "name: mine\n" + RULE + RULE.removeprefix("rules:\n") + "    id: twin\n")
    assert run("check", policy).exit_code == 0
    result = run("check", policy, "--strict")
    assert result.exit_code == 1
    assert "a.yaml:7: twin never decides" in result.stdout


def test_several_policies_are_checked_as_json() -> None:
    found = json.loads(run("check", DEFAULT, written("a.yaml", "name: mine\n" + RULE), "--json").stdout)
    assert [entry["name"] for entry in found] == ["default", "mine"]
    assert found[1]["rules"][0]["thresholds"].keys() == {"hate in text-minilm"}


def test_a_folder_without_bundles_is_one_line() -> None:
    result = run("check", DEFAULT, "--bundles", ".")
    assert (result.exit_code, "WEIR_BUNDLES" in result.stderr) == (2, True)


def test_a_difference_is_told_in_numbers() -> None:
    before = written("a.yaml", "name: mine\n" + RULE + "    id: r\n")
    after = written("b.yaml", "name: mine\n" + RULE.replace("precision", "0.5") + "    id: r\n")
    result = run("diff", before, after)
    assert "changed rule r" in result.stdout
    assert "when: hate >= precision -> hate >= 0.5" in result.stdout
    (change,) = json.loads(run("diff", before, after, "--json").stdout)["changes"]
    assert (change["change"], change["fields"]) == ("changed", ["when", "thresholds"])


def test_a_policy_and_itself_do_not_differ() -> None:
    assert "no rule, exemption or list differs" in run("diff", DEFAULT, DEFAULT).stdout
