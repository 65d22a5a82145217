from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.training.config import TrainingConfig, config_toml
from scripts.commands.train import app

runner = CliRunner()


@pytest.fixture
def config(tiny_config: TrainingConfig, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(config_toml(tiny_config), encoding="utf-8")
    return path


def test_help_names_the_commands_and_what_comes_first() -> None:
    answer = runner.invoke(app, ["--help"]).output
    assert all(word in answer for word in ("text", "baselines", "embeddings", "weir data build"))


def test_training_from_the_command_line_leaves_a_checkpoint(config: Path, data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    answer = runner.invoke(app, ["text", "--config", str(config), "--data", str(data_dir), "--out", str(out)])
    assert answer.exit_code == 0, answer.output
    assert "macro PR-AUC" in answer.output
    assert (out / "best" / "model.safetensors").is_file()


def test_a_limit_is_saved_with_the_run(config: Path, data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ["text", "--config", str(config), "--data", str(data_dir), "--out", str(out), "--limit", "200"]
    assert runner.invoke(app, arguments).exit_code == 0
    assert "limit = 200" in (out / "config.toml").read_text()


def test_a_missing_dataset_is_one_line_and_exit_code_2(config: Path, tmp_path: Path) -> None:
    arguments = ["text", "--config", str(config), "--data", str(tmp_path / "none"), "--out", str(tmp_path / "run")]
    answer = runner.invoke(app, arguments)
    assert answer.exit_code == 2
    assert "weir data build" in answer.output
    assert "Traceback" not in answer.output


def test_a_missing_config_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    answer = runner.invoke(app, ["text", "--config", str(tmp_path / "none.toml")])
    assert answer.exit_code == 2
    assert "no such file" in answer.output


def test_mining_looks_at_the_sources_it_is_given(data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "hard.txt"
    arguments = ["mine", "--data", str(data_dir), "--source", "mail", "--point", "recall", "--out", str(out)]
    answer = runner.invoke(app, arguments)
    assert answer.exit_code == 0, answer.output
    assert "0 of 240 rows are hard" in answer.output
    assert not out.read_text(encoding="utf-8")


def test_mining_a_source_that_is_not_there_is_one_line_and_exit_code_2(data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "hard.txt"
    answer = runner.invoke(app, ["mine", "--data", str(data_dir), "--source", "nowhere", "--out", str(out)])
    assert answer.exit_code == 2
    assert "no training row is of nowhere" in answer.output
    assert not out.exists()
