"""Contexts: the previous turn of a text, cleaned like a text, and never the text of another split.

A previous turn is read by training beside the text it belongs to. Where it is itself a row of the dataset, its split is
its own: a training row must not show a test text, not even without its labels.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from models.data.duplicates import MIN_TOKENS, normal_form
from models.data.examples import Split
from models.data.store import Placed
from models.runtime.normalization import normalize

PREVIOUS_CHARS: Final = 400
"""Characters of a previous turn that are kept, from its end: what was said last is what is answered."""


def clean_previous(previous: str | None) -> str | None:
    """The previous turn in the spelling of the texts, cut; None where nothing is left."""
    return None if previous is None else _cut(normalize(previous)) or None


def without_foreign_contexts(placed: Sequence[Placed]) -> list[Placed]:
    """The same rows, without the previous turns that are texts of another split."""
    splits = _splits_of_texts(placed)
    return [
        replace(item, example=replace(item.example, previous=None)) if _is_foreign(item, splits) else item
        for item in placed
    ]


def foreign_contexts(placed: Sequence[Placed]) -> int:
    """Number of rows whose previous turn is a text of another split."""
    splits = _splits_of_texts(placed)
    return sum(_is_foreign(item, splits) for item in placed)


def _cut(text: str) -> str:
    return text[-PREVIOUS_CHARS:].lstrip()


def _splits_of_texts(placed: Sequence[Placed]) -> dict[str, set[Split]]:
    """Splits by the form that a text would have as a previous turn."""
    splits: dict[str, set[Split]] = defaultdict(set)
    for item in placed:
        splits[normal_form(_cut(item.example.text))].add(item.split)
    return splits


def _is_foreign(item: Placed, splits: dict[str, set[Split]]) -> bool:
    """Turns of a few words are said in every conversation and are nobody's text."""
    if item.example.previous is None:
        return False
    form = normal_form(item.example.previous)
    return len(form.split()) >= MIN_TOKENS and bool(splits.get(form, {item.split}) - {item.split})
