import numpy as np
import pytest

from models.contracts import Category
from models.data.examples import Split
from models.data.labels import Auxiliary
from models.evaluation.suites.official import run, three_classes
from models.evaluation.suites.rows import SuiteSkippedError, load_rows
from models.evaluation.three_way import HATE, NORMAL, OFFENSIVE


def edos(split, n=60):
    return [
        (split, "edos", f"{'vile' if i % 3 == 0 else 'plain'} {split} {i}", {Auxiliary.SEXISM: int(i % 3 == 0)})
        for i in range(n)
    ]


def hatexplain(split, n=60):
    kinds = (
        ("vile", {Category.HATE: 1}),
        ("rude", {Category.HARASSMENT: 1, Category.HATE: 0}),
        ("plain", {Category.TOXICITY: 0, Category.HARASSMENT: 0, Category.HATE: 0}),
    )
    return [(split, "hatexplain", f"{kinds[i % 3][0]} {split} {i}", kinds[i % 3][1]) for i in range(n)]


def both(make):
    return [*make(Split.VALIDATION), *make(Split.TEST)]


def test_a_task_is_judged_by_its_own_metric_and_target(make_model, tmp_path, progress) -> None:
    report = run(make_model(both(edos)), tmp_path, progress)
    found = {finding.name: finding for finding in report.findings}
    one = found["EDOS task A: sexist or not: macro f1 of aux/sexism"]
    assert (one.value, one.target, one.is_met) == (1.0, 0.83, True)
    assert found["EDOS task A: sexist or not: macro f1 of hate"].target is None


def test_tasks_without_rows_are_named_with_the_reason(make_model, tmp_path, progress) -> None:
    report = run(make_model(both(edos)), tmp_path, progress)
    assert "no rows of davidson" in report.skipped["Davidson: hate speech or not"]
    assert "no validation examples" in report.skipped["HateXplain: three classes"]


def test_three_classes_are_told_apart_by_two_outputs(make_model, tmp_path, progress) -> None:
    report = run(make_model(both(hatexplain)), tmp_path, progress)
    one = next(f for f in report.findings if f.name.startswith("HateXplain: three classes"))
    assert one.name.endswith("of hate and toxicity")
    assert one.value == pytest.approx(1.0)


def test_the_sets_own_labels_go_before_the_categories(make_model) -> None:
    marks = {Auxiliary.HATEXPLAIN_HATE: 0, Auxiliary.HATEXPLAIN_OFFENSIVE: 1, Category.HATE: 1}
    model = make_model([(Split.TEST, "hatexplain", "vile words", marks)])
    assert three_classes(load_rows(model, "test")).tolist() == [OFFENSIVE]


def test_without_own_labels_the_classes_are_read_off_the_categories(make_model) -> None:
    model = make_model(hatexplain(Split.TEST, n=3))
    assert sorted(three_classes(load_rows(model, "test")).tolist()) == [HATE, OFFENSIVE, NORMAL]


def test_a_row_without_a_class_is_unknown(make_model) -> None:
    model = make_model([(Split.TEST, "hatexplain", "vile words", {Category.PROFANITY: 1})])
    assert np.array_equal(three_classes(load_rows(model, "test")), [-1])


def test_without_a_dataset_the_suite_is_skipped(bare, tmp_path, progress) -> None:
    with pytest.raises(SuiteSkippedError):
        run(bare, tmp_path, progress)
