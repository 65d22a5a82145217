"""Crops: parts of photographs as rows of their own: rectangles, not files.

An object crop is a box with a margin: the thing itself, whatever its set's framing habits. A background crop touches no
box: a negative from the very set that brings the positives, so that its compression, colours and watermarks cannot be
mistaken for the thing. Boxes of turned pictures are not exact, so background keeps its distance, and is only taken from
pictures whose boxes are small.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Final

from models.contracts.evidence import RegionKind
from models.data.images.labels import PICTURE_LABELS, REGION_OF, PictureLabel, encode
from models.data.images.pictures import Kind, Picture, PictureBox, Rect
from models.data.labels import NO, YES

MIN_CROP_PX: Final = 56
MAX_OBJECT_AREA: Final = 0.45
"""Of the picture: a larger box with a margin is nearly the picture itself."""
MAX_BOXED_AREA: Final = 0.12
"""Of the picture: where more is boxed, the rest is edges of the thing: at 0.35 every eighth showed a grip."""
MIN_GAP: Final = 0.08
"""Between background and any box, as a share of the picture's side ..."""
GAP_PER_SIDE: Final = 0.8
"""... and as a share of the longer side of that box: boxes of knives often hold the blade alone."""
N_TRIES: Final = 40
MAX_OBJECTS: Final = 2
MAX_BACKGROUNDS: Final = 4

_MARGIN: Final = (0.2, 0.6)
_SIDE: Final = (0.28, 0.6)
_OVERLAP: Final = 0.3
"""Two background crops of one picture share at most this much of the smaller one."""

Touching = Callable[[Rect], bool]


def crops(picture: Picture, seed: int) -> Iterator[Picture]:
    """Object and background crops of one photograph, the same ones in every build."""
    boxes = [box for box in picture.boxes if REGION_OF.get(box.name) in {RegionKind.WEAPONS, RegionKind.FIRE}]
    if not boxes:
        return
    random = Random(f"{seed}:{picture.id}")
    yield from _objects(picture, boxes, random)
    if _trusted(boxes):
        yield from _backgrounds(picture, boxes, random)


def _trusted(boxes: list[PictureBox]) -> bool:
    """Whether what is not boxed is background: fire needs its smoke boxed as well, and little may be boxed at all."""
    names = {box.name for box in boxes}
    return ("fire" not in names or "smoke" in names) and sum(map(_area, boxes)) <= MAX_BOXED_AREA


def _area(box: PictureBox) -> float:
    left, top, right, bottom = box.rect
    return (right - left) * (bottom - top)


def _objects(picture: Picture, boxes: list[PictureBox], random: Random) -> Iterator[Picture]:
    small = [box for box in boxes if 0 < _area(box) <= MAX_OBJECT_AREA]
    for rank, box in enumerate(sorted(small, key=lambda box: (-_area(box), box.rect))[:MAX_OBJECTS]):
        rect = _around(box.rect, random.uniform(*_MARGIN), picture)
        if _large_enough(rect, picture):
            yield _cut(picture, rect, f"object{rank}", _shown(picture, boxes, rect))


def _around(rect: Rect, margin: float, picture: Picture) -> Rect:
    """The box with a margin on every side, as square as the picture allows."""
    left, top, right, bottom = rect
    side = max((right - left) * picture.width, (bottom - top) * picture.height) * (1 + 2 * margin)
    width, height = min(side / picture.width, 1.0), min(side / picture.height, 1.0)
    x0 = min(max((left + right - width) / 2, 0.0), 1 - width)
    y0 = min(max((top + bottom - height) / 2, 0.0), 1 - height)
    return _rounded((x0, y0, x0 + width, y0 + height))


def _shown(picture: Picture, boxes: list[PictureBox], rect: Rect) -> dict[PictureLabel, int]:
    """Labels of an object crop: what is boxed inside is a yes, a no of the whole stays one, the rest is unknown."""
    whole = dict(zip(PICTURE_LABELS, picture.labels, strict=True))
    marks = {label: NO for label, value in whole.items() if value == NO}
    inside = {PictureLabel(box.name) for box in boxes if _covers(rect, box.rect)}
    return marks | {label: YES for label in inside if whole[label] == YES} | _category(boxes, rect)


def _category(boxes: list[PictureBox], rect: Rect) -> dict[PictureLabel, int]:
    kinds = {REGION_OF[box.name] for box in boxes if _covers(rect, box.rect)}
    return {PictureLabel(kind.value): YES for kind in kinds}


def _covers(rect: Rect, box: Rect) -> bool:
    shared, size = _shared(rect, box), (box[2] - box[0]) * (box[3] - box[1])
    return size > 0 and shared > size / 2


def _backgrounds(picture: Picture, boxes: list[PictureBox], random: Random) -> Iterator[Picture]:
    absent = {REGION_OF[box.name] for box in boxes}
    marks = {label: NO for label, value in zip(PICTURE_LABELS, picture.labels, strict=True) if value == NO}
    marks |= {PictureLabel(kind.value): NO for kind in absent}
    taken: list[Rect] = []
    for _ in range(N_TRIES):
        rect = _random_square(picture, random)
        if len(taken) < MAX_BACKGROUNDS and _large_enough(rect, picture) and _free(rect, boxes, taken):
            yield _cut(picture, rect, f"background{len(taken)}", marks)
            taken.append(rect)


def _random_square(picture: Picture, random: Random) -> Rect:
    side = random.uniform(*_SIDE) * max(picture.width, picture.height)
    width, height = min(side / picture.width, 1.0), min(side / picture.height, 1.0)
    x0, y0 = random.uniform(0, 1 - width), random.uniform(0, 1 - height)
    return _rounded((x0, y0, x0 + width, y0 + height))


def _free(rect: Rect, boxes: list[PictureBox], taken: list[Rect]) -> bool:
    if any(_shared(rect, _widened(box.rect)) > 0 for box in boxes):
        return False
    return all(_shared(rect, other) <= _OVERLAP * min(_size(rect), _size(other)) for other in taken)


def _widened(box: Rect) -> Rect:
    """A box with the distance that background must keep."""
    gap = max(MIN_GAP, GAP_PER_SIDE * max(box[2] - box[0], box[3] - box[1]))
    return (box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap)


def _size(rect: Rect) -> float:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


def _shared(one: Rect, other: Rect) -> float:
    """Area that two rectangles share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _large_enough(rect: Rect, picture: Picture) -> bool:
    width, height = (rect[2] - rect[0]) * picture.width, (rect[3] - rect[1]) * picture.height
    return min(width, height) >= MIN_CROP_PX


def _rounded(rect: Rect) -> Rect:
    left, top, right, bottom = (round(min(max(value, 0.0), 1.0), 4) for value in rect)
    return (left, top, right, bottom)


def _cut(picture: Picture, rect: Rect, name: str, marks: Mapping[PictureLabel, int]) -> Picture:
    boxes = tuple(PictureBox(box.name, _inside(box.rect, rect)) for box in picture.boxes if _shared(box.rect, rect) > 0)
    return replace(
        picture,
        id=f"{picture.id}#{name}",
        kind=Kind.CROP,
        crop=rect,
        labels=encode(marks),
        boxes=boxes,
        regions=_regions(picture, boxes),
    )


def _regions(picture: Picture, boxes: tuple[PictureBox, ...]) -> dict[RegionKind, int]:
    """A kind with complete boxes in the whole is complete in a part: there with a box, absent without."""
    seen = {REGION_OF[box.name] for box in boxes if box.name in REGION_OF}
    return {kind: YES if value == YES and kind in seen else NO for kind, value in picture.regions.items()}


def _inside(box: Rect, rect: Rect) -> Rect:
    """A box in the coordinates of a crop, cut off at its edges."""
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    return _rounded(
        (
            (box[0] - rect[0]) / width,
            (box[1] - rect[1]) / height,
            (box[2] - rect[0]) / width,
            (box[3] - rect[1]) / height,
        )
    )
