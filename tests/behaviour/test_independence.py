"""What trains must not be what tests: no text of the suites stands among the written examples of the training data."""

import re
from pathlib import Path

from models.data.seeds import fill, read_seeds
from models.evaluation.behaviour.filling import shipped_trials
from models.evaluation.behaviour.identities import shipped_crossing

SEEDS = Path(__file__).parents[2] / "models/data/seed"
LEAST_WORDS = 3


def words(text: str) -> str:
    """What two texts are compared by: their words, or every sign of what has too few of them."""
    found = re.findall(r"[a-z0-9']+", text.lower())
    return " ".join(found) if len(found) >= LEAST_WORDS else text.lower().strip(" .,!?")


def test_no_text_of_the_suites_is_a_seed() -> None:
    files = [read_seeds(path.read_text("utf-8"), path.name) for path in sorted(SEEDS.glob("*.yaml"))]
    seeds = {
        words(text)
        for file in files
        for group in file.groups
        for line in group.lines
        for text in fill(line, file.slots)
    }
    asked = [text for trial in shipped_trials() for text in trial.texts]
    asked += [text for row in shipped_crossing().texts for text in row]
    assert [text for text in asked if words(text) and words(text) in seeds] == []
