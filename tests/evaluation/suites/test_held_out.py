from dataclasses import replace

import pytest

from models.contracts import Category
from models.data.examples import Split
from models.evaluation.suites.held_out import run
from models.evaluation.suites.rows import SuiteSkippedError
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier


def rows(n=300):
    """A third is hate; every tenth row looks like the other kind."""
    made = []
    for i in range(n):
        hate = i % 3 == 0
        word = "vile" if hate != (i % 10 == 0) else "plain"
        made.append((Split.TEST, "edos", f"{word} x{i}", {Category.HATE: int(hate), Category.TOXICITY: int(hate)}))
    return made


def by_name(report):
    return {finding.name: finding for finding in report.findings}


def test_the_mean_and_every_category_are_measured_with_intervals(make_model, tmp_path, progress) -> None:
    report = run(make_model(rows()), tmp_path / "out", progress)
    found = by_name(report)
    assert found["macro PR-AUC"].low < found["macro PR-AUC"].value < found["macro PR-AUC"].high
    assert found["hate: PR-AUC"].n == 300
    assert (tmp_path / "out" / report.figures[0]).is_file()


def test_a_calibration_error_has_a_target_from_two_hundred_positives_on(make_model, tmp_path, progress) -> None:
    few = by_name(run(make_model(rows(300)), tmp_path / "out", progress))["hate: calibration error"]
    assert few.target is None
    assert few.at_least is False


def test_a_bundle_leads_itself_by_nothing(make_model, bundle, tmp_path, progress) -> None:
    model = make_model(rows())
    report = run(replace(model, against=open_classifier(load_text_bundle(bundle))), tmp_path / "out", progress)
    lead = by_name(report)["macro PR-AUC above tiny 1.0.0"]
    assert (lead.value, lead.low, lead.high, lead.is_met) == (0.0, 0.0, 0.0, False)


def test_categories_that_are_not_measured_are_named(make_model, tmp_path, progress) -> None:
    report = run(make_model(rows()), tmp_path / "out", progress)
    assert "spam" in report.skipped
    assert "hate" not in report.skipped


def test_own_examples_are_not_measured_on(make_model, tmp_path, progress) -> None:
    ours = [(Split.TEST, "weir_seeds", f"vile y{i}", {Category.HATE: 1, Category.TOXICITY: 1}) for i in range(50)]
    report = run(make_model(rows() + ours), tmp_path / "out", progress)
    assert by_name(report)["hate: PR-AUC"].n == 300


def test_without_a_dataset_the_suite_is_skipped(bare, tmp_path, progress) -> None:
    with pytest.raises(SuiteSkippedError, match="--data"):
        run(bare, tmp_path, progress)
