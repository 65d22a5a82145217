from pathlib import Path

import typer
from typer.testing import CliRunner

from scripts.commands.export import export

APP = typer.Typer()
APP.command()(export)


def test_a_run_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "train first" in result.output
    assert "Traceback" not in result.output


def test_a_dataset_that_is_not_there_is_one_clear_line(checkpoint: Path, tmp_path: Path) -> None:
    arguments = ["--run", str(checkpoint.parent), "--out", str(tmp_path / "out"), "--data", str(tmp_path / "none")]
    result = CliRunner().invoke(APP, arguments)
    assert result.exit_code == 2
    assert "weir data build" in result.output
    assert not (tmp_path / "out").exists()
