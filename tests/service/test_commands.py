"""The commands around the service: `weir moderate` and `weir serve`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from models.contracts import Action, Decision, FailureCode, ItemFailure
from scripts.commands.moderate import moderate
from scripts.commands.serve import serve
from service.preview import preview
from service.settings import Settings, load_settings
from tests.service.hashing import HashingScorer, loaded_model
from tests.service.manifests import text_manifest

app = typer.Typer()
app.command("moderate")(moderate)
app.command("serve")(serve)
runner = CliRunner()


@pytest.fixture(autouse=True)
def fresh_settings() -> None:
    load_settings.cache_clear()


def test_a_preview_is_the_decision_that_the_service_would_make() -> None:
    decision = preview("You idiot", (), Settings(), loaded_model)
    assert isinstance(decision, Decision)
    assert decision.action is Action.REMOVE
    probs = [score.prob for score in decision.scores if score.prob is not None]
    assert probs == HashingScorer().score("You idiot")


def test_a_preview_reads_a_long_text_to_its_end() -> None:
    decision = preview("lovely " * 100 + "idiot", (), Settings(), loaded_model)
    assert isinstance(decision, Decision)
    assert [score.prob for score in decision.scores if score.prob is not None] == HashingScorer().score(
        "lovely " * 100 + "idiot"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", FailureCode.EMPTY_CONTENT),
        ("\u200b", FailureCode.EMPTY_CONTENT),
        ("a" * 100_001, FailureCode.TEXT_TOO_LONG),
        ("\ud800", FailureCode.INVALID_TEXT),
        ("notanumber", FailureCode.UNSCORABLE),
    ],
)
def test_a_preview_fails_as_the_service_would(text: str, code: FailureCode) -> None:
    failure = preview(text, (), Settings(), loaded_model)
    assert isinstance(failure, ItemFailure)
    assert failure.code is code


@pytest.mark.parametrize("command", [["moderate", "hi"], ["serve"]])
def test_a_missing_bundle_is_one_clear_line(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_BUNDLES", str(tmp_path))
    result = runner.invoke(app, command)
    assert result.exit_code == 2
    assert "set WEIR_BUNDLES" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [["moderate", "hi"], ["serve"]])
def test_an_illegal_setting_is_one_clear_line(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_MAX_ITEMS", "many")
    result = runner.invoke(app, command)
    assert result.exit_code == 2
    assert "WEIR_MAX_ITEMS" in result.stderr


def test_workers_are_a_number_or_the_count_of_cores() -> None:
    result = runner.invoke(app, ["serve", "--workers", "none"])
    assert result.exit_code == 2


def test_serve_starts_bentoml_with_one_thread_a_worker(tmp_path: Path) -> None:
    """`serve` replaces its process; an interpreter that only prints stands in for the one that would serve."""
    stand_in = tmp_path / "python"
    stand_in.write_text('#!/bin/sh\necho "$@"\nenv\n')
    stand_in.chmod(0o755)
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "manifest.json").write_text(text_manifest().model_dump_json())
    script = (
        "import sys, typer; from scripts.commands import serve as module;"
        f"module.sys.executable = {str(stand_in)!r}; typer.run(module.serve)"
    )
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PORT": "4321", "WEIR_BUNDLES": str(tmp_path), "PYTHONPATH": root}
    environment.pop("OMP_NUM_THREADS", None)
    environment.pop("WEIR_DATABASE_URL", None)
    run = subprocess.run(
        [sys.executable, "-c", script, "--workers", "3"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    command, *variables = run.stdout.splitlines()
    assert command.startswith("-m bentoml serve service.app:Weir")
    assert "--port 4321" in command
    assert "OMP_NUM_THREADS=1" in variables
    assert f"WEIR_DATABASE_URL=sqlite:///{tmp_path}/weir.db" in variables
    overrides = next(v.partition("=")[2] for v in variables if v.startswith("BENTOML_CONFIG_OVERRIDES="))
    assert json.loads(overrides) == {"services": {"weir": {"workers": 3}}}
