"""`weir evaluate --suite` on a tiny bundle."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from models.contracts import Category
from models.data.examples import Split
from scripts.commands.evaluate import evaluate

app = typer.Typer()
app.command()(evaluate)


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def data(make_model) -> Path:
    rows = [
        (Split.TEST, "edos", f"{'vile' if i % 2 else 'plain'} {i}", {Category.HATE: i % 2, Category.TOXICITY: i % 2})
        for i in range(80)
    ]
    return make_model(rows).data


def test_findings_are_printed_and_the_report_is_named(bundle, data, tmp_path) -> None:
    out = tmp_path / "out"
    code, said, _ = run("--bundle", bundle, "--data", data, "--out", out, "--suite", "held-out", "--suite", "severity")
    assert code == 0
    assert "macro PR-AUC" in said
    assert "skipped suite severity" in said
    assert (out / "REPORT.md").is_file()


def test_the_numbers_can_be_read_by_a_program(bundle, data, tmp_path) -> None:
    _, said, _ = run("--bundle", bundle, "--data", data, "--out", tmp_path / "o", "--suite", "held-out", "--json")
    assert json.loads(said)["suites"][0]["suite"] == "held-out"


def test_another_bundle_is_compared_with_on_the_same_rows(bundle, data, tmp_path) -> None:
    arguments = ("--bundle", bundle, "--data", data, "--out", tmp_path / "o", "--suite", "held-out", "--json")
    _, said, _ = run(*arguments, "--against", bundle)
    names = [finding["name"] for finding in json.loads(said)["suites"][0]["findings"]]
    assert "macro PR-AUC above tiny 1.0.0" in names


def test_a_page_for_the_card_is_written_on_request(bundle, data, tmp_path) -> None:
    page = tmp_path / "docs" / "card.md"
    code, _, _ = run("--bundle", bundle, "--data", data, "--out", tmp_path / "o", "--suite", "held-out", "--card", page)
    assert code == 0
    assert page.is_file()


def test_a_suite_that_is_none_is_one_clear_line(bundle, data) -> None:
    code, _, said = run("--bundle", bundle, "--data", data, "--suite", "helpful")
    assert (code, said.count("\n")) == (2, 1)
    assert "held-out" in said


def test_suites_ask_for_a_bundle(data) -> None:
    code, _, said = run("--run", data, "--data", data, "--suite", "all")
    assert (code, said) == (2, "Suites measure a bundle: give --bundle <folder>.\n")


def test_a_comparison_without_a_suite_is_refused(bundle, data) -> None:
    code, _, said = run("--bundle", bundle, "--data", data, "--against", bundle)
    assert code == 2
    assert "--suite" in said
