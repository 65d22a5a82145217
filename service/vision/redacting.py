"""Redacting: which parts of an item's pictures are blurred in the copies that an answer carries.

Every copy shows the first frame, at most as large as it was looked at, with nothing of the file but its pixels.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from models.contracts import Action, Box, ImageEvidence, KnownMatch, Redaction, Region, RegionKind
from models.runtime.vision.redaction import blur_all, blur_boxes, encode_jpeg
from service.policy.verdicts import Fired
from service.vision.scorers import Pixels
from service.vision.seen import HARM_KINDS, explains

_PRIVACY: Final = {Redaction.FACE: RegionKind.FACE, Redaction.PLATE: RegionKind.PLATE}
BY_DEFAULT: Final = frozenset({Redaction.HARM})
"""What is blurred when the action is `blur` and nobody asked for anything else."""


@dataclass(frozen=True, slots=True)
class RedactedImage:
    """A copy of one image of an item, as JPEG."""

    index: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Blur:
    """What to blur in one picture: all of it, or these places, or nothing."""

    whole: bool
    boxes: tuple[Box, ...] = ()


def wanted_kinds(redact: Collection[Redaction]) -> frozenset[RegionKind]:
    """Kinds of region that these redactions need."""
    privacy = {kind for choice, kind in _PRIVACY.items() if choice in redact}
    return frozenset(privacy | (HARM_KINDS if Redaction.HARM in redact else frozenset()))


def plan_blurs(
    redact: Collection[Redaction],
    action: Action,
    images: Sequence[ImageEvidence],
    fired: Sequence[Fired],
    matches: Sequence[KnownMatch],
) -> list[Blur]:
    """What to blur in every picture of an item.

    A picture that is harmful in a way that no place in it explains is blurred as a whole; so are all pictures when the
    action is `blur` and nothing in any of them would be.
    """
    kinds = wanted_kinds(redact)
    blurs: list[Blur] = []
    for image in images:
        is_whole = Redaction.PICTURE in redact or (
            Redaction.HARM in redact and _is_unexplained(image.index, image.regions, fired, matches)
        )
        blurs.append(Blur(is_whole, tuple(region.box for region in image.regions if region.kind in kinds)))
    if action is Action.BLUR and not any(blur.whole or blur.boxes for blur in blurs):
        return [Blur(whole=True) for _ in images]
    return blurs


def redacted_copy(frame: Pixels, blur: Blur) -> bytes:
    """The copy as JPEG. Runs on the decoding thread."""
    return encode_jpeg(blur_all(frame) if blur.whole else blur_boxes(frame, blur.boxes))


def _is_unexplained(
    index: int, regions: Sequence[Region], fired: Sequence[Fired], matches: Sequence[KnownMatch]
) -> bool:
    """Whether a picture is known content, or a rule rests on it and no region shows why."""
    if any(match.input == f"images[{index}]" for match in matches):
        return True
    harms = [
        place.category
        for entry in fired
        if entry.rule.action is not Action.ALLOW
        for place in entry.places
        if place.image == index
    ]
    return any(not any(explains(region.kind, harm) for region in regions) for harm in harms)
