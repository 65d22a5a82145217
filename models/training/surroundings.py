"""Surroundings: what stands around a text where it is read, the turn before it or harmless text beside it.

Neither changes what the text itself is: its labels stay, and tokens that were added are no evidence of its harm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Truth = NDArray[np.int8]
UNKNOWN = -1
HARMLESS = 0


@dataclass(frozen=True)
class Passage:
    """Token ids, and which of them carry the harm.

    Attributes:
        ids: special tokens included. *Shape:* `(t,)`.
        evidence: 1 part of the harm, 0 not, -1 unknown; special tokens are unknown. *Shape:* `(t,)`.

    """

    ids: Ids
    evidence: Truth

    @property
    def is_marked(self) -> bool:
        """Whether it is known which tokens carry the harm."""
        return bool((self.evidence != UNKNOWN).any())


def after_turn(passage: Passage, turn: Ids, max_tokens: int) -> Passage:
    """The passage behind the turn before it, `[CLS] turn [SEP] text [SEP]`; the end of the turn, as there is room.

    Args:
        passage: stays whole.
        turn: without special tokens. *Shape:* `(s,)`.
        max_tokens: of both together, special tokens included.

    """
    turn = _end(turn, max_tokens - len(passage.ids) - 1)
    if not len(turn):
        return passage
    ids = np.concatenate([passage.ids[:1], turn, passage.ids[-1:], passage.ids[1:]])
    return Passage(ids, np.concatenate([unknown(turn), unknown(turn[:1]), passage.evidence]))


def in_company(passage: Passage, before: Ids, after: Ids) -> Passage:
    """The passage between harmless texts.

    Args:
        passage: stays whole.
        before: without special tokens. *Shape:* `(s,)`.
        after: without special tokens. *Shape:* `(u,)`.

    """
    added = HARMLESS if passage.is_marked else UNKNOWN
    evidence = passage.evidence
    return Passage(
        np.concatenate([passage.ids[:1], before, passage.ids[1:-1], after, passage.ids[-1:]]),
        np.concatenate(
            [evidence[:1], np.full_like(before, added), evidence[1:-1], np.full_like(after, added), evidence[-1:]],
            dtype=np.int8,
        ),
    )


def unknown(ids: Ids) -> Truth:
    """Nothing known about any of the tokens."""
    return np.full(len(ids), UNKNOWN, dtype=np.int8)


def _end(ids: Ids, n: int) -> Ids:
    return ids[len(ids) - max(0, min(len(ids), n)) :]
