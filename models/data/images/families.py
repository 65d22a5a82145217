"""Families: what the original file names say about where a picture comes from, and about its relatives.

A family is a sub-source: sets joined from several collections keep the habits of each in their names. Kin are pictures
that must not be separated: augmented copies, frames of one video, pictures of one person.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Final

_ROBOFLOW = re.compile(r"\.rf\.[0-9a-f]{32}\.jpg$")
_PACKED_SUFFIX = re.compile(r"(_jpe?g|_png|_webp|_gif)+$", re.IGNORECASE)
_PERSON = re.compile(r"^\d+_\d+_([a-z]+)_\d+$")
_FRAME = re.compile(r"\.(mp4|mov|avi)#t=\d+.*$")

_FIRE_FAMILIES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("Fire-", re.compile(r"^Fire-\d+-$")),
    ("Smoke-", re.compile(r"^Smoke-\d+-$")),
    ("fire-clip", re.compile(r"^fire-\d+-\d+$")),
    ("fire_", re.compile(r"^fire_\d+$")),
    ("F_", re.compile(r"^F_\d+$")),
    ("images", re.compile(r"^images\d+$")),
    ("augmented", re.compile(r"^\d+(_\d+)+_*$")),
    ("number", re.compile(r"^\d+$")),
)
_FACE_FAMILIES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("mask_street", re.compile(r"^maksssksksss\d+$")),
    ("mask_worn", re.compile(r"^(with_mask|b_mask|masked_hijab|yes)\d*")),
    ("hijab", re.compile(r"^(hijab|burka)\d*")),
    ("person", _PERSON),
    ("person", re.compile(r"^\d+_\d+_")),
    ("number", re.compile(r"^\d+$")),
)

STAGED: Final = "staged"
"""Frames of a few staged scenes, the same people in the same places: one group. What they hold is too small for its
kind to be certain (the scenes in a desert show rifles, and say knife). Found by looking at all of block 01 and 02."""
_STAGED_BLOCKS: Final = frozenset({"block-01", "block-02"})


def stem(original: str) -> str:
    """The name a picture had before an annotation tool exported it: augmented copies share it.

    Examples:
        >>> stem("set/train/images/Fire-244-_jpg.rf.0123456789abcdef0123456789abcdef.jpg")
        'Fire-244-'

    """
    name = PurePosixPath(original).name
    if _ROBOFLOW.search(name):
        return _PACKED_SUFFIX.sub("", _ROBOFLOW.sub("", name))
    return PurePosixPath(name).stem


def family(source: str, original: str, label: str) -> str:
    """The sub-source of a picture, by its path in its set and its set's label; empty where these show none."""
    if source == "weapon_ahmed17k" and label == "weapon:knife" and _block(original) in _STAGED_BLOCKS:
        return STAGED
    rule = _FAMILIES.get(source)
    return "" if rule is None else rule(original)


def kin(source: str, original: str, label: str) -> str | None:
    """The name of a picture's relatives, made unreadable where it may be a person's; None for a picture without any."""
    name = PurePosixPath(original).name
    if family(source, original, label) == STAGED:
        return f"{source}:{STAGED}"
    if _FRAME.search(name):
        return f"{source}:{_FRAME.sub('', name)}"
    if _ROBOFLOW.search(name):
        person = _PERSON.match(stem(original))
        relatives = person.group(1) if source == "faces_darun" and person else stem(original)
        return f"{source}:{hashlib.sha256(relatives.encode()).hexdigest()[:16]}"
    return None


def _matching(rules: tuple[tuple[str, re.Pattern[str]], ...]) -> Callable[[str], str]:
    def rule(original: str) -> str:
        name = stem(original)
        return next((label for label, pattern in rules if pattern.match(name)), "other")

    return rule


def _block(original: str) -> str:
    """Numbers of the same thousand: `images/02581.jpg` is in block 02."""
    return f"block-{stem(original)[:2]}"


def _folder(depth: int) -> Callable[[str], str]:
    return lambda original: PurePosixPath(original).parts[depth]


def _drive(original: str) -> str:
    return stem(original).split("_")[0]


def _imagenet(original: str) -> str:
    """Animals, things, food, scenes, people and plants: WordNet numbers in ImageNet are laid out like this."""
    number = int(stem(original)[1:9])
    edges = ((2_600_000, "animals"), (7_500_000, "things"), (8_000_000, "food"), (9_600_000, "scenes"))
    return next((name for edge, name in edges if number < edge), "people_and_plants")


def _meme(original: str) -> str:
    return "propaganda" if "propaganda" in original else "covid_and_politics"


_FAMILIES: Final[Mapping[str, Callable[[str], str]]] = {
    "weapon_ahmed17k": _block,
    "fire_forest": _matching(_FIRE_FAMILIES),
    "faces_darun": _matching(_FACE_FAMILIES),
    "clothing": _folder(2),
    "grocery": _folder(2),
    "dogcat": _folder(1),
    "plates_romania": _drive,
    "imagenet1000": _imagenet,
    "harmeme": _meme,
    "propaganda": _meme,
}
