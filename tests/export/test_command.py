from pathlib import Path

import typer
from typer.testing import CliRunner

from models.training.config import PassagesConfig, TrainingConfig, config_toml
from scripts.commands.export import _previous_tokens, export

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


def test_how_much_of_a_previous_turn_is_read_is_as_the_run_was_trained(tmp_path: Path) -> None:
    assert _previous_tokens(tmp_path) is None
    for share, tokens in ((0.5, 24), (0.0, 0)):
        passages = PassagesConfig(previous_share=share, previous_tokens=24)
        written = config_toml(TrainingConfig(name="turns", passages=passages))
        (tmp_path / "config.toml").write_text(written)
        assert _previous_tokens(tmp_path) == tokens
