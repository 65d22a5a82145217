import re
from collections import Counter

import pytest

from models.evaluation.behaviour.filling import fill, fill_area, shipped_trials
from models.evaluation.behaviour.functionalities import BehaviourError, Expectation, read_area

TABLES = {
    "fruit": ({"fruit": "plum", "fruits": "plums"}, {"fruit": "fig", "fruits": "figs"}),
    "colour": ({"colour": "red"}, {"colour": "blue"}, {"colour": "green"}),
}


def texts_of(expect: str, cases: str, each: int = 2) -> list[tuple[str, ...]]:
    area = read_area(
        f"{{area: a, part: other, functionalities: [{{name: a.b, tests: T., expect: {expect}, each: {each}, "
        f"cases: {cases}}}]}}",
        "a.yaml",
    )
    return [trial.texts for trial in fill_area(area, TABLES)]


def test_slots_of_one_table_are_filled_from_the_same_row() -> None:
    filled = texts_of("clear", '["A {fruit} among {fruits}"]')
    assert sorted(filled) == [("A fig among figs",), ("A plum among plums",)]


def test_a_slot_with_a_capital_begins_with_one() -> None:
    assert fill("{Fruits} and {fruits}", {"fruit": TABLES["fruit"][0]}) == "Plums and plums"


def test_a_text_without_slots_is_asked_once() -> None:
    assert texts_of("clear", '["No slot"]', each=7) == [("No slot",)]


def test_both_texts_of_a_pair_speak_of_the_same() -> None:
    for first, second in texts_of("higher", '[["Hate {fruits}", "Love {fruits}"]]'):
        assert first.split()[1] == second.split()[1]


def test_a_single_text_that_should_be_steady_is_compared_between_two_fillings() -> None:
    for first, second in texts_of("steady", '["A {colour} door"]', each=3):
        assert first != second


def test_cases_of_a_functionality_go_on_where_the_one_before_stopped() -> None:
    filled = texts_of("clear", '["A {colour} door", "The {colour} sky", "My {colour} hat"]', each=1)
    colours = {colour for (text,) in filled for colour in ("red", "blue", "green") if colour in text}
    assert len(colours) == 3


def test_a_slot_without_a_table_is_refused_by_name() -> None:
    with pytest.raises(BehaviourError, match="vegetable"):
        texts_of("clear", '["A {vegetable}"]')


def test_the_trials_that_ship_have_unique_names_and_no_open_slots() -> None:
    trials = shipped_trials()
    assert len({trial.name for trial in trials}) == len(trials)
    assert not [text for trial in trials for text in trial.texts if re.search(r"[{}]", text)]


def test_the_trials_that_ship_are_the_same_every_time() -> None:
    assert shipped_trials() == shipped_trials()


def test_identity_groups_are_spread_evenly() -> None:
    counts = Counter(trial.group for trial in shipped_trials() if trial.group)
    assert max(counts.values()) <= 1.1 * min(counts.values())


def test_no_text_is_expected_to_be_both_flagged_and_clear() -> None:
    asked: dict[tuple[str, tuple[str, ...]], set[Expectation]] = {}
    for trial in shipped_trials():
        if not trial.expect.compares:
            asked.setdefault((trial.texts[0], trial.categories), set()).add(trial.expect)
    assert not [key for key, expects in asked.items() if len(expects) > 1]
