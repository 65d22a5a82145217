r"""The texts every system is measured with, and the order in which they are sent.

`texts.txt` holds posts, chat lines, reviews and mails written for this project, one a line, with `\n` for a line
break inside a text. Lengths follow what comment and chat moderation sees: most texts are one sentence, a tenth are a
word or two, and a few are pages. `length_profile` prints the distribution of whatever tokenizer a bundle brings.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TEXTS_PATH = Path(__file__).parent / "texts.txt"


@dataclass(frozen=True)
class LengthProfile:
    """Token counts of the corpus, special tokens included."""

    n_texts: int
    mean: float
    p10: float
    p50: float
    p90: float
    p99: float
    longest: int


def load_texts(path: Path = TEXTS_PATH) -> list[str]:
    """The corpus in file order.

    Raises:
        ValueError: if the file is empty or repeats a text (a repeated text would flatter a server that caches).

    """
    texts = [line.replace("\\n", "\n") for line in path.read_text(encoding="utf-8").splitlines() if line]
    if not texts or len(set(texts)) != len(texts):
        raise ValueError(f"{path}: needs at least one text, and each text only once")
    return texts


def stream(texts: Sequence[str], length: int, seed: int = 0) -> list[str]:
    """`length` texts: shuffled passes over the corpus, one after another, the same for a given seed."""
    shuffler = random.Random(seed)
    drawn: list[str] = []
    while len(drawn) < length:
        drawn.extend(shuffler.sample(list(texts), k=len(texts)))
    return drawn[:length]


def groups(texts: Sequence[str], size: int) -> list[list[str]]:
    """Consecutive groups of exactly `size` texts; a shorter rest is left out."""
    return [list(texts[start : start + size]) for start in range(0, len(texts) - size + 1, size)]


def length_profile(lengths: Sequence[int]) -> LengthProfile:
    """Summarize token counts, one entry a text."""
    from scripts.bench.summary import percentile

    return LengthProfile(
        n_texts=len(lengths),
        mean=sum(lengths) / len(lengths),
        p10=percentile(lengths, 10),
        p50=percentile(lengths, 50),
        p90=percentile(lengths, 90),
        p99=percentile(lengths, 99),
        longest=max(lengths),
    )
