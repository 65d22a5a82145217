import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.runtime.matching import buckets
from models.runtime.matching.hit import Hit
from models.runtime.matching.text_sketch import MIN_CHARS, SketchIndex, similarity, sketch_text

POST = "Nobody told us that the bridge on Mill Road would be closed again for the whole of next week"
OTHER = "My grandmother's recipe needs two cups of flour, a spoon of honey and an hour in a slow oven"


def index_of(*texts: str) -> SketchIndex:
    index = SketchIndex()
    for key, text in enumerate(texts):
        index.add(key, sketch_text(text))
    return index


@given(st.text(max_size=200))
def test_every_text_matches_itself(text: str) -> None:
    assert index_of(text).search(sketch_text(text)) == [Hit(0, 0.0)]


@pytest.mark.parametrize(
    "edited",
    [
        POST.upper() + "!!!",
        POST.replace("bridge", "b r i d g e"),
        POST.replace("closed", "clsoed"),
        POST.replace("whole of ", ""),
        POST + " http",
        POST.replace(" ", "\n"),
    ],
)
def test_a_small_edit_still_matches(edited: str) -> None:
    assert [hit.key for hit in index_of(OTHER, POST).search(sketch_text(edited))] == [1]


def test_another_text_does_not_match() -> None:
    assert index_of(POST).search(sketch_text(OTHER)) == []


@given(st.text(st.sampled_from("abcde \u00e9"), min_size=1, max_size=MIN_CHARS), st.integers(0, 30))
def test_a_short_text_matches_only_its_own_letters(text: str, position: int) -> None:
    said = text.replace(" ", "")[: MIN_CHARS - 1]
    at = position % (len(said) + 1)
    assert similarity(sketch_text(said), sketch_text(said[:at] + "z" + said[at:])) < 0.1


def test_punctuation_alone_matches_the_same_punctuation_only() -> None:
    assert index_of("!!!", "???").search(sketch_text("!!!")) == [Hit(0, 0.0)]


@given(st.sets(st.integers(0, 400), min_size=60, max_size=200), st.sets(st.integers(0, 400), min_size=60, max_size=200))
@settings(max_examples=30)
def test_the_estimate_is_close_to_the_share_of_common_runs(left: set[int], right: set[int]) -> None:
    def text(numbers: set[int]) -> str:
        return "".join(f"{number:03}x" for number in sorted(numbers))

    def runs(text: str) -> set[str]:
        return {text[start : start + 4] for start in range(len(text) - 3)}

    a, b = text(left), text(right)
    shared = len(runs(a) & runs(b)) / len(runs(a) | runs(b))
    assert abs(similarity(sketch_text(a), sketch_text(b)) - shared) < 0.25


def test_the_sketch_is_the_same_in_another_process() -> None:
    program = (
        "import sys; from models.runtime.matching.text_sketch import sketch_text; print(sketch_text(sys.argv[1])[:3])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program, POST],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert answers == {str(sketch_text(POST)[:3])}


def test_the_sketch_is_pinned() -> None:
    assert sketch_text(POST)[:4].tolist() == [91268309, 289992, 44451633, 13082120]
    assert sketch_text("short")[:2].tolist() == [3122834982, 438465629]


def test_a_long_text_keeps_matching_when_a_page_of_it_changes() -> None:
    random = np.random.default_rng(0)
    words = ["".join(map(chr, random.integers(97, 123, 7))) for _ in range(6000)]
    changed = [*words[:5700], *(word[::-1] for word in words[5700:])]
    assert similarity(sketch_text(" ".join(words)), sketch_text(" ".join(changed))) > 0.75


def test_long_different_texts_do_not_match() -> None:
    random = np.random.default_rng(1)
    letters = random.choice(list("eeetttaaooiinnsshhrrdlu "), size=(2, 20_000))
    assert similarity(*(sketch_text("".join(row)) for row in letters)) < 0.6


def test_a_sorted_index_finds_what_a_waiting_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{POST} and then we counted {number} cars" for number in range(40)]
    waiting = index_of(*texts)
    monkeypatch.setattr(buckets, "MIN_TAIL", 4)
    settled = index_of(*texts)
    for text in texts[::5]:
        assert settled.search(sketch_text(text)) == waiting.search(sketch_text(text))


def test_removed_texts_are_not_found() -> None:
    index = index_of(POST, OTHER)
    index.remove(0)
    assert index.search(sketch_text(POST)) == []
    assert len(index) == 1


def test_removing_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        SketchIndex().remove(0)


def test_a_search_may_ask_for_less_distance_than_the_index() -> None:
    index = index_of(POST)
    assert index.search(sketch_text(POST.replace("bridge", "tunnel")), max_distance=0.0) == []


@pytest.mark.parametrize("min_similarity", [0.49, 1.01, float("nan")])
def test_a_similarity_that_bands_would_miss_is_refused(min_similarity: float) -> None:
    with pytest.raises(ValueError, match=r"from 0\.5 to 1"):
        SketchIndex(min_similarity)


def test_what_is_no_sketch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(1, 128\)"):
        SketchIndex().add(1, np.zeros(64, dtype=np.uint64))
    with pytest.raises(ValueError, match=r"expected \(1, 128\)"):
        SketchIndex().search(np.zeros(64, dtype=np.uint64))
