"""Drawing: the rendered part of the set: templates, and captions on photographs of the mirror, as files and rows."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from PIL import Image

from models.contracts.evidence import RegionKind
from models.data.duplicates import Progress, quiet
from models.data.images.labels import PICTURE_LABELS, REGION_OF, PictureLabel, encode
from models.data.images.pictures import Kind, Picture
from models.data.images.registry import RENDERED
from models.data.images.rendering.cards import caption
from models.data.images.rendering.templates import TEMPLATES, Template
from models.data.images.store import RENDERED_FOLDER
from models.data.labels import NO, YES
from models.data.splitting import draw

SIDE_PX: Final = 256
_QUALITIES: Final = (60, 92)
_LICENCE: Final = "MIT"


@dataclass(frozen=True, slots=True)
class Amounts:
    """What to render: templates, and captions on benign photographs, on weapons and on fires.

    Words must say nothing about weapons and fire, so some captions lie on each.
    """

    templates: tuple[Template, ...] = TEMPLATES
    benign_captions: int = 240
    weapon_captions: int = 80
    fire_captions: int = 60


@dataclass(frozen=True, slots=True)
class Drawn:
    """A rendered row and its file; `photograph` is the id of what lies beneath a caption."""

    picture: Picture
    digest: str
    photograph: str | None = None


def draw_templates(amounts: Amounts, folder: Path, seed: int, progress: Progress = quiet) -> Iterator[Drawn]:
    """Draw every template as often as it asks for, into `folder/rendered`."""
    jobs = [(template, number) for template in amounts.templates for number in range(template.n)]
    for done, (template, number) in enumerate(jobs):
        progress("drawing", done, len(jobs))
        name = f"{template.name}-{number:04d}"
        random = Random(f"{seed}:{name}")
        image = template.draw(random, SIDE_PX)
        digest = _save(image, folder / RENDERED_FOLDER / f"{name}.jpg", random)
        yield Drawn(_row(template, name, image), digest)


def _row(template: Template, name: str, image: Image.Image) -> Picture:
    nothing = {PictureLabel.WEAPONS: NO, PictureLabel.FIRE: NO, PictureLabel.ALCOHOL: NO}
    return Picture(
        id=f"{RENDERED_FOLDER}/{name}",
        path=f"{RENDERED_FOLDER}/{name}.jpg",
        source=RENDERED,
        family=template.name,
        kind=Kind.RENDERED,
        labels=encode(nothing | {PictureLabel.TEXT: YES if template.words else NO}),
        regions=dict.fromkeys(RegionKind, NO),
        boxes=(),
        width=image.width,
        height=image.height,
        licence=_LICENCE,
    )


def draw_captions(
    photographs: Sequence[Picture], amounts: Amounts, root: Path, folder: Path, seed: int, progress: Progress = quiet
) -> Iterator[Drawn]:
    """Write harmless words over some photographs. The rows stay with the set, family and group of the photograph."""
    chosen = list(_chosen(photographs, amounts, seed))
    for number, photograph in enumerate(chosen):
        progress("writing captions", number, len(chosen))
        random = Random(f"{seed}:{photograph.id}")
        with Image.open(root / photograph.path) as opened:
            image = caption(random, opened.convert("RGB"), SIDE_PX)
        name = f"caption-{number:04d}"
        digest = _save(image, folder / RENDERED_FOLDER / f"{name}.jpg", random)
        yield Drawn(_captioned(photograph, name, image), digest, photograph.id)


def _chosen(photographs: Sequence[Picture], amounts: Amounts, seed: int) -> Iterator[Picture]:
    """The first photographs of each sort, in an order that only the seed decides (and not the one that splits)."""
    mixed = sorted(photographs, key=lambda one: draw(seed, f"caption:{one.id}"))
    yield from _first(amounts.benign_captions, (one for one in mixed if _says(one, NO, NO)))
    yield from _first(amounts.weapon_captions, (one for one in mixed if _says(one, YES, NO)))
    yield from _first(amounts.fire_captions, (one for one in mixed if _says(one, NO, YES)))


def _first(n: int, pictures: Iterable[Picture]) -> Iterator[Picture]:
    for _, picture in zip(range(n), pictures, strict=False):
        yield picture


def _says(picture: Picture, weapons: int, fire: int) -> bool:
    values = dict(zip(PICTURE_LABELS, picture.labels, strict=True))
    return values[PictureLabel.WEAPONS] == weapons and values[PictureLabel.FIRE] == fire


def _captioned(photograph: Picture, name: str, image: Image.Image) -> Picture:
    """The photograph's row with words on it: its boxes no longer fit, its labels do."""
    marks = dict(zip(PICTURE_LABELS, photograph.labels, strict=True)) | {PictureLabel.TEXT: YES}
    boxed = {REGION_OF.get(box.name) for box in photograph.boxes}
    return replace(
        photograph,
        id=f"{photograph.id}#caption",
        path=f"{RENDERED_FOLDER}/{name}.jpg",
        kind=Kind.RENDERED,
        labels=encode(marks),
        regions={kind: value for kind, value in photograph.regions.items() if value == NO and kind not in boxed},
        boxes=(),
        width=image.width,
        height=image.height,
    )


def _save(image: Image.Image, path: Path, random: Random) -> str:
    """Write a JPEG of a quality that varies like that of other sets; returns the sha256 of the file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=random.randint(*_QUALITIES))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()
