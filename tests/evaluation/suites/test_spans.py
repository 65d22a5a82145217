import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Category
from models.data.examples import Split
from models.data.store import write_description, write_examples, write_features
from models.evaluation.suites.marked import MarkedText, ReadText, character_f1, joined_words, scores
from models.evaluation.suites.removal import without
from models.evaluation.suites.report import SuiteModel
from models.evaluation.suites.rows import SuiteSkippedError
from models.evaluation.suites.spans import choose_rule, run
from models.runtime.alignment import align, joined
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier
from models.runtime.evidence import chosen_ranges
from models.runtime.words import Words
from tests.evaluation.suites.conftest import placed
from tests.runtime.conftest import write_bundle

RANGES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted).map(tuple), max_size=5).map(joined)


def read(text: str, marked: tuple[tuple[int, int], ...], evidence: list[float], shares: list[float]) -> ReadText:
    ends = np.cumsum([len(word) + 1 for word in text.split(" ")]).tolist()
    ranges = tuple((end - len(word) - 1, end - 1) for word, end in zip(text.split(" "), ends, strict=True))
    heads, parts = np.array(evidence, dtype=np.float32), np.array(shares, dtype=np.float32)
    return ReadText(MarkedText(text, marked), Words(text, ranges, heads, {Category.TOXICITY: parts}), align(text, text))


@pytest.fixture
def marked_model(tmp_path: Path) -> SuiteModel:
    bundle = write_bundle(tmp_path / "bundle", has_token_logits=True, auxiliary_labels=("aux/evidence",))
    folder = tmp_path / "data"
    folder.mkdir()
    examples = []
    for split in (Split.VALIDATION, Split.TEST):
        for i in range(6):
            one = placed((split, "toxic_spans", f"ab cd {split.value} {i}", {Category.TOXICITY: 1}), len(examples))
            spans = ((0, 2),) if i else ()
            examples.append(dataclasses.replace(one, example=dataclasses.replace(one.example, spans=spans)))
    write_examples(folder, examples)
    write_features(folder, examples)
    write_description(folder, {})
    return SuiteModel(open_classifier(load_text_bundle(bundle)), folder, n_resamples=20)


def test_nothing_found_where_nothing_is_marked_is_right() -> None:
    assert character_f1((), ()) == 1.0


def test_something_found_where_nothing_is_marked_is_wrong() -> None:
    assert character_f1(((0, 2),), ()) == character_f1((), ((0, 2),)) == 0.0


def test_half_of_the_marked_characters_and_nothing_else_is_two_thirds() -> None:
    assert character_f1(((0, 5),), ((0, 10),)) == pytest.approx(2 / 3)


@given(found=RANGES, marked=RANGES)
def test_agreement_is_symmetric_and_full_for_equals(found, marked) -> None:
    assert 0.0 <= character_f1(found, marked) <= 1.0
    assert character_f1(found, marked) == character_f1(marked, found)
    assert character_f1(found, found) == 1.0


def test_neighbouring_words_are_one_range() -> None:
    words = read("so very bad , bad", (), [0.0] * 5, [0.0] * 5).words
    assert joined_words(words, [False, True, True, False, True]) == ((3, 11), (14, 17))


def test_ranges_taken_out_leave_the_rest() -> None:
    assert without("you very bad dog", [(9, 12), (0, 3)]) == "very  dog"
    assert without("bad", [(0, 3)]) == "."


def test_the_rule_is_the_one_that_fits_what_people_marked() -> None:
    texts = [read("you utter fool", ((10, 14),), [-1.0, -1.0, 0.6], [0.5, 0.5, 0.5]) for _ in range(3)]
    rule = choose_rule(texts)
    found = scores(texts, lambda one: [place[:2] for place in chosen_ranges(one.words, Category.TOXICITY, rule)])
    assert found.tolist() == [1.0, 1.0, 1.0]


def test_every_number_is_reported_with_its_rows(
    marked_model: SuiteModel, tmp_path: Path, progress: Callable[[str, int, int], None]
) -> None:
    report = run(marked_model, tmp_path, progress)
    assert report.findings[0].name == "ToxicSpans test: character F1"
    assert report.findings[0].target == 0.62
    assert {finding.n for finding in report.findings} == {6}
    assert "chosen on validation" in report.body


def test_a_bundle_without_token_logits_is_skipped(
    bare: SuiteModel, tmp_path: Path, progress: Callable[[str, int, int], None]
) -> None:
    with pytest.raises(SuiteSkippedError, match="token logits"):
        run(bare, tmp_path, progress)


def test_a_dataset_without_marked_texts_is_skipped(
    marked_model: SuiteModel, tmp_path: Path, progress: Callable[[str, int, int], None]
) -> None:
    with pytest.raises(SuiteSkippedError, match="dataset"):
        run(dataclasses.replace(marked_model, data=None), tmp_path, progress)
