"""Tokenisation: normalised texts to windows of token ids. Nothing is truncated, whatever the length."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.contracts.bundle import Spelling
from models.runtime.undisguise import undisguise

TokenIds = NDArray[np.int64]

N_SPECIAL = 2
"""Every window begins with [CLS] and ends with [SEP]."""
TURN_CHARS_A_TOKEN = 64
"""Characters of a previous turn that are looked at for each of its tokens that is read: only its end is, and tokens are
of at most 33 characters, of which disguises make twice as many."""

# WordPiece answers one unknown token for a word of more than 100 characters after it has decomposed them
# (three for a Hangul syllable), and so would never see what is inside. Longer words are read in pieces.
_PIECE_CHARS = 33
_LONG_WORD = re.compile(rf"\w{{{_PIECE_CHARS}}}(?=\w)")


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """A text as the model reads it.

    Attributes:
        n_tokens: tokens of the text, special tokens not counted, overlaps counted once.
        windows: int64 token ids in reading order, one or more. *Shape:* `(t,)` each, `2 <= t <= max_tokens`.

    """

    n_tokens: int
    windows: tuple[TokenIds, ...]


@dataclass(frozen=True, slots=True)
class LocatedText:
    """A text as the model reads it, and where in it each token is.

    Attributes:
        text: what WordPiece was given: the normalised text, or that with disguises undone.
        offsets: characters of `text` that each token stands for, `[start, end)`, special tokens not counted.
            *Shape:* `(n_tokens, 2)` int64.
        windows: as `TextTokenizer.tokenize` gives them.
        starts: index of the first token of each window, special tokens not counted.

    """

    text: str
    offsets: TokenIds
    windows: tuple[TokenIds, ...]
    starts: tuple[int, ...]


class TextTokenizer:
    """Cuts texts into token ids, and long texts into overlapping windows.

    Attributes:
        max_tokens: longest window, special tokens included.
        window_stride: tokens that two neighbouring windows share.
        spelling: how texts are read: as written, or with disguises undone first.
        previous_tokens: most tokens of a previous turn that are read, its end; 0 reads none.

    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        max_tokens: int,
        window_stride: int,
        spelling: Spelling = "as-written",
        previous_tokens: int = 0,
    ) -> None:
        self._tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.window_stride = window_stride
        self.spelling = spelling
        self.previous_tokens = previous_tokens

    def tokenize(self, texts: Sequence[str], previous: Sequence[str | None] | None = None) -> list[TokenizedText]:
        """Read normalised texts.

        Every token of a text is in at least one of its windows, and a text that fits has exactly one. A previous turn
        stands before it as `[CLS] turn [SEP] text [SEP]` and takes only the room that the text leaves, so a text of
        several windows, which are all full, is read alone.

        Args:
            texts: any number of them.
            previous: the normalised turn before each text, None or empty where there is none. *Shape:* `(n,)`.

        """
        tokenized = [self._cut(ids) for ids in self._encode(texts)]
        if previous is None or not self.previous_tokens:
            return tokenized
        n_chars = self.previous_tokens * TURN_CHARS_A_TOKEN
        turns = [(index, turn[-n_chars:]) for index, turn in enumerate(previous) if turn]
        for (index, _), ids in zip(turns, self._encode([turn for _, turn in turns]), strict=True):
            tokenized[index] = self._with_previous(tokenized[index], ids)
        return tokenized

    def _encode(self, texts: Sequence[str]) -> list[TokenIds]:
        """Token ids of whole texts, special tokens included."""
        encodings = self._tokenizer.encode_batch_fast([read_text(text, self.spelling) for text in texts])
        return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]

    def _with_previous(self, text: TokenizedText, previous: TokenIds) -> TokenizedText:
        """The end of the turn in front of a text of one window; laid out as `models.training.passages` does."""
        window = text.windows[0]
        room = min(self.previous_tokens, self.max_tokens - len(window) - 1, len(previous) - N_SPECIAL)
        if len(text.windows) > 1 or room <= 0 or not text.n_tokens:
            return text
        turn = previous[len(previous) - 1 - room : -1]
        return TokenizedText(text.n_tokens, (np.concatenate([window[:1], turn, window[-1:], window[1:]]),))

    def locate(self, text: str) -> LocatedText:
        """Read one normalised text, and keep where its tokens are, which costs more than `tokenize`."""
        read = read_text(text, self.spelling)
        encoding = self._tokenizer.encode(read)
        tokenized = self._cut(np.array(encoding.ids, dtype=np.int64))
        offsets = np.array(encoding.offsets[1:-1], dtype=np.int64).reshape(-1, 2)
        return LocatedText(read, offsets, tokenized.windows, tuple(self._starts(tokenized.n_tokens)))

    def _cut(self, ids: TokenIds) -> TokenizedText:
        """One window if everything fits; otherwise full windows, the last one flush with the end."""
        n_tokens = len(ids) - N_SPECIAL
        room = self.max_tokens - N_SPECIAL
        if n_tokens <= room:
            return TokenizedText(n_tokens, (ids,))
        body = ids[1:-1]
        windows = (np.concatenate([ids[:1], body[at : at + room], ids[-1:]]) for at in self._starts(n_tokens))
        return TokenizedText(n_tokens, tuple(windows))

    def _starts(self, n_tokens: int) -> list[int]:
        """Where the windows of a text of so many tokens begin."""
        room = self.max_tokens - N_SPECIAL
        last = max(0, n_tokens - room)
        return [*range(0, last, room - self.window_stride), last]


def read_text(text: str, spelling: Spelling) -> str:
    """What WordPiece is given of a normalised text: disguises undone where the model asks for it, long words cut."""
    return _readable(undisguise(text) if spelling == "undisguised" else text)


def _readable(text: str) -> str:
    """The text with words too long for WordPiece cut into pieces."""
    if max(map(len, text.split(" "))) <= _PIECE_CHARS:
        return text
    return _LONG_WORD.sub(r"\g<0> ", text)


def open_tokenizer(
    path: Path,
    max_tokens: int,
    window_stride: int,
    spelling: Spelling = "as-written",
    previous_tokens: int = 0,
) -> TextTokenizer:
    """Read `tokenizer.json`.

    The library's own threads are switched off: a worker is one core, and a second pool of threads would fight the
    model for it.
    """
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return TextTokenizer(tokenizer, max_tokens, window_stride, spelling, previous_tokens)
