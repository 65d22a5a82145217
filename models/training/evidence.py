"""Evidence: which tokens carry the harm, from the characters that annotators marked."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.contracts.bundle import Spelling
from models.runtime.alignment import align
from models.runtime.tokenization import read_text

Spans = Sequence[tuple[int, int]]
UNKNOWN = -1


def token_truth(tokenizer: Tokenizer, text: str, spans: Spans, spelling: Spelling) -> NDArray[np.int8]:
    """1 for tokens that overlap a span, 0 for others, -1 for special tokens.

    Args:
        tokenizer: the encoder's.
        text: normalised.
        spans: character ranges of `text`, ends exclusive.
        spelling: how the model reads texts; spans are carried over to what it reads.

    Returns:
        *Shape:* `(t,)`, the tokens of the whole text.

    """
    read = read_text(text, spelling)
    marked = np.zeros(len(read) + 1, dtype=bool)
    for start, end in align(text, read).forward_all(list(spans)):
        marked[start:end] = True
    counts = np.concatenate([[0], np.cumsum(marked)])
    offsets = np.array(tokenizer.encode(read).offsets, dtype=np.int64)
    truth = (counts[offsets[:, 1]] > counts[offsets[:, 0]]).astype(np.int8)
    truth[offsets[:, 0] == offsets[:, 1]] = UNKNOWN
    return truth
