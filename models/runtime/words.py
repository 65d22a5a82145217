"""Words: what a model says of every word of a text, in the text and by itself. Evidence is chosen from it.

One more pass over the text, and one over its words, each as a window of a few tokens. Both are linear in the length of
the text, and at most `MAX_WINDOWS` windows of a long text have their words looked at.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts.bundle import OperatingPoint
from models.contracts.taxonomy import Category
from models.runtime.batching import Float32s, TokenIds, run_batches
from models.runtime.classifier import DEFAULT_MAX_BATCH_TOKENS, TextClassifier
from models.runtime.tokenization import N_SPECIAL, LocatedText

EVIDENCE_LABEL: Final = "aux/evidence"
MAX_WINDOWS: Final = 8
"""Windows of one text whose words are looked at, those with the highest scores first: 2,000 tokens of it."""

_CJK = "\u3040-\u30ff\u3400-\u9fff"
_WORD: Final = re.compile(
    rf"[{_CJK}]|[^\W{_CJK}]+(?:(?:['\u2019@$!&-]|\*{{1,8}})[^\W{_CJK}]+){{0,8}}|[^\w\s\x00-\x7f]+"
)
"""A word with the signs inside of it, one character of a script without blanks, or a row of emoji."""
_MIN_RISE: Final = 1.0
"""A window whose logit is less than this above that of an empty text has nothing to explain."""
_LOWEST_SHARE, _HIGHEST_SHARE = -0.5, 1.5

Indices = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, and what speaks for each of them; NaN for words in no window that was looked at.

    Attributes:
        text: as the model read it.
        ranges: of the words in it, in order.
        evidence: highest logit of the evidence head on a token of each word, in the text; None without the head.
            *Shape:* `(w,)`.
        shares: by category, what the model says of each word alone, as a share of what it says of its window:
            `(alone - empty) / (window - empty)` on the logits, in [-0.5, 1.5]. *Shape:* `(w,)` each.

    """

    text: str
    ranges: tuple[tuple[int, int], ...]
    evidence: Float32s | None
    shares: dict[Category, Float32s]


def read_words(classifier: TextClassifier, text: str, categories: Collection[Category]) -> Words:
    """Look at every word of a normalised text, for each of some categories; others than the bundle's are left out.

    Raises:
        NoTokenLogitsError: the bundle has no token logits.

    """
    columns = {label: column for column, label in enumerate(classifier.labels) if label in categories}
    located = classifier.locate(text)
    ranges = tuple(match.span() for match in _WORD.finditer(located.text))
    head = _head(classifier)
    nothing = np.full(len(ranges), np.nan, dtype=np.float32)
    words = Words(located.text, ranges, None if head is None else nothing, {label: nothing.copy() for label in columns})
    if not columns or not ranges:
        return words
    owners = _owners(located, ranges)
    if not (owners >= 0).any():  # nothing but marks that the tokeniser drops
        return words
    logits, tokens = _read_tokens(classifier, located.windows)
    explained = _explained(classifier, logits, columns)
    chosen = [int(window) for window in np.flatnonzero(explained.any(axis=1))]
    inside = {window: _inside(located, owners, window) for window in chosen}
    alone, empty = _read_alone(classifier, located, owners, inside)
    for window in chosen:
        is_word = inside[window] >= 0
        present = np.unique(inside[window][is_word])
        if words.evidence is not None and head is not None:
            _raise_to(words.evidence, inside[window][is_word], tokens[window][1:-1, head][is_word])
        for place, (label, column) in enumerate(columns.items()):
            rise = logits[window, column] - empty[column]
            if explained[window, place] and rise >= _MIN_RISE:
                shares = (alone[present, column] - empty[column]) / rise
                _raise_to(words.shares[label], present, np.clip(shares, _LOWEST_SHARE, _HIGHEST_SHARE))
    return words


def _head(classifier: TextClassifier) -> int | None:
    """The column of the evidence head."""
    auxiliary = classifier.bundle.manifest.auxiliary_labels
    return len(classifier.labels) + auxiliary.index(EVIDENCE_LABEL) if EVIDENCE_LABEL in auxiliary else None


def _owners(located: LocatedText, ranges: Sequence[tuple[int, int]]) -> Indices:
    """The word that each token belongs to; -1 for punctuation between words. *Shape:* `(n_tokens,)`."""
    starts, ends = np.array(ranges, dtype=np.int64).T
    begins, stops = located.offsets.T
    words = np.searchsorted(starts, begins, side="right") - 1
    is_inside = (words >= 0) & (begins < ends[words]) & (stops > begins)
    return np.where(is_inside, words, -1).astype(np.int64)


def _inside(located: LocatedText, owners: Indices, window: int) -> Indices:
    """The owners of the tokens of one window."""
    start = located.starts[window]
    return owners[start : start + len(located.windows[window]) - N_SPECIAL]


def _raise_to(values: Float32s, places: Indices, found: Float32s) -> None:
    """The higher of what is there and what was found, at these places; NaN gives way."""
    np.fmax.at(values, places, found)


def _read_tokens(classifier: TextClassifier, windows: Sequence[TokenIds]) -> tuple[Float32s, list[Float32s]]:
    logits = np.empty((len(windows), classifier.n_outputs), dtype=np.float32)
    tokens: list[Float32s] = [logits] * len(windows)
    for batch in classifier.plan([len(window) for window in windows], DEFAULT_MAX_BATCH_TOKENS):
        logits[batch], found = classifier.infer_tokens([windows[index] for index in batch])
        for index, rows in zip(batch, found, strict=True):
            tokens[index] = rows
    return logits, tokens


def _explained(classifier: TextClassifier, logits: Float32s, columns: dict[Category, int]) -> Bools:
    """Which windows are explained for which category: those from its recall point on, and the highest in any case.

    Returns:
        *Shape:* `(n_windows, n_categories)`; at most `MAX_WINDOWS` windows have any.

    """
    probs = classifier.probabilities(logits)[:, list(columns.values())]
    table = classifier.bundle.thresholds.categories
    floors = np.array([table[label][OperatingPoint.RECALL] for label in columns], dtype=np.float32)
    explained: Bools = (probs >= floors) | (probs == probs.max(axis=0))
    if len(logits) > MAX_WINDOWS:
        highest = (probs / np.maximum(floors, np.float32(1e-6))).max(axis=1)
        explained[np.argsort(-highest, kind="stable")[MAX_WINDOWS:]] = False
    return explained


def _read_alone(
    classifier: TextClassifier, located: LocatedText, owners: Indices, inside: dict[int, Indices]
) -> tuple[Float32s, Float32s]:
    """Logits of the words in some windows, each as a text of its own, and of an empty text.

    Words that are spelled alike are read once.

    Returns:
        *Shape:* `(w, n_outputs)`, NaN for other words; and `(n_outputs,)`.

    """
    first, last = located.windows[0][:1], located.windows[0][-1:]
    ids = _token_ids(located, len(owners))
    places = np.flatnonzero(owners >= 0)
    words, begins = np.unique(owners[places], return_index=True)
    pieces = dict(zip(words.tolist(), np.split(ids[places], begins[1:]), strict=True))
    spelled: dict[bytes, list[int]] = {}
    for word in sorted({word for found in inside.values() for word in found.tolist() if word >= 0}):
        spelled.setdefault(pieces[word].tobytes(), []).append(word)
    room = classifier.bundle.manifest.max_tokens - N_SPECIAL
    windows = [np.concatenate([first, np.frombuffer(key, dtype=np.int64)[:room], last]) for key in spelled]
    logits = run_batches(classifier.infer, [np.concatenate([first, last]), *windows], DEFAULT_MAX_BATCH_TOKENS)
    alone = np.full((int(owners.max()) + 1, classifier.n_outputs), np.nan, dtype=np.float32)
    for row, members in zip(logits[1:], spelled.values(), strict=True):
        alone[members] = row
    return alone, logits[0]


def _token_ids(located: LocatedText, n_tokens: int) -> TokenIds:
    """The ids of the whole text, put together from its windows again."""
    ids = np.empty(n_tokens, dtype=np.int64)
    for start, window in zip(located.starts, located.windows, strict=True):
        ids[start : start + len(window) - N_SPECIAL] = window[1:-1]
    return ids
