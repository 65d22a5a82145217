"""Collecting: rows of a set to clean examples, with every row that is left out counted by its reason."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from models.contracts import Category
from models.data import cues
from models.data.contexts import clean_previous
from models.data.digests import exclusion_digest, text_digest
from models.data.examples import Example
from models.data.labels import CARRYING, LABELS, NO, UNKNOWN, YES, Label, Marks, close, encode, yes
from models.data.readings import DIGEST_CHARS, Readings, load_readings
from models.data.rows import Part, Row, Spans
from models.runtime.alignment import align
from models.runtime.normalization import normalize


class Dropped(StrEnum):
    """Why a row is not in the dataset."""

    EMPTY = "nothing left after cleaning, or removed by its author"
    EXCLUDED = "on the exclusion list"
    UNLABELLED = "no usable label"
    MINOR = "brings childhood and sex together"
    DUPLICATE = "same clean text as another row (labels merged)"
    LEAK = "near-duplicate of an official or latest test row"
    PROBE = "same text as a probe"


_REMOVED = frozenset({"[deleted]", "[removed]", "[ deleted ]", "[ removed ]"})
_CARRYING = [column for column, label in enumerate(LABELS) if label in CARRYING]
_SEXUAL = LABELS.index(Category.SEXUAL)
_ILLICIT = LABELS.index(Category.ILLICIT)


def collect(
    source: str,
    rows: Iterable[Row],
    exclusions: frozenset[str],
    dropped: Counter[Dropped],
    readings: Readings | None = None,
) -> Iterator[Example]:
    """Clean and label the rows of one set; what is left out is counted in `dropped`.

    Without `readings` those that ship with the package fill in what the sets leave open.
    """
    readings = load_readings() if readings is None else readings
    for published in rows:
        text = normalize(published.text)
        digest = text_digest(text)
        row, disputed = _with_reading(published, readings.get(digest[:DIGEST_CHARS], {}))
        labels = _without(encode(row.marks), disputed)
        reason = _reason(row, text, labels, exclusions)
        if reason is not None:
            dropped[reason] += 1
            continue
        yield Example(
            text=text,
            digest=digest,
            source=source,
            labels=labels,
            part=row.part,
            order=row.order,
            timestamp=row.timestamp,
            weight=row.weight,
            kin=row.kin,
            spans=_carried(row, text),
            previous=clean_previous(row.previous),
        )


def _with_reading(row: Row, reading: Marks) -> tuple[Row, frozenset[Label]]:
    """The row with what was read into it where its set says nothing, and the labels that both see differently.

    A row that is here for its reading alone is a test. A threat where the set sees no violence disputes the violence,
    and so does no threat where the set knows of violence by the threat alone.
    """
    if not reading:
        return row, frozenset()
    own = {label: value for label, value in close(row.marks).items() if value != UNKNOWN}
    disputed = {label for label, value in reading.items() if _differ(own.get(label), value)}
    follows = {label: close(yes(label)).keys() for label, value in reading.items() if value == YES}
    is_threat = any(Category.VIOLENCE in labels for labels in follows.values())
    believed = close({label: value for label, value in row.marks.items() if label not in disputed})
    violence = own.get(Category.VIOLENCE)
    if violence == NO if is_threat else (violence == YES and believed.get(Category.VIOLENCE) != YES):
        disputed.add(Category.VIOLENCE)
    fills = {
        label: value
        for label, value in reading.items()
        if value != UNKNOWN and not disputed & follows.get(label, {label})
    }
    part = row.part if own.keys() & CARRYING else Part.TEST
    return replace(row, marks={**fills, **own}, part=part), frozenset(disputed)


def _differ(said: int | None, read: int) -> bool:
    """Whether a reading disputes what a set says; a doubt disputes a no alone."""
    return said is not None and said != read and not (said == YES and read == UNKNOWN)


def _without(labels: tuple[int, ...], disputed: frozenset[Label]) -> tuple[int, ...]:
    return tuple(UNKNOWN if label in disputed else value for label, value in zip(LABELS, labels, strict=True))


def _reason(row: Row, text: str, labels: tuple[int, ...], exclusions: frozenset[str]) -> Dropped | None:
    if not text or text in _REMOVED:
        return Dropped.EMPTY
    if exclusion_digest(row.text) in exclusions or exclusion_digest(text) in exclusions:
        return Dropped.EXCLUDED
    if YES in (labels[_SEXUAL], labels[_ILLICIT]) and cues.mentions_sexualised_minor(text):
        return Dropped.MINOR
    return None if _says_something(row, labels) else Dropped.UNLABELLED


def _says_something(row: Row, labels: tuple[int, ...]) -> bool:
    """Whether a row has a label that carries it; a row of a test of spans needs none."""
    carried = any(labels[column] != UNKNOWN for column in _CARRYING)
    return carried or (row.part is Part.TEST and row.spans is not None)


def _carried(row: Row, text: str) -> Spans | None:
    """The spans of a row on its cleaned text; unknown where cleaning left nothing of them."""
    if not row.spans:
        return row.spans
    return align(row.text, text).forward_all(row.spans) or None
