"""Whole reports, by Evidently, on small windows."""

import base64
import re
from pathlib import Path

import pytest

from monitoring.reference.reference import Reference
from monitoring.reports.document import ReportDocument
from monitoring.reports.writing import ReportFiles, write_report
from monitoring.safety.metric import Metric, missing
from monitoring.windows.window import Window
from tests.monitoring.conftest import make_window
from tests.monitoring.reports.conftest import make_change, make_labels, make_verdict, part

LOADS = re.compile(r"""(?:src|href)\s*=\s*["']?https?://|@import|url\(\s*["']?https?://""")


class Numbers:
    """A report of quality or safety."""

    metrics = (
        Metric(name="precision", category="hate", value=0.8125, low=0.7, high=0.9, n=40),
        missing("recall", "Too few labels; label more.", category="hate"),
    )


@pytest.fixture(scope="module")
def window() -> Window:
    return make_window(800, 2, topic=0.3, shift={"n_chars": 900})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, window: Window, reference: Reference) -> ReportFiles:
    verdict = make_verdict(window, make_change(advice="Read <these>."), make_change("n_urls", is_real=False))
    feed = make_verdict(window, make_change("n_emoji", slice=part("surface", "feed")))
    folder = tmp_path_factory.mktemp("report") / "new"
    numbers = Numbers()
    return write_report(
        verdict, reference, window, folder, quality=numbers, safety=numbers, labels=make_labels(), slices=[feed]
    )


@pytest.fixture(scope="module")
def document(files: ReportFiles) -> ReportDocument:
    return ReportDocument.model_validate_json(files.json.read_bytes())


@pytest.fixture(scope="module")
def page(files: ReportFiles) -> str:
    return files.html.read_text(encoding="utf-8")


def test_the_page_begins_with_the_verdict_and_what_to_do(page: str) -> None:
    places = [page.index(word) for word in ("<h1>Something changed</h1>", "Title of n_chars", "Read &lt;these&gt;.")]
    assert places == sorted(places)
    assert places[-1] < page.index("How far apart")


def test_the_page_names_the_items_that_show_a_change(page: str) -> None:
    assert "<code>first-item</code>" in page


def test_a_change_in_a_part_is_told_with_its_part(page: str) -> None:
    assert "Title of n_emoji</strong> in surface=feed" in page


def test_the_page_loads_nothing_from_elsewhere(page: str) -> None:
    assert not LOADS.search(page)  # Evidently's part: tests/e2e/test_dashboard.py opens it


def test_metrics_without_a_value_say_why(page: str) -> None:
    assert "0.8125" in page
    assert "Too few labels; label more." in page


def test_the_json_holds_the_whole_verdict(document: ReportDocument) -> None:
    assert [change.name for change in document.tests] == ["n_chars", "n_urls", "n_emoji"]
    assert [change.name for change in document.real] == ["n_chars", "n_emoji"]


def test_every_column_with_values_has_a_distance_by_a_named_method(document: ReportDocument) -> None:
    by_name = {distance.name: distance for distance in document.distances}
    assert by_name["n_chars"].method == "wasserstein"
    assert by_name["n_chars"].is_beyond
    assert by_name["score:hate"].method == "psi"
    assert by_name["flagged"].method == by_name["surface"].method == "jensenshannon"
    assert not by_name["surface"].is_beyond


def test_embeddings_that_moved_are_told_apart_by_classifier_and_by_discrepancy(document: ReportDocument) -> None:
    found = {one.method: one for one in document.distances if one.name == "text_embedding"}
    assert set(found) == {"model", "mmd"}
    assert all(one.is_beyond for one in found.values())


def test_what_could_not_be_compared_is_named(document: ReportDocument) -> None:
    assert "image_width" in document.left_out


def test_labels_become_reliability_and_classification_quality(document: ReportDocument, page: str) -> None:
    assert [one.category for one in document.reliability] == ["hate", "spam"]
    found = re.search(r'id="evidently">([^<]+)<', page)
    assert found is not None
    assert "Classification quality by labels: hate" in base64.b64decode(found[1]).decode()


def test_no_content_and_no_digest_of_it_is_in_the_report(files: ReportFiles, window: Window) -> None:
    digests = window.frame["content_digest"].dropna().astype(str)
    written = files.json.read_text(encoding="utf-8")
    assert not any(digest in written for digest in digests)


def test_without_a_reference_the_page_says_why_and_is_no_all_clear(tmp_path: Path, window: Window) -> None:
    verdict = make_verdict(window, reasons=("There is no reference; build one.",), reference=False)
    page = write_report(verdict, None, window, tmp_path).html.read_text(encoding="utf-8")
    assert "<h1>Nothing can be said</h1>" in page
    assert "There is no reference; build one." in page
    assert "Nothing changed" not in page


@pytest.mark.parametrize("n", [0, 1])
def test_a_window_of_hardly_any_decisions_gives_a_page(tmp_path: Path, reference: Reference, n: int) -> None:
    window = make_window(n)
    files = write_report(make_verdict(window, reasons=("Too few decisions.",)), reference, window, tmp_path)
    document = ReportDocument.model_validate_json(files.json.read_bytes())
    assert document.distances == ()
    assert "Too few decisions." in files.html.read_text(encoding="utf-8")
