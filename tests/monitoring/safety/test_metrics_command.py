import json

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from tests.monitoring.safety.conftest import START_US, Town

UNTIL = ["--to", "2026-09-22T12:00", "--period", "2d"]


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["monitor", "metrics", *arguments], env={"COLUMNS": "300"})
    return result.exit_code, result.output


def test_the_command_prints_values_and_what_is_missing_once_a_reason(town: Town) -> None:
    town.decide(START_US, "hold")
    town.decide(START_US)
    town.write()
    code, said = run("--source", town.url, *UNTIL)
    assert code == 0
    assert "2 decisions" in said
    assert "50 %" in said
    assert said.count("context.user_reports") == 1


def test_json_has_safety_and_quality(town: Town) -> None:
    town.decide(START_US, "hold")
    town.write()
    code, said = run("--source", town.url, "--json", *UNTIL)
    found = json.loads(said)
    assert code == 0
    assert found["safety"]["n_decisions"] == 1
    assert found["quality"]["n_labels"] == 0


def test_nothing_measured_is_not_an_all_clear(town: Town) -> None:
    code, said = run("--source", town.url, *UNTIL)
    assert code == 4
    assert "not measured" in said


@pytest.mark.parametrize("wrong", [["--period", "soon"], ["--to", "tomorrow"], ["--source", "/nowhere.parquet"]])
def test_wrong_options_are_one_line_and_no_traceback(town: Town, wrong: list[str]) -> None:
    code, said = run("--source", town.url, *wrong)
    assert code == 2
    assert "Traceback" not in said


@pytest.mark.parametrize("scores", ["[1", "[1, 2]", '{"hate": NaN}', '{"hate": "x"}', '{"hate": 7}'])
def test_scores_that_cannot_be_read_cost_no_other_metric(town: Town, scores: str) -> None:
    for place in range(40):
        given = {"scores": scores if place % 2 else '{"hate": 0.5}', "context": '{"user_reports":', "reasons": "["}
        key = town.decide(START_US + place, "hold", **given)
        town.queue(key, sample_share=1.0)
        town.judge(key, "hold" if place % 3 else "allow")
    town.write()
    code, said = run("--source", town.url, "--json", *UNTIL)
    assert code == 0, said
    assert json.loads(said)["safety"]["n_decisions"] == 40
