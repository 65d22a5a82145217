"""The benchmark of matching: what it edits, counts and writes."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scripts.bench.machine import Machine
from scripts.bench.matching_edits import PICTURE_EDITS, TEXT_EDITS, edited
from scripts.bench.matching_pictures import Trial, hash_pictures, open_embed, picture_paths, run_trial
from scripts.bench.matching_recall import recall_sheets, threshold_at
from scripts.bench.matching_report import Sheet, rate, section
from scripts.bench.matching_speed import DisagreementError, make_haystack, measure_index
from scripts.bench.matching_texts import compare_runs, jaccard, measure_false_matches, measure_recall
from tests.runtime.matching.conftest import draw
from tests.runtime.vision.test_classifier import write_bundle

COLOURS = ("red", "blue", "green", "grey")
TEXTS = [f"Parcel {number} of our {COLOURS[number % 4]} order came late again" for number in range(8)]
TEXTS += [
    "Does anybody know a quiet place to read near the old harbour?",
    "My sister paints birds and sells the prints",
]
MACHINE = Machine(
    date="2026-01-02",
    cpu="a processor",
    n_cores=2,
    memory_gib=4.0,
    python="3.11",
    kernel="6",
    versions={},
    busy_before=0.1,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight drawn pictures, one of them there twice."""
    root = tmp_path_factory.mktemp("pictures")
    (root / "benign").mkdir()
    for number in (*range(8), 72):
        Image.fromarray(draw(number % 72, 120, 160)).save(root / "benign" / f"{number:02}.jpg", quality=90)
    return root


def mean_colours(frames):
    """An embedding that tells the drawn pictures apart: a tiny version of them."""
    small = [np.asarray(Image.fromarray(frame).resize((6, 6)), dtype=np.float32).ravel() for frame in frames]
    centred = np.stack(small) - np.mean(small, axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


@pytest.mark.parametrize("name", PICTURE_EDITS)
def test_an_edit_is_the_same_each_time_and_changes_the_picture(name):
    image = Image.fromarray(draw(5, 120, 160))
    once, again = (np.asarray(edited(image, PICTURE_EDITS[name], Random("seed"))) for _ in range(2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, np.asarray(image))


@pytest.mark.parametrize("name", TEXT_EDITS)
def test_an_edited_text_is_still_much_like_the_text(name):
    text = " ".join(TEXTS)
    changed = TEXT_EDITS[name](text, Random(1), ["word"])
    assert changed != text
    assert jaccard(text, changed) > 0.8


@given(st.lists(st.floats(0, 2, width=32), min_size=1, max_size=60), st.floats(0, 0.9))
def test_no_more_pairs_than_allowed_match_at_the_threshold(distances, max_rate):
    values = np.array(distances, dtype=np.float32)
    limit = threshold_at(values, max_rate)
    assert (values <= limit).sum() <= max(max_rate * len(values), (values == 0).sum())


def test_near_duplicates_are_left_out(folder):
    known = hash_pictures(picture_paths(folder), lambda: None)
    assert [path.stem for path in known.paths] == [f"{number:02}" for number in range(8)]
    assert known.n_left_out == 1


def test_the_halves_share_no_picture():
    sources = np.repeat([3, 5, 9], 2)
    trial = Trial(np.array(["a", "b"] * 3), sources, np.zeros((6, 10)), np.zeros(6), None)
    assert [set(trial.half(parity).sources.tolist()) for parity in (0, 1)] == [{3, 9}, {5}]


def test_a_trial_reports_recall_by_edit_and_way(folder):
    known = hash_pictures(picture_paths(folder), lambda: None)
    trial = run_trial(known, range(8), mean_colours, lambda: None)
    recall, views = recall_sheets(known, trial)
    rows = {row[0]: row[1:] for row in recall.rows}
    assert rows["mirrored"][0] == "1.000"
    assert float(rows["all"][2]) >= max(float(rows["all"][0]), float(rows["all"][1]))
    assert [row[0] for row in views.rows] == list(PICTURE_EDITS)


def test_without_an_embedding_only_pdq_is_reported(folder):
    known = hash_pictures(picture_paths(folder), lambda: None)
    recall = recall_sheets(known, run_trial(known, range(4), None, lambda: None))[0]
    assert recall.columns == ("edit", "PDQ, 31 bits")


def test_the_embedding_of_a_bundle_gives_rows_of_length_one(tmp_path):
    embed = open_embed(write_bundle(tmp_path / "tiny"))
    rows = embed([draw(1), draw(2, 50, 90)])
    assert rows.shape[0] == 2
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 1.0], abs=1e-3)


def test_all_searches_are_timed_on_the_same_answers(folder):
    known = hash_pictures(picture_paths(folder), lambda: None)
    haystack = make_haystack(known.hashes.reshape(-1, 4).view(np.uint8), 2000, 6)
    assert haystack.n_real == 64
    assert measure_index(haystack).rows[0][0] == "HammingIndex"


def test_searches_that_disagree_are_not_compared(folder, monkeypatch):
    known = hash_pictures(picture_paths(folder), lambda: None)
    haystack = make_haystack(known.hashes.reshape(-1, 4).view(np.uint8), 2000, 6)
    monkeypatch.setattr("scripts.bench.matching_speed._by_row", lambda words, query: frozenset({-1}))
    with pytest.raises(DisagreementError):
        measure_index(haystack)


def test_text_recall_is_reported_by_edit_and_by_length():
    by_edit, by_length = measure_recall(TEXTS, 5)
    assert [row[0] for row in by_edit.rows] == [*TEXT_EDITS, "all"]
    assert {row[0]: row[1] for row in by_edit.rows}["upper case and `!!!`"] == "1.000"
    assert [row[0] for row in by_length.rows] == ["0 to 50 characters"]


def test_different_texts_that_match_are_counted_once_a_pair():
    pairs = {row[0]: int(row[1]) for row in measure_false_matches(TEXTS).rows}
    expected = sum(jaccard(a, b) >= 0.8 for row, a in enumerate(TEXTS) for b in TEXTS[:row])
    assert pairs["0.6"] >= pairs["0.7"] >= pairs["0.8"]
    assert abs(pairs["0.8"] - expected) <= 8


def test_shouting_leaves_every_cut_of_a_text_alone_but_for_the_punctuation():
    rows = {row[0]: row[1:] for row in compare_runs(TEXTS, 5).rows}
    assert rows["upper case and `!!!`"][:3] == ("1.000", "1.000", "1.000")
    assert rows["one typo"][1] >= rows["one typo"][3]


def test_a_rate_that_was_not_seen_says_in_how_many():
    assert rate(0, 2_000_000) == "none in 2.0e+06"
    assert rate(2, 2_000_000) == "1.0e-06"


def test_the_section_names_command_date_and_machine_above_its_tables():
    text = section([Sheet("Title", ("name", "value"), (("a", "1"),), "A note.")], MACHINE, "the command")
    assert text.splitlines()[0].startswith("`the command`, 2026-01-02, one thread of a processor")
    assert text.endswith("#### Title\n\n| name | value |\n| --- | ---: |\n| a | 1 |\n\nA note.")
