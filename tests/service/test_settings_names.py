"""Names of settings: a misspelt one is told with the name that was meant, and its value never."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from service.settings import Settings
from service.settings_names import strange_names

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("WEIR_MAX_ITMES", "WEIR_MAX_ITEMS"),
        ("WEIR_RETAIN_DECISION_DAYS", "WEIR_RETAIN_DECISIONS_DAYS"),
        ("weir_max_itmes", "WEIR_MAX_ITEMS"),
    ],
)
def test_a_misspelt_setting_is_told_with_the_nearest_name(variable: str, meant: str) -> None:
    (warning,) = strange_names([variable])
    assert warning == f"{variable} is no setting and has no effect: did you mean {meant}?"


def test_a_name_near_to_none_is_told_as_well() -> None:
    (warning,) = strange_names(["WEIR_XQZ"])
    assert "`weir settings`" in warning


def test_every_setting_is_known() -> None:
    assert strange_names(f"WEIR_{name.upper()}" for name in Settings.model_fields) == []


@pytest.mark.parametrize(
    "variable",
    ["PATH", "WEIR", "WEIRD_THING", "WEIR_SERVICE_HOST", "WEIR_PORT_3000_TCP_ADDR", "WEIR_MONITOR_HOME"],
)
def test_what_others_call_their_variables_is_theirs(variable: str) -> None:
    assert strange_names([variable]) == []


def test_every_variable_that_the_repository_reads_is_known() -> None:
    """Found as the words that the code quotes, or hands to a command as the name of its variable."""
    read: set[str] = set()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "*.py"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    for name in listed.stdout.split():
        path = REPOSITORY / name
        if path.exists() and not name.startswith("tests/service"):
            text = path.read_text(encoding="utf-8")
            read |= set(re.findall(r"(?:envvar=|environ\.get\(|environ\[|getenv\()[\"'](WEIR_[A-Z_]+)[\"']", text))
    assert strange_names(read) == []


def test_a_command_warns_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_MAX_ITMES", "canaryvalue")
    shown = CliRunner().invoke(app, ["settings", "cache"])
    assert shown.exit_code == 0
    assert "WEIR_MAX_ITMES is no setting" in shown.stderr
    assert "canaryvalue" not in shown.output
