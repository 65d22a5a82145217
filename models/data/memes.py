"""Memes: HarMeme's labels and words, its near-duplicate groups, and the subject that gives a label away.

Source: Pramanick et al. (2021), "Detecting harmful memes and their targets" (HarMeme, the COVID-19 part: its official
training and validation splits; the official test is not in the mirror).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.data.duplicates import Forest, group
from models.data.errors import DataError, MissingFileError

MEMES_FILE: Final = "memes.jsonl"
SOURCE: Final = "harmeme"
MAX_PDQ_DISTANCE: Final = 31
"""Bits in which two pictures may differ and still be one. Source: ThreatExchange, `pdq/README.md`."""

_HARMLESS, _SOMEWHAT, _VERY = "not harmful", "somewhat harmful", "very harmful"
_MARKS = re.compile(
    r"(https?://\S+|\b(www\.)?\w+\.(com|org|net|me|io)\b|@\w+|\b(imgflip|memedroid|memegenerator|ifunny)\b)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_POLITICS = re.compile(
    r"\b(trump|donald|biden|joe|bernie|sanders|warren|obama|clinton|hillary|pelosi|pence|kamala|republicans?|"
    r"democrats?|gop|maga|conservatives?|liberals?|elections?|elected|vot(e|er|ers|ing)|president|congress|senat\w*)\b"
)


class Part(StrEnum):
    """HarMeme's own splits, which share near duplicates and are not used as splits here."""

    TRAIN = "train"
    VALIDATION = "val"


@dataclass(frozen=True, slots=True)
class Meme:
    """One meme.

    Attributes:
        path: its picture.
        words: transcribed by the set's authors, cleaned.
        is_harmful: somewhat or very harmful.
        is_very_harmful: very harmful.
        part: the split its authors gave it.

    """

    path: Path
    words: str
    is_harmful: bool
    is_very_harmful: bool
    part: Part

    @property
    def is_political(self) -> bool:
        """Whether its words name a politician, a party or an election: nine in ten of those are labelled harmful."""
        return _POLITICS.search(self.words.lower()) is not None


def load_memes(root: Path) -> list[Meme]:
    """The memes of HarMeme in the order of the file.

    Args:
        root: the folder with `memes.jsonl` and the pictures it names.

    Raises:
        MissingFileError: the list is not there.
        DataError: a row is not what the format says.

    """
    file = root / MEMES_FILE
    if not file.is_file():
        raise MissingFileError(f"{MEMES_FILE} is not in {root}; give the folder of the picture sets")
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        memes = [_meme(root, row) for row in rows if row["source"] == SOURCE]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DataError(f"{file.name}: a row has no file, source, split, labels or text as HarMeme has them") from error
    if not memes:
        raise DataError(f"{file.name}: no row has the source {SOURCE}")
    return memes


def clean_words(text: str) -> str:
    """One line, without the addresses and names of the sites that memes come from."""
    return _SPACES.sub(" ", _MARKS.sub(" ", text)).strip()


def meme_groups(words: Sequence[str], hashes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The group of each meme: the smallest index among its near duplicates by picture or by words.

    Args:
        words: of each meme.
        hashes: PDQ bits. *Shape:* `(n, 32)`.

    Returns:
        *Shape:* `(n,)`.

    """
    forest = Forest(len(words))
    for index, root in enumerate(group(words, [None] * len(words))):
        forest.join(index, root)
    for left, right in near_pictures(hashes):
        forest.join(left, right)
    return np.array([forest.root(index) for index in range(len(words))], dtype=np.int64)


def near_pictures(hashes: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Pairs of pictures whose PDQ hashes differ in at most `MAX_PDQ_DISTANCE` bits. *Shape:* `(n, 32)`."""
    signs = np.unpackbits(hashes, axis=1).astype(np.float32) * 2.0 - 1.0
    alike = signs @ signs.T >= signs.shape[1] - 2 * MAX_PDQ_DISTANCE  # The product is the bits less twice the distance.
    left, right = np.nonzero(np.triu(alike, k=1))
    return list(zip(left.tolist(), right.tolist(), strict=True))


def _meme(root: Path, row: dict[str, object]) -> Meme:
    labels = row["labels"]
    if not isinstance(labels, list) or labels[0] not in {_HARMLESS, _SOMEWHAT, _VERY}:
        raise ValueError("unknown label")
    return Meme(
        path=root / str(row["file"]),
        words=clean_words(str(row["text"])),
        is_harmful=labels[0] != _HARMLESS,
        is_very_harmful=labels[0] == _VERY,
        part=Part(str(row["split"])),
    )
