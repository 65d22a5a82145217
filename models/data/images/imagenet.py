"""ImageNet classes that are no plain negatives: what their names say about weapons, fire, drink and words.

A sample of ImageNet brings variety, and with it the very things it should be free of. A class is a yes where nearly
every picture of it shows the thing, and masked where pictures of it may. The rest of ImageNet counts as a no.

Source: class names of ILSVRC 2012; the pictures of the doubtful classes in the sample were looked at.
"""

from collections.abc import Mapping
from typing import Final

from models.data.images.labels import PictureLabel, PictureMarks
from models.data.labels import NO, UNKNOWN, YES

_W, _F, _A = PictureLabel.WEAPONS, PictureLabel.FIRE, PictureLabel.ALCOHOL
_T, _S = PictureLabel.TEXT, PictureLabel.SMOKE

_NAMED: Final[tuple[tuple[str, PictureMarks, frozenset[str]], ...]] = (
    ("pistols", {PictureLabel.HANDGUN: YES}, frozenset({"revolver"})),
    ("rifles", {PictureLabel.LONG_GUN: YES}, frozenset({"rifle", "assault_rifle"})),
    (
        "blades and guns that the definition leaves open, and places where they lie about",
        {_W: UNKNOWN},
        frozenset({"cleaver", "letter_opener", "bow", "cannon", "missile", "projectile", "holster", "tank", "hatchet"})
        | {"butcher_shop", "military_uniform", "bulletproof_vest", "scabbard", "can_opener", "warplane", "half_track"}
        | {"aircraft_carrier", "breastplate", "cuirass", "bearskin", "plate_rack", "assault_helmet", "gasmask"},
    ),
    ("flames in nearly every picture", {_F: YES}, frozenset({"torch", "volcano"})),
    (
        "flames in some pictures",
        {_F: UNKNOWN},
        frozenset({"matchstick", "candle", "lighter", "fire_screen", "stove", "jack-o'-lantern", "space_shuttle"})
        | {"missile", "projectile", "cannon", "rotisserie", "caldron", "wok", "fireboat", "fire_engine", "altar"},
    ),
    (
        "smoke or steam like smoke",
        {_F: UNKNOWN, _S: UNKNOWN},
        frozenset({"steam_locomotive", "lumbermill", "geyser", "chimney", "wreck"}),
    ),
    (
        "drinks, and the glasses and tools that come with them",
        {_A: UNKNOWN},
        frozenset({"beer_bottle", "beer_glass", "wine_bottle", "red_wine", "cocktail_shaker", "whiskey_jug", "goblet"})
        | {
            "corkscrew",
            "eggnog",
            "confectionery",
            "restaurant",
            "dining_table",
            "barrel",
            "pop_bottle",
            "grocery_store",
        }
        | {"punch", "groom", "tobacco_shop"},
    ),
    (
        "words in nearly every picture",
        {_T: YES},
        frozenset({"comic_book", "crossword_puzzle", "menu", "web_site", "book_jacket", "street_sign", "scoreboard"}),
    ),
)

_PLAIN_FAMILIES: Final = frozenset({"animals", "scenes"})
"""Families whose pictures carry no words, but for a rare watermark."""


def imagenet_marks(name: str, family: str) -> dict[PictureLabel, int]:
    """What the name of a class says.

    Examples:
        >>> imagenet_marks("torch", "things")[PictureLabel.FIRE]
        1

    """
    marks: dict[PictureLabel, int] = {_W: NO, _F: NO, _A: NO, _T: NO if family in _PLAIN_FAMILIES else UNKNOWN}
    for _, named, classes in _NAMED:
        if name in classes:
            marks |= named
    return marks


def special_classes() -> Mapping[str, frozenset[str]]:
    """The classes that are no plain negatives, by reason."""
    return {reason: classes for reason, _, classes in _NAMED}
