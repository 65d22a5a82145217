import pytest

from models.contracts import Category
from models.data.examples import Split
from models.evaluation.suites.length import Material, documents, run
from models.evaluation.suites.rows import SuiteSkippedError

CALM = {Category.TOXICITY: 0, Category.HATE: 0}
WORDS = " and so it goes"


def rows(calm="so"):
    harmful = [(Split.TEST, "jigsaw", f"vile h{i}{WORDS}", {Category.TOXICITY: 1}) for i in range(10)]
    return [*harmful, *((Split.TEST, "jigsaw", f"{calm} c{i}{WORDS}", CALM) for i in range(50))]


def by_name(report):
    return {finding.name: finding for finding in report.findings}


def test_harm_is_found_in_every_window_and_not_beyond_the_first_one_alone(make_model, tmp_path, progress) -> None:
    found = by_name(run(make_model(rows()), tmp_path, progress))
    assert found["1,200 words: harm found, windows"].value == 1.0
    assert found["1,200 words: harm found, first window only"].value == pytest.approx(1 / 3)  # the start alone
    assert found["1,200 words: harmless documents flagged"].value == 0.0


def test_documents_are_filled_with_everyday_talk_where_there_is_some(make_model, tmp_path, progress) -> None:
    talk = [(Split.TEST, "topical_chat", f"plain t{i}{WORDS}", CALM) for i in range(50)]
    found = by_name(run(make_model([*rows(calm="purple"), *talk]), tmp_path, progress))
    assert found["1,200 words: harmless documents flagged"].value == 0.0


def test_the_figure_and_the_cost_are_reported(make_model, tmp_path, progress) -> None:
    report = run(make_model(rows()), tmp_path, progress)
    assert (tmp_path / report.figures[0]).is_file()
    assert "ms a document" in report.body


@pytest.mark.parametrize(("position", "place"), [("start", 0), ("middle", 2), ("end", 4)])
def test_the_harm_stands_where_it_was_put(position, place) -> None:
    material = Material(["HARM"], None, ["one two", "three four"])
    text = documents(material, 8, position)[0]
    assert text.replace("one two", "x").replace("three four", "x").split().index("HARM") == place


def test_a_document_without_harm_has_none() -> None:
    assert "HARM" not in documents(Material(["HARM"], None, ["one two"]), 8, None)[0]


def test_a_bundle_that_flags_nothing_is_skipped(make_model, tmp_path, progress) -> None:
    quiet = [(Split.TEST, "jigsaw", f"so h{i}{WORDS}".replace("so", "plain"), {Category.TOXICITY: 1}) for i in range(5)]
    calm = [(Split.TEST, "jigsaw", f"so c{i}{WORDS}", CALM) for i in range(5)]
    with pytest.raises(SuiteSkippedError, match="flags no harmful"):
        run(make_model([*quiet, *calm]), tmp_path, progress)
