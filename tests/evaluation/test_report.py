import json
from pathlib import Path

import pytest

from models.evaluation.report import render_markdown, write_report
from models.evaluation.results import EvaluationResult
from models.evaluation.suite import evaluate

GOLDEN = Path(__file__).parent / "golden"


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def golden_result() -> EvaluationResult:
    return EvaluationResult.model_validate_json((GOLDEN / "report.json").read_text(encoding="utf-8"))


def test_the_report_of_a_fixed_result_reads_as_agreed(golden_result) -> None:
    rendered = render_markdown(golden_result, {"pr-curves.png": "Precision against recall."})
    assert rendered == (GOLDEN / "report.md").read_text(encoding="utf-8")


def test_the_tiny_world_still_gives_the_agreed_numbers(scorer, question, golden_result) -> None:
    found = leaves(json.loads(evaluate(scorer, question, silent).result.model_dump_json()))
    agreed = leaves(json.loads(golden_result.model_dump_json()))
    assert found.keys() == agreed.keys()
    assert all(one == pytest.approx(agreed[key], abs=1e-5) for key, one in found.items())


def test_the_folder_holds_text_numbers_and_figures(scorer, question, tmp_path: Path) -> None:
    evaluation = evaluate(scorer, question, silent)
    path = write_report(evaluation, tmp_path / "report")
    kept = EvaluationResult.model_validate_json((path.parent / "report.json").read_text(encoding="utf-8"))
    assert kept == evaluation.result
    shown = [name for name in ("pr-curves.png", "reliability.png") if f"(figures/{name})" in path.read_text()]
    assert all((path.parent / "figures" / name).is_file() for name in shown)
    assert len(shown) == 2


def test_every_line_of_a_table_has_as_many_cells_as_its_head(golden_result) -> None:
    for block in render_markdown(golden_result, {}).split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


def leaves(value: object, path: str = "") -> dict[str, object]:
    """Every number and string by its place. Nested values cannot be compared with a tolerance; leaves can."""
    if isinstance(value, dict):
        return {k: v for key, one in value.items() for k, v in leaves(one, f"{path}/{key}").items()}
    if isinstance(value, list):
        return {k: v for i, one in enumerate(value) for k, v in leaves(one, f"{path}/{i}").items()}
    return {path: value}
