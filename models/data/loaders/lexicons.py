"""Loaders of word lists. They teach profanity, at low weight; a slur's hate depends on its use and stays unknown."""

from collections.abc import Iterator

from models.contracts import Category
from models.data.labels import Auxiliary, Label, yes
from models.data.rows import Files, Row
from models.data.tables import read_lines, read_table

_WEIGHT = 0.3
_MIN_SEVERITY = 1.5
"""Below, raters of the list disagreed that the word is profane at all ("69", "balls")."""


def surge_profanity(files: Files) -> Iterator[Row]:
    """Swear words with a severity from 1 (mild) to 3; mild ones get no label.

    The list calls the highest of its three degrees "Severe". Source: Surge AI, profanity list.
    """
    for row in read_table(files["profanity_en.csv"]):
        profane = float(row["severity_rating"]) >= _MIN_SEVERITY
        degree: dict[Label, int] = {Auxiliary.SEVERE: int(row.get("severity_description") == "Severe")}
        yield Row(row["text"], yes(Category.PROFANITY) | degree if profane else {}, weight=_WEIGHT)


def ldnoobw(files: Files) -> Iterator[Row]:
    """Words people would rather not see suggested. Source: List of Dirty, Naughty, Obscene and Otherwise Bad Words."""
    for word in read_lines(files["en"]):
        yield Row(word, yes(Category.PROFANITY), weight=_WEIGHT)
