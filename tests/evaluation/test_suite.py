from dataclasses import replace

import numpy as np
import pytest

from models.contracts import (
    CATEGORIES,
    CalibrationTable,
    Category,
    OperatingPoint,
    PlattCalibration,
    ThresholdTable,
)
from models.evaluation.arrays import Rows, sample, select
from models.evaluation.results import EvaluationResult
from models.evaluation.suite import evaluate

HATE, SPAM = CATEGORIES.index(Category.HATE), CATEGORIES.index(Category.SPAM)


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def by_category(result: EvaluationResult) -> dict[Category, object]:
    return {category.category: category for category in result.categories}


def test_a_run_is_calibrated_on_the_calibration_split(scorer, question) -> None:
    result = evaluate(scorer, question, silent).result
    assert set(scorer.asked) >= set(question.rows["calibration"].texts)
    hate = by_category(result)[Category.HATE].calibration
    assert hate.ece_after < hate.ece_before


def test_a_bundle_is_read_with_what_it_ships(scorer, question) -> None:
    shipped = {label: PlattCalibration(method="platt", scale=2.0, shift=0.5) for label in scorer.labels}
    points = {OperatingPoint.RECALL: 0.2, OperatingPoint.BALANCED: 0.4, OperatingPoint.PRECISION: 0.6}
    bundle = replace(
        scorer,
        calibration=CalibrationTable(categories=shipped),
        thresholds=ThresholdTable(categories=dict.fromkeys(scorer.labels, points)),
    )
    evaluation = evaluate(bundle, question, silent)
    logit = float(question.rows["test"].texts[0].split()[0])
    assert evaluation.systems["reader"][0, HATE] == pytest.approx(1 / (1 + np.exp(-2.0 * logit - 0.5)), abs=1e-6)
    hate = by_category(evaluation.result)[Category.HATE]
    assert {point: found.threshold for point, found in hate.points.items()} == points


def test_a_bundle_does_not_need_the_calibration_split(scorer, question) -> None:
    shipped = {label: PlattCalibration(method="temperature", scale=1.0) for label in scorer.labels}
    bundle = replace(
        scorer,
        calibration=CalibrationTable(categories=shipped),
        thresholds=ThresholdTable(categories={c: dict.fromkeys(OperatingPoint, 0.5) for c in scorer.labels}),
    )
    evaluate(bundle, question, silent)
    assert not set(bundle.asked) & set(question.rows["calibration"].texts)


def test_a_label_without_a_head_and_a_head_without_labels_stay_out(scorer, question) -> None:
    assert list(by_category(evaluate(scorer, question, silent).result)) == [Category.HATE, Category.SPAM]


def test_baselines_stand_beside_the_model_on_the_same_rows(scorer, question, tmp_path) -> None:
    for name, rows in question.rows.items():
        probs = np.full((len(rows.digests), len(CATEGORIES)), 0.5)
        np.savez(tmp_path / f"coin-{name}.npz", digests=np.array(rows.digests), probs=probs)
    result = evaluate(scorer, replace(question, baselines=tmp_path), silent).result
    assert result.comparison is not None
    assert result.comparison.systems["coin"].roc_auc.value == 0.5
    assert result.comparison.lead["coin"].low > 0.0
    assert {task.system for task in result.tasks} == {"reader", "coin"}


def test_without_baselines_there_is_no_comparison(scorer, question) -> None:
    assert evaluate(scorer, question, silent).result.comparison is None


def test_tasks_are_answered_by_categories_and_auxiliary_outputs(scorer, question) -> None:
    result = evaluate(scorer, question, silent).result
    assert {(task.source, task.output) for task in result.tasks} == {("edos", "aux/sexism"), ("edos", "hate")}


def test_tasks_without_rows_are_named(scorer, question) -> None:
    skipped = evaluate(scorer, question, silent).result.skipped
    assert any("davidson" in reason for reason in skipped.values())


def test_no_threshold_is_judged_on_the_rows_it_was_chosen_on(scorer, question) -> None:
    assert evaluate(scorer, replace(question, split="validation"), silent).result.tasks == ()


def test_a_second_evaluation_asks_the_model_nothing_and_finds_the_same(scorer, question) -> None:
    first = evaluate(scorer, question, silent).result
    scorer.asked.clear()
    assert evaluate(scorer, question, silent).result == first
    assert scorer.asked == []


def test_the_result_survives_json(scorer, question) -> None:
    result = evaluate(scorer, question, silent).result
    assert EvaluationResult.model_validate_json(result.model_dump_json()) == result


def test_the_result_holds_no_text(scorer, question) -> None:
    told = evaluate(scorer, question, silent).result.model_dump_json()
    assert not any(text in told for rows in question.rows.values() for text in rows.texts)


def test_a_sample_is_the_same_whatever_the_order_of_rows(rows) -> None:
    test: Rows = rows["test"]
    backwards = select(test, np.arange(len(test.digests))[::-1])
    assert sorted(sample(test, 17).digests) == sorted(sample(backwards, 17).digests)


def test_a_sample_of_more_rows_than_there_are_is_all_of_them(rows) -> None:
    assert sample(rows["test"], 10_000).digests == rows["test"].digests
