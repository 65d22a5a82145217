import pytest

from models.contracts import Category
from models.data.examples import Split
from models.evaluation.suites import catalogue
from models.evaluation.suites.catalogue import SUITES, chosen_suites, load_suite
from models.evaluation.suites.report import SuiteReport
from models.evaluation.suites.rows import SuiteSkippedError
from models.evaluation.suites.running import SuitesReport, beside_earlier, run_suites


def test_all_is_every_suite_in_the_order_of_the_report() -> None:
    assert chosen_suites(["all"]) == tuple(SUITES)


def test_suites_run_once_and_in_order_whatever_was_typed() -> None:
    assert chosen_suites(["length", "held-out", "length"]) == ("held-out", "length")


def test_a_name_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="held-out"):
        chosen_suites(["heldout"])


def test_a_suite_without_a_module_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUITES, "later", "not_written_yet")
    with pytest.raises(SuiteSkippedError, match="no such suite yet"):
        load_suite("later")


def test_a_module_that_cannot_be_imported_for_another_reason_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "PACKAGE", "models.no_such_package")
    with pytest.raises(ModuleNotFoundError):
        load_suite("length")


def test_without_a_dataset_every_suite_that_needs_one_is_skipped_and_none_fails(bare, tmp_path, progress) -> None:
    report = run_suites(bare, ["held-out", "official", "fairness", "severity", "length"], tmp_path, progress)
    assert set(report.skipped) == {"held-out", "official", "fairness", "severity", "length"}
    assert report.dataset_digest is None


def test_one_suite_without_rows_does_not_stop_the_next(make_model, tmp_path, progress) -> None:
    rows = [
        (Split.TEST, "edos", f"{'vile' if i % 2 else 'plain'} {i}", {Category.HATE: i % 2, Category.TOXICITY: i % 2})
        for i in range(80)
    ]
    report = run_suites(make_model(rows), ["severity", "held-out"], tmp_path, progress)
    assert [suite.suite for suite in report.suites] == ["held-out"]
    assert set(report.skipped) == {"severity"}


def found(*names: str, digest: str = "a", **skipped: str) -> SuitesReport:
    suites = tuple(SuiteReport(suite=name, title=digest + name, findings=()) for name in names)
    return SuitesReport(
        model="m", model_digest="a", scores_digest=digest, dataset_digest="d", suites=suites, skipped=skipped
    )


def test_findings_of_the_same_bundle_stay_until_they_are_found_again() -> None:
    earlier = found("spans", "held-out", context="no turns", length="no texts")
    whole = beside_earlier(found("length", "held-out"), earlier)
    assert [suite.suite for suite in whole.suites] == ["held-out", "spans", "length"]
    assert whole.skipped == {"context": "no turns"}


def test_more_rows_and_what_was_measured_stay() -> None:
    few = [SuiteReport(suite="spans", title="few", findings=(), limit=20)]
    now = found("spans", official="no texts").model_copy(update={"suites": tuple(few)})
    earlier = found("official", "spans")
    assert beside_earlier(now, earlier) == earlier
    assert beside_earlier(earlier, now) == earlier


def test_findings_of_another_bundle_or_reading_do_not_stay() -> None:
    now = found("length")
    assert beside_earlier(now, found("spans", digest="b")) == now
