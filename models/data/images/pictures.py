"""Pictures: one row of the store before it is placed, and the boxes in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.contracts.evidence import RegionKind

Rect = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of a picture, in [0, 1]."""

WHOLE: Rect = (0.0, 0.0, 1.0, 1.0)


class Kind(StrEnum):
    """How a row came to be. Report results on photographs and memes; crops and rendered pictures only train."""

    PHOTO = "photo"
    MEME = "meme"
    CROP = "crop"
    RENDERED = "rendered"


@dataclass(frozen=True, slots=True)
class PictureBox:
    """Where something is, as fractions of the row's own picture (of the crop, for a crop)."""

    name: str
    rect: Rect


@dataclass(frozen=True, slots=True)
class Picture:
    """One row.

    Attributes:
        id: stable between builds; a crop or caption names its photograph.
        path: relative to the image mirror, or to the build folder for a rendered picture.
        source: id of the set.
        family: sub-source inside the set, by its file names; empty where they show none.
        kind: photo, meme, crop or rendered.
        labels: 1, 0 or -1, `PICTURE_LABELS` order.
        regions: by kind, whether its boxes are complete (1), it is known to be absent (0); a kind not named is unknown.
        boxes: everything its set boxed.
        crop: the part of the file that this row is.
        width, height: of the file, in pixels.
        licence: as the set gives it.
        kin: rows with the same kin belong to one group; never stored.

    """

    id: str
    path: str
    source: str
    family: str
    kind: Kind
    labels: tuple[int, ...]
    regions: Mapping[RegionKind, int]
    boxes: tuple[PictureBox, ...]
    width: int
    height: int
    licence: str
    crop: Rect = WHOLE
    kin: str | None = None
