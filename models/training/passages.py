"""Passages: what the model sees of one row, one time it is drawn.

The same row is not the same passage twice: a long text gives a random window, a share of texts is disguised as people
disguise what filters must not read, and the turn before is sometimes shown. All of it is a function of the generator.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.attacks import augment
from models.runtime.tokenization import N_SPECIAL, TextTokenizer
from models.training.config import PassagesConfig
from models.training.tokens import TokenTable

Ids = NDArray[np.int32]
Truth = NDArray[np.int8]
UNKNOWN = -1


@dataclass(frozen=True)
class Passage:
    """Token ids, and which of them carry the harm.

    Attributes:
        ids: special tokens included. *Shape:* `(t,)`.
        evidence: 1 part of the harm, 0 not, -1 unknown; special tokens are unknown. *Shape:* `(t,)`.

    """

    ids: Ids
    evidence: Truth


class PassageReader:
    """Reads passages of a training split.

    Args to the constructor:
        table: tokens of every row.
        texts: the rows themselves, for those that are disguised. *Shape:* `(n,)`.
        previous: tokens of the turns before, empty for rows without one; None where no row has one.
        evidence: token truth by row, as long as the row's tokens.
        tokenizer: reads what was disguised; takes texts of any length.
        config: how often.

    """

    def __init__(
        self,
        table: TokenTable,
        texts: Sequence[str],
        previous: TokenTable | None,
        evidence: Mapping[int, Truth],
        tokenizer: TextTokenizer,
        config: PassagesConfig,
    ) -> None:
        self._table = table
        self._texts = texts
        self._previous = previous
        self._evidence = evidence
        self._tokenizer = tokenizer
        self._config = config

    def read(self, rows: NDArray[np.int64], max_tokens: int, rng: np.random.Generator) -> list[Passage]:
        """One passage a row, each of at most `max_tokens` tokens."""
        disguised = self._disguised(rows, rng)
        passages = []
        for position, row in enumerate(map(int, rows)):
            ids = disguised.get(position)
            if ids is None:
                truth = self._evidence.get(row)
                passage = Passage(self._table[row], _unknown(self._table[row]) if truth is None else truth)
            else:
                passage = Passage(ids, _unknown(ids))
            passages.append(self._with_previous(row, random_window(passage, max_tokens, rng), max_tokens, rng))
        return passages

    def _disguised(self, rows: NDArray[np.int64], rng: np.random.Generator) -> dict[int, Ids]:
        """Tokens of the texts that are disguised this time, by position in the batch."""
        chosen = np.flatnonzero(rng.random(len(rows)) < self._config.disguised_share).tolist()
        texts = [augment(self._texts[int(rows[i])], random.Random(int(rng.integers(2**63)))) for i in chosen]
        read = self._tokenizer.tokenize(texts) if texts else []
        return {
            i: text.windows[0].astype(np.int32)
            for i, text in zip(chosen, read, strict=True)
            if len(text.windows[0]) > N_SPECIAL
        }

    def _with_previous(self, row: int, passage: Passage, max_tokens: int, rng: np.random.Generator) -> Passage:
        """The turn before in front of the text, its end kept, where there is room and chance has it."""
        if self._previous is None or rng.random() >= self._config.previous_share:
            return passage
        turn = self._previous[row][1:-1][-self._config.previous_tokens :]
        turn = turn[len(turn) - max(0, min(len(turn), max_tokens - len(passage.ids) - 1)) :]
        if not len(turn):
            return passage
        ids = np.concatenate([passage.ids[:1], turn, passage.ids[-1:], passage.ids[1:]])
        return Passage(ids, np.concatenate([_unknown(turn), passage.evidence[:1] * 0 - 1, passage.evidence]))


def random_window(passage: Passage, max_tokens: int, rng: np.random.Generator) -> Passage:
    """The passage itself if it fits, or a stretch of it between its first and last token."""
    if len(passage.ids) <= max_tokens:
        return passage
    room = max_tokens - N_SPECIAL
    start = int(rng.integers(1, len(passage.ids) - 1 - room + 1))
    kept = np.r_[0, start : start + room, len(passage.ids) - 1]
    return Passage(passage.ids[kept], passage.evidence[kept])


def _unknown(ids: Ids) -> Truth:
    return np.full(len(ids), UNKNOWN, dtype=np.int8)
