import numpy as np
import pytest

from models.contracts import Category
from models.evaluation.behaviour.filling import Trial
from models.evaluation.behaviour.floors import measure_floors, read_floors, write_floors
from models.evaluation.behaviour.functionalities import BehaviourError, Expectation, Part
from models.evaluation.behaviour.judging import Sheet, is_right, is_surely_right
from models.evaluation.behaviour.rates import average_precision, share

LABELS = (Category.HATE, Category.PROFANITY, Category.SPAM)


def trial(expect: Expectation, categories: tuple[Category, ...] = (), name: str = "a.b", filling: int = 0) -> Trial:
    return Trial(name, "a", Part.OTHER, expect, categories, 0.1, 0, filling, ("x", "y"), None)


def sheet_of(*rows: tuple[Trial, list[float], list[float]]) -> Sheet:
    trials, probs, others = zip(*rows, strict=True)
    return Sheet(trials, LABELS, np.array(probs), np.array(others), np.array([0.3, 0.5, 0.6]))


@pytest.mark.parametrize(
    ("probs", "flagged"),
    [([0.3, 0.0, 0.0], True), ([0.29, 0.0, 0.59], False), ([0.0, 0.99, 0.0], False), ([0.0, 0.0, 0.6], True)],
)
def test_a_text_is_flagged_when_any_category_but_profanity_reaches_its_point(probs: list[float], flagged: bool) -> None:
    sheet = sheet_of((trial(Expectation.FLAGGED), probs, probs), (trial(Expectation.CLEAR), probs, probs))
    assert is_right(sheet).tolist() == [flagged, not flagged]


def test_only_the_named_categories_decide() -> None:
    spam = [0.0, 0.0, 0.9]
    sheet = sheet_of(
        (trial(Expectation.CLEAR, (Category.HATE,)), spam, spam),
        (trial(Expectation.CLEAR, (Category.SPAM,)), spam, spam),
    )
    assert is_right(sheet).tolist() == [True, False]


def test_pairs_compare_the_highest_deciding_probability() -> None:
    pairs = [trial(Expectation.HIGHER), trial(Expectation.HIGHER), trial(Expectation.STEADY), trial(Expectation.STEADY)]
    sheet = sheet_of(
        (pairs[0], [0.2, 0.0, 0.1], [0.1, 0.9, 0.0]),
        (pairs[1], [0.2, 0.0, 0.1], [0.0, 0.0, 0.3]),
        (pairs[2], [0.2, 0.0, 0.0], [0.0, 0.0, 0.25]),
        (pairs[3], [0.2, 0.0, 0.0], [0.5, 0.0, 0.0]),
    )
    assert is_right(sheet).tolist() == [True, False, True, False]


def test_two_equal_scores_are_in_no_order() -> None:
    same = [0.2, 0.0, 0.0]
    assert not is_right(sheet_of((trial(Expectation.HIGHER), same, same)))[0]


def test_what_is_right_by_a_hair_is_not_surely_right() -> None:
    close, far = [0.301, 0.0, 0.0], [0.9, 0.0, 0.0]
    sheet = sheet_of((trial(Expectation.FLAGGED), close, close), (trial(Expectation.FLAGGED), far, far))
    assert is_right(sheet).tolist() == [True, True]
    assert is_surely_right(sheet).tolist() == [False, True]


def test_what_is_surely_right_is_right() -> None:
    rng = np.random.default_rng(0)
    rows = [
        (trial(expect), rng.random(3).tolist(), rng.random(3).tolist()) for expect in Expectation for _ in range(200)
    ]
    sheet = sheet_of(*rows)
    assert not (is_surely_right(sheet) & ~is_right(sheet)).any()


def test_floors_name_what_is_wrong_and_survive_their_file(tmp_path) -> None:
    sheet = sheet_of(
        (trial(Expectation.FLAGGED), [0.9, 0.0, 0.0], [0.9, 0.0, 0.0]),
        (trial(Expectation.FLAGGED, filling=1), [0.1, 0.0, 0.0], [0.1, 0.0, 0.0]),
        (trial(Expectation.HIGHER, name="a.c"), [0.1, 0.0, 0.0], [0.2, 0.0, 0.0]),
    )
    floors = measure_floors(sheet, (trial(Expectation.CLEAR, name="a.d"),), "model 1")
    assert floors.functionalities["a.b"].rate == 0.5
    assert floors.known_wrong == ("a.c/0/0",)
    assert floors.unscored == ("a.d",)
    write_floors(floors, tmp_path / "floors.yaml")
    assert read_floors(tmp_path / "floors.yaml") == floors


def test_a_missing_file_of_floors_is_named(tmp_path) -> None:
    with pytest.raises(BehaviourError, match="nowhere"):
        read_floors(tmp_path / "nowhere.yaml")


def test_intervals_hold_the_share_and_shrink_to_it_where_all_is_right() -> None:
    rows = [
        (trial(Expectation.FLAGGED, name=f"a.{number}"), [number % 2, 0.0, 0.0], [0.0, 0.0, 0.0])
        for number in range(40)
    ]
    sheet = sheet_of(*rows)
    every = np.ones(40, dtype=bool)
    half = share(is_right(sheet), sheet, every, 100, 0)
    assert half.low < half.value == 0.5 < half.high
    assert share(every, sheet, every, 100, 0).low == 1.0
    assert average_precision(sheet.probs[:, 0], is_right(sheet), sheet, every, 100, 0).value == 1.0


def test_a_share_of_nothing_is_refused() -> None:
    sheet = sheet_of((trial(Expectation.FLAGGED), [0.9, 0.0, 0.0], [0.9, 0.0, 0.0]))
    with pytest.raises(ValueError, match="at least one"):
        share(is_right(sheet), sheet, np.zeros(1, dtype=bool), 10, 0)
