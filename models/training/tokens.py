"""Tokens: texts as token ids, read in training exactly as the served model reads them."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.contracts.bundle import Spelling
from models.runtime.tokenization import TextTokenizer

TOKENIZE_ROWS = 4096


@dataclass(frozen=True)
class TokenTable:
    """The token ids of many texts, end to end.

    Attributes:
        ids: int32, special tokens included. *Shape:* `(total tokens,)`.
        offsets: where each text begins, and the end. *Shape:* `(n + 1,)`.

    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __getitem__(self, row: int) -> NDArray[np.int32]:
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text. *Shape:* `(n,)`."""
        return np.diff(self.offsets)


def tokenize_all(tokenizer: Tokenizer, texts: Sequence[str], spelling: Spelling = "as-written") -> TokenTable:
    """Read every text whole, however long."""
    reader = TextTokenizer(tokenizer, max_tokens=sys.maxsize, window_stride=0, spelling=spelling)
    parts: list[NDArray[np.int32]] = []
    for start in range(0, len(texts), TOKENIZE_ROWS):
        tokenized = reader.tokenize(texts[start : start + TOKENIZE_ROWS])
        parts += [text.windows[0].astype(np.int32) for text in tokenized]
    offsets = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
    return TokenTable(np.concatenate(parts) if parts else np.empty(0, np.int32), offsets)


def read_tokenizer(path: Path) -> Tokenizer:
    """Read `tokenizer.json` without the padding and truncation that it may carry.

    Raises:
        OSError: there is no such file, or it is no tokenizer.

    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if not path.is_file():
        raise FileNotFoundError(path)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise OSError(f"{path}: not a tokenizer") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer
