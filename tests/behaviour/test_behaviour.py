"""The shipped text model, one functionality at a time. `docs/behaviour.md` says how to read a failure.

`floors.yaml` holds what the shipped model reaches; after a new bundle: `python -m scripts.behaviour_floors`.
"""

from collections import Counter
from pathlib import Path

import pytest

from models.evaluation.behaviour.filling import shipped_trials
from models.evaluation.behaviour.floors import read_floors, rows_by_functionality
from models.evaluation.behaviour.functionalities import Expectation
from models.evaluation.behaviour.judging import Sheet, ask, is_right
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier

BUNDLE = Path(__file__).parents[2] / "models/bundles/text-minilm"
FLOORS = read_floors(Path(__file__).parent / "floors.yaml")
TRIALS = shipped_trials()
FUNCTIONALITIES = {trial.functionality: trial.expect for trial in TRIALS}
DIRECTIONS = [name for name, expect in FUNCTIONALITIES.items() if expect is Expectation.HIGHER]


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return ask(open_classifier(load_text_bundle(BUNDLE)), TRIALS)[0]


@pytest.mark.parametrize("functionality", FUNCTIONALITIES)
def test_a_functionality_is_no_worse_than_when_it_was_measured(sheet: Sheet, functionality: str) -> None:
    rows = rows_by_functionality(sheet).get(functionality)
    if rows is None:
        pytest.skip("the shipped bundle scores none of its categories")
    right = is_right(sheet)
    wrong = [trial.texts for trial, mine, ok in zip(sheet.trials, rows, right, strict=True) if mine and not ok]
    assert right[rows].mean() >= FLOORS.functionalities[functionality].floor, wrong


@pytest.mark.parametrize("functionality", DIRECTIONS)
def test_the_harmful_one_of_a_pair_scores_higher(sheet: Sheet, functionality: str) -> None:
    right = is_right(sheet)
    wrong = {
        trial.name: trial.texts
        for trial, ok in zip(sheet.trials, right, strict=True)
        if trial.functionality == functionality and not ok
    }
    assert {name: texts for name, texts in wrong.items() if name not in FLOORS.known_wrong} == {}


def test_floors_are_known_for_every_functionality_and_for_no_other() -> None:
    assert set(FLOORS.functionalities) | set(FLOORS.unscored) == set(FUNCTIONALITIES)
    assert set(FLOORS.known_wrong) <= {trial.name for trial in TRIALS}


def test_floors_were_measured_on_the_trials_of_today() -> None:
    asked = Counter(trial.functionality for trial in TRIALS)
    assert {name: one.trials for name, one in FLOORS.functionalities.items()} == {
        name: asked[name] for name in FLOORS.functionalities
    }
