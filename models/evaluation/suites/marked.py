"""Marked texts: what people marked as harmful in a text, and how well marks of a model agree with that.

Source of the measure: Pavlopoulos et al. (2021), "SemEval-2021 Task 5: Toxic Spans Detection": F1 over characters of
each text, 1 where both mark nothing, averaged over texts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.contracts import Category
from models.evaluation.arrays import Floats
from models.evaluation.suites.report import Progress, SuiteModel
from models.evaluation.suites.rows import SuiteSkippedError
from models.runtime.alignment import Alignment, Range, align, joined
from models.runtime.classifier import TextClassifier
from models.runtime.words import Words, read_words

Ranges = tuple[Range, ...]


@dataclass(frozen=True)
class MarkedText:
    """A text of the dataset, and the ranges of its characters that people marked; none is an answer too."""

    text: str
    marked: Ranges


@dataclass(frozen=True)
class ReadText:
    """A marked text as a model read it, word by word.

    Attributes:
        words: what speaks for each word.
        back: from the text that was read to the stored one.

    """

    marked: MarkedText
    words: Words
    back: Alignment

    def f1(self, found: Sequence[Range]) -> float:
        """Of ranges of the text that was read."""
        return character_f1(self.back.forward_all(found), self.marked.marked)


def load_marked(model: SuiteModel, split: str, source: str) -> list[MarkedText]:
    """The texts of one set and split in which somebody marked words, or that there are none.

    Raises:
        SuiteSkippedError: there is no dataset, or it has no such texts.

    """
    from models.data.errors import DataError
    from models.data.examples import Split
    from models.data.store import load_split

    if model.data is None:
        raise SuiteSkippedError("it needs the dataset: name its folder with --data")
    try:
        loaded = load_split(model.data, Split(split), (source,))
    except (DataError, KeyError) as error:
        raise SuiteSkippedError(f"the dataset has no marked texts ({error}); build it again") from error
    found = [
        MarkedText(text, joined(spans))
        for text, spans in zip(loaded.texts, loaded.spans, strict=True)
        if spans is not None
    ]
    if not found:
        raise SuiteSkippedError(f"the dataset has no marked texts of {source} in {split}; build it again")
    return found[: model.limit]


def read_all(
    classifier: TextClassifier, texts: Sequence[MarkedText], category: Category, stage: str, progress: Progress
) -> list[ReadText]:
    """Read every text for one category."""
    read: list[ReadText] = []
    for index, one in enumerate(texts):
        words = read_words(classifier, one.text, [category])
        read.append(ReadText(one, words, align(one.text, words.text).mirrored()))
        progress(stage, index + 1, len(texts))
    return read


def scores(texts: Sequence[ReadText], find: Callable[[ReadText], Sequence[Range]]) -> Floats:
    """F1 of every text. *Shape:* `(n,)`."""
    return np.array([one.f1(find(one)) for one in texts], dtype=np.float64)


def character_f1(found: Sequence[Range], marked: Sequence[Range]) -> float:
    """Of the characters in two lists of ranges."""
    left, right = _chars(found), _chars(marked)
    if not left and not right:
        return 1.0
    return 2.0 * len(left & right) / (len(left) + len(right))


def joined_words(words: Words, chosen: Sequence[bool]) -> Ranges:
    """The ranges of some words, neighbours joined over the blank between them."""
    ranges: list[Range] = []
    is_next = False
    for (start, end), is_chosen in zip(words.ranges, chosen, strict=True):
        if is_chosen and is_next and not words.text[ranges[-1][1] : start].strip(" -'"):
            ranges[-1] = (ranges[-1][0], end)
        elif is_chosen:
            ranges.append((start, end))
        is_next = is_chosen
    return tuple(ranges)


def _chars(ranges: Sequence[Range]) -> set[int]:
    return {place for start, end in ranges for place in range(start, end)}
