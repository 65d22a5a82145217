"""Passages: what the model sees of one row, one time it is drawn.

The same row is not the same passage twice: a long text gives a random window, a share of texts is disguised as people
disguise what filters must not read, and some stand behind a turn or among harmless texts. All of it is a function of
the generator.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.data.attacks import augment
from models.runtime.tokenization import N_SPECIAL, TextTokenizer
from models.training.config import PassagesConfig
from models.training.fragments import fragment
from models.training.surroundings import Ids, Passage, Truth, after_turn, in_company, unknown
from models.training.tokens import TokenTable

_NOTHING: Final = np.empty(0, dtype=np.int32)


class PassageReader:
    """Reads passages of a training split.

    Args to the constructor:
        table: tokens of every row.
        texts: the rows themselves, for those that are disguised. *Shape:* `(n,)`.
        previous: tokens of the turns before, empty for rows without one; None where no row has one.
        evidence: token truth by row, as long as the row's tokens.
        company: rows without harm and with words, whose texts may stand beside others. *Shape:* `(c,)`.
        is_harmless: rows whose words may stand alone. *Shape:* `(n,)`.
        tokenizer: reads what was disguised or cut out; takes texts of any length.
        config: how often.

    """

    def __init__(
        self,
        table: TokenTable,
        texts: Sequence[str],
        previous: TokenTable | None,
        evidence: Mapping[int, Truth],
        company: NDArray[np.int64],
        is_harmless: NDArray[np.bool_],
        tokenizer: TextTokenizer,
        config: PassagesConfig,
    ) -> None:
        self._table = table
        self._texts = texts
        self._previous = previous
        self._evidence = evidence
        self._company = company
        self._is_company = np.isin(np.arange(len(texts)), company)
        self._is_harmless = is_harmless
        self._tokenizer = tokenizer
        self._config = config

    def read(self, rows: NDArray[np.int64], max_tokens: int, rng: np.random.Generator) -> list[Passage]:
        """One passage a row, each of at most `max_tokens` tokens."""
        rewritten = self._rewritten(rows, rng)
        passages = []
        for position, row in enumerate(map(int, rows)):
            ids = rewritten.get(position)
            if ids is None:
                truth = self._evidence.get(row)
                passage = Passage(self._table[row], unknown(self._table[row]) if truth is None else truth)
            else:
                passage = Passage(ids, unknown(ids))
            passages.append(self._surrounded(row, random_window(passage, max_tokens, rng), max_tokens, rng))
        return passages

    def _rewritten(self, rows: NDArray[np.int64], rng: np.random.Generator) -> dict[int, Ids]:
        """Tokens of the texts that are disguised, or shown in part, this time, by position in the batch."""
        chances, bounds = rng.random(len(rows)), self._config.disguised_share + self._config.fragment_share
        texts: dict[int, str] = {}
        for position in np.flatnonzero(chances < bounds).tolist():
            row, chance = int(rows[position]), random.Random(int(rng.integers(2**63)))
            if chances[position] < self._config.disguised_share:
                texts[position] = augment(self._texts[row], chance)
            elif self._is_harmless[row]:
                texts[position] = fragment(self._texts[row], chance)
        read = self._tokenizer.tokenize(list(texts.values())) if texts else []
        return {
            position: text.windows[0].astype(np.int32)
            for position, text in zip(texts, read, strict=True)
            if len(text.windows[0]) > N_SPECIAL
        }

    def _surrounded(self, row: int, passage: Passage, max_tokens: int, rng: np.random.Generator) -> Passage:
        """The passage alone, behind its own turn or a stranger's, or among harmless texts, as chance has it."""
        chance = rng.random()
        own = self._words(self._previous, row) if self._previous is not None else _NOTHING
        if len(own):
            turn = own if chance < self._config.previous_share else _NOTHING
            return after_turn(passage, turn[-self._config.previous_tokens :], max_tokens)
        if chance < self._config.stray_turn_share:
            stray = self._words(self._table, int(rng.integers(len(self._texts))))
            return after_turn(passage, stray[-self._config.previous_tokens :], max_tokens)
        in_share = self._config.gathered_share if self._is_company[row] else self._config.company_share
        if chance < self._config.stray_turn_share + in_share:
            room = max_tokens - len(passage.ids)
            n_before = int(rng.integers(room + 1))
            before, after = self._gather(n_before, rng), self._gather(room - n_before, rng)
            return in_company(passage, before, after)
        return passage

    def _gather(self, n_tokens: int, rng: np.random.Generator) -> Ids:
        """So many tokens of harmless texts in a row, the last one cut. *Shape:* `(n_tokens,)`."""
        texts, missing = [_NOTHING], n_tokens
        while missing > 0:
            texts.append(self._words(self._table, int(rng.choice(self._company)))[:missing])
            missing -= len(texts[-1])
        return np.concatenate(texts)

    @staticmethod
    def _words(table: TokenTable, row: int) -> Ids:
        """Tokens of a row without the special ones."""
        return table[row][1:-1]


def random_window(passage: Passage, max_tokens: int, rng: np.random.Generator) -> Passage:
    """The passage itself if it fits, or a stretch of it between its first and last token."""
    if len(passage.ids) <= max_tokens:
        return passage
    room = max_tokens - N_SPECIAL
    start = int(rng.integers(1, len(passage.ids) - 1 - room + 1))
    kept = np.r_[0, start : start + room, len(passage.ids) - 1]
    return Passage(passage.ids[kept], passage.evidence[kept])
