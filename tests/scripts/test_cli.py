"""The command line explains itself, and a missing requirement is one line that says what to install."""

import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from scripts import cli

COMMANDS = ("serve", "moderate", "data", "train", "evaluate", "export", "bench", "bento")


def test_help_lists_every_command() -> None:
    shown = CliRunner().invoke(cli.app, ["--help"])
    assert shown.exit_code == 0
    assert all(command in shown.output for command in COMMANDS)


def test_help_speaks_of_pictures() -> None:
    assert "text and pictures" in " ".join(CliRunner().invoke(cli.app, ["--help"]).output.split())


def test_the_version_is_that_of_the_package() -> None:
    shown = CliRunner().invoke(cli.app, ["--version"])
    assert (shown.exit_code, shown.output) == (0, f"weir {version('weir')}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    shown = CliRunner().invoke(cli.app, [command, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_a_missing_requirement_names_the_file_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr(cli, "app", lambda: __import__("pyarrow"))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "locks/train.txt" in capsys.readouterr().err


def test_a_missing_module_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "app", lambda: __import__("models.no_such_module"))
    with pytest.raises(ModuleNotFoundError):
        cli.main()
