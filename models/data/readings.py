"""Readings: labels that we gave to single texts of public sets by reading them.

Two kinds. No public set at hand says which of its texts are graphic, and hardly any which requests ask how to harm
oneself, so neither category could be measured on texts that people wrote: candidates were found by words for injury and
for self-harm among texts that no model trains on. And sets that know threats or sexual content mark only the plainest:
candidates there were all texts, of any split, that have a word for the harm beside one of intent, or a mark of the set.

A reading fills in what a set leaves open. Where it contradicts the set, neither is believed and the label is unknown;
a doubt lifts a no and leaves a yes. The file holds digests, never a text.

What such rows measure is bounded: a harmful text without any of the words was never a candidate, so recall reads too
high.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from models.contracts import Category
from models.data.labels import NO, UNKNOWN, YES, Label

DIGEST_CHARS: Final = 16
"""Characters of a text's digest that name it in the file; 64 bits are enough for a million texts."""
_FILE: Final = Path(__file__).with_name("readings.toml")

Readings = Mapping[str, Mapping[Label, int]]


def parse_readings(text: str) -> dict[str, dict[Label, int]]:
    """Marks by the start of a digest; a doubt is a mark of its own, unknown.

    Raises:
        ValueError: a text is read in two ways, or a name is no category.

    """
    read: dict[str, dict[Label, int]] = {}
    for name, answers in tomllib.loads(text).items():
        for answer, value in (("yes", YES), ("no", NO), ("doubtful", UNKNOWN)):
            for digest in answers.get(answer, ()):
                if read.setdefault(digest, {}).setdefault(Category(name), value) != value:
                    raise ValueError(f"{digest} is read in two ways for {name}")
    return read


@cache
def load_readings() -> Readings:
    """The readings that ship with the package."""
    return parse_readings(_FILE.read_text(encoding="utf-8"))
