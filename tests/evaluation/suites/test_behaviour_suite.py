"""The suites on a model of a few words, run once each."""

import pytest

from models.contracts import Category
from models.evaluation.behaviour.identities import Tone
from models.evaluation.suites import behaviour, identity_templates
from models.evaluation.suites.behaviour_tables import TABLE
from models.evaluation.suites.report import SuiteModel
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier


@pytest.fixture(scope="module")
def model(bundle) -> SuiteModel:
    return SuiteModel(open_classifier(load_text_bundle(bundle)), None, n_resamples=20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("suites")


@pytest.fixture(scope="module")
def report(model, folder):
    return behaviour.run(model, folder, lambda *_: None)


@pytest.fixture(scope="module")
def groups_report(model, folder):
    return identity_templates.run(model, folder, lambda *_: None)


def test_headlines_have_targets_intervals_and_rows(report, model, folder) -> None:
    found = {finding.name: finding for finding in report.findings}
    assert found["hate: accuracy"].target == 0.8
    assert found["hate: accuracy on texts without hate"].target == 0.7
    assert found["emoji: accuracy"].target == 0.75
    assert not found["prompts: safe ones flagged"].at_least
    assert all(one.low <= one.value <= one.high and one.n for one in report.findings)


def test_a_model_that_flags_nothing_is_right_about_everything_harmless_and_nothing_else(report, model, folder) -> None:
    found = {finding.name: finding.value for finding in report.findings}
    assert found["hate: accuracy on hateful texts"] == 0.0
    assert found["hate: accuracy on texts without hate"] == 1.0
    assert found["prompts: safe ones flagged"] == 0.0
    assert found["pairs in the expected order"] < 1.0


def test_functionalities_that_the_model_has_no_scores_for_are_left_out_by_name(report, model, folder) -> None:
    assert Category.SPAM not in model.classifier.labels
    assert "spam.prize" in report.skipped
    assert "hate.derogation" not in report.skipped


def test_every_functionality_and_the_figure_are_written(report, model, folder) -> None:
    assert "`hate.derogation`" in (folder / TABLE).read_text("utf-8")
    assert (folder / report.figures[0]).stat().st_size > 0


def test_groups_are_compared_with_a_target_on_false_alarms_only(groups_report, folder) -> None:
    targets = {finding.name: finding.target for finding in groups_report.findings}
    assert targets["hate: widest gap in false positive rate"] == 0.05
    assert targets["hate: widest gap in true positive rate"] is None
    assert (folder / groups_report.figures[0]).is_file()
    assert all(f"hate, {tone}" in groups_report.body for tone in Tone)


def test_a_model_that_treats_all_groups_alike_has_no_gap(groups_report, folder) -> None:
    assert {finding.value for finding in groups_report.findings if "gap" in finding.name} == {0.0}
