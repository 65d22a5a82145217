"""`weir monitor suggest` without decisions to suggest: what it says must not pass for "there is nothing to do"."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitoring.home import Home
from monitoring.state.opening import open_state, writing
from monitoring.state.runs import Run, RunStatus, keep_run
from scripts.commands.monitor import app

AT_US = 1_767_225_600_000_000
CLEAR, UNDETERMINED = 0, 4


def look(home: Home, status: RunStatus) -> None:
    """Keep a look with this status."""
    engine = open_state(home.make())
    run = Run(status=status, at_us=AT_US, started_us=AT_US, ended_us=AT_US, is_catch_up=False)
    with writing(engine) as connection:
        keep_run(connection, run, ())
    engine.dispose()


def suggest(path: Path) -> tuple[int, list[str]]:
    done = CliRunner().invoke(app, ["suggest", "--json", "--home", str(path)])
    return done.exit_code, json.loads(done.stdout)["notes"]


def test_a_monitor_that_never_looked_knows_of_no_change(tmp_path: Path) -> None:
    code, notes = suggest(tmp_path)
    assert code == UNDETERMINED
    assert "weir monitor run" in notes[0]


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.UNDETERMINED])
def test_nor_does_one_whose_last_look_said_nothing(tmp_path: Path, status: RunStatus) -> None:
    look(Home(tmp_path), status)
    assert suggest(tmp_path)[0] == UNDETERMINED


def test_a_clear_look_asks_for_no_labels(tmp_path: Path) -> None:
    look(Home(tmp_path), RunStatus.CLEAR)
    code, notes = suggest(tmp_path)
    assert code == CLEAR
    assert "no open alarm" in notes[0]
