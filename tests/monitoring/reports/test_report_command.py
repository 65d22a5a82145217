"""`weir monitor report` and `weir monitor ui` at the command line."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.commands.monitor import app


@pytest.fixture
def monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEIR_MONITOR_HOME", str(tmp_path / "home"))

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def test_a_period_without_decisions_gives_a_report_that_is_no_all_clear(
    monitor: Callable[..., Result], make_store: Callable[..., str], tmp_path: Path
) -> None:
    result = monitor(
        "report", "--source", make_store(20), "--to", "2030-01-01", "--out", str(tmp_path / "out"), "--json"
    )
    assert result.exit_code == 4
    said = json.loads(result.stdout)
    assert said["status"] == "undetermined"
    assert said["reasons"]
    assert "Nothing can be said" in Path(said["html"]).read_text(encoding="utf-8")


def test_one_decision_is_no_all_clear(monitor: Callable[..., Result], make_store: Callable[..., str]) -> None:
    result = monitor("report", "--source", make_store(1), "--to", "2026-01-02")
    assert result.exit_code == 4


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--source", "sqlite:///nowhere.db"), "nowhere.db"),
        (("--source", "broken.parquet"), "broken.parquet"),
        (("--from", "2026-01-03", "--to", "2026-01-02"), "--from"),
        (("--from", "yesterday"), "--from"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    monitor: Callable[..., Result], tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    result = monitor("report", *arguments)
    assert result.exit_code == 2
    assert word in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_cannot_be_written_is_named(
    monitor: Callable[..., Result], make_store: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = monitor("report", "--source", make_store(5), "--to", "2026-01-02", "--out", "file/below")
    assert result.exit_code == 2
    assert "--out" in result.stderr


def test_a_port_that_is_taken_is_said_before_anything_is_loaded(monitor: Callable[..., Result]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = monitor("ui", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "--port" in result.stderr
