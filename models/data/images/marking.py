"""Marking: what each set says about a picture, one function a set, and which regions it boxed completely.

Source of the rules: the sets' own classes, their notes in the registry, and looking at samples of each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from models.contracts.evidence import RegionKind
from models.data.images.families import STAGED
from models.data.images.imagenet import imagenet_marks
from models.data.images.labels import REGION_OF, PictureLabel, PictureMarks
from models.data.images.pictures import PictureBox
from models.data.labels import NO, UNKNOWN, YES

_W, _F, _A, _T = PictureLabel.WEAPONS, PictureLabel.FIRE, PictureLabel.ALCOHOL, PictureLabel.TEXT
_H, _K, _L, _S = PictureLabel.HANDGUN, PictureLabel.KNIFE, PictureLabel.LONG_GUN, PictureLabel.SMOKE


@dataclass(frozen=True, slots=True)
class Given:
    """What a set gives beside the pixels.

    Attributes:
        source, family: see `Picture`.
        label: the set's own label.
        name: file stem of the original.
        boxes: boxed things.
        words: transcribed text of a meme, empty elsewhere.

    """

    source: str
    family: str
    label: str
    name: str
    boxes: tuple[PictureBox, ...] = ()
    words: str = ""


_SHOTS_WITH_FLAMES: Final = frozenset({"00629", "02707"})
"""Weapon pictures with flames in them: the only ones among the 96 with most flame-coloured pixels, all looked at."""


def marks(given: Given) -> PictureMarks:
    """The labels of one picture as its set gives them, before implications."""
    return _RULES[given.source](given)


def regions(given: Given, labels: PictureMarks) -> dict[RegionKind, int]:
    """Whether the boxes of each region kind are complete (1) or the kind is absent (0); unknown kinds are left out."""
    found = {REGION_OF[box.name]: YES for box in given.boxes if box.name in REGION_OF}
    if given.source in _NO_PEOPLE_OR_CARS:
        found |= {RegionKind.FACE: NO, RegionKind.PLATE: NO}
    for label, kind in ((_W, RegionKind.WEAPONS), (_F, RegionKind.FIRE)):
        if labels.get(label) == NO:
            found.setdefault(kind, NO)
    return found


_NO_PEOPLE_OR_CARS: Final = frozenset({"dogcat", "grocery"})


def _ahmed(given: Given) -> PictureMarks:
    """Boxes name every kind, so a kind without a box is a no; staged scenes leave it open."""
    boxed = {box.name for box in given.boxes} | set(given.label.removeprefix("weapon:").split("+"))
    kinds = {kind: YES if kind.value in boxed else NO for kind in (_H, _K, _L)} if given.family != STAGED else {}
    return {_W: YES, **kinds, _F: UNKNOWN if given.name in _SHOTS_WITH_FLAMES else NO}


def _fire(given: Given) -> PictureMarks:
    """Smoke alone is fire too. A picture with fire boxes only may show smoke that nobody boxed: unknown."""
    smoke = "smoke" in given.label.partition(":")[2] or any(box.name == "smoke" for box in given.boxes)
    return {_F: YES, _S: YES if smoke else UNKNOWN, _W: NO}


def _alcohol(given: Given) -> PictureMarks:
    """Brand material need not show a drink."""
    return {_A: YES if given.label == "alcohol" else UNKNOWN, _W: NO, _F: NO}


def _clothing(given: Given) -> PictureMarks:
    printed = given.family in {"t-shirt", "hat", "shoes", "outwear"}
    return {_W: NO, _F: NO, _A: NO, _T: UNKNOWN if printed else NO}


def _imagenet(given: Given) -> PictureMarks:
    return imagenet_marks(given.name.partition("_")[2], given.family)


def _meme(given: Given) -> PictureMarks:
    """Words if its authors transcribed any; memes may show weapons and fire, so both are unknown."""
    return {_T: YES if given.words.strip() else UNKNOWN}


def _always(same: PictureMarks) -> Callable[[Given], PictureMarks]:
    return lambda _: same


_PISTOLS = _always({_W: YES, _H: YES, _F: NO})
"""Nothing was said about other kinds; rusty and golden grounds, no fire."""
_BENIGN = _always({_W: NO, _F: NO, _A: NO})
"""Packages, price tags and plates carry words: text is unknown."""
_WORDLESS = _always({_W: NO, _F: NO, _A: NO, _T: NO})


_RULES: Final[Mapping[str, Callable[[Given], PictureMarks]]] = {
    "weapon_ahmed17k": _ahmed,
    "cognigun": _PISTOLS,
    "fire_forest": _fire,
    "alcohol_beer_binh": _alcohol,
    "alcohol_beer_khoa": _alcohol,
    "clothing": _clothing,
    "grocery": _BENIGN,
    "plates_romania": _BENIGN,
    "faces_darun": _WORDLESS,
    "imagenet1000": _imagenet,
    "dogcat": _WORDLESS,
    "harmeme": _meme,
    "propaganda": _meme,
}
MARKED_SOURCES: Final = frozenset(_RULES)
