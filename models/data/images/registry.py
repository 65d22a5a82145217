"""Registry: every picture set, its origin, licence, labels and traps. The entries are data: `registry.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from models.contracts.base import Value
from models.data.images.labels import PictureLabel

_REGISTRY = Path(__file__).with_name("registry.toml")

RENDERED = "rendered"
"""The set that our own code draws."""


class ImageSource(Value):
    """One picture set.

    Attributes:
        id: as in the `source` column of the mirror's table.
        folder: prefix of its files in the mirror.
        licence: as found; `licence_status` says by whom it was given.
        origin: where the set says it comes from.
        labels: columns of the label matrix that the set fills, for at least some of its pictures.
        boxes: classes that its boxes name.
        use: "negatives" sets are never shown or redistributed; "exploration" sets carry a label that is not served.
        note: traps.

    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    folder: str
    licence: str
    licence_status: Literal["stated", "declared", "none"]
    origin: str
    labels: tuple[PictureLabel, ...] = Field(min_length=1)
    boxes: tuple[str, ...] = ()
    use: Literal["training", "negatives", "exploration"]
    note: str


def parse_image_registry(text: str) -> dict[str, ImageSource]:
    """Registry entries by id, in file order.

    Raises:
        ValueError: two entries share an id, or an entry is malformed.

    """
    sources = [ImageSource.model_validate(entry) for entry in tomllib.loads(text)["source"]]
    by_id = {source.id: source for source in sources}
    if len(by_id) != len(sources):
        raise ValueError("registry ids are distinct")
    return by_id


@cache
def load_image_registry() -> dict[str, ImageSource]:
    """The registry that ships with the package."""
    return parse_image_registry(_REGISTRY.read_text(encoding="utf-8"))
