"""Fonts: those that come with Pillow and matplotlib; no font file is stored or downloaded."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Final

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_FACES: Final = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Bold", "STIXGeneral", "STIXGeneralItalic")
_MONOSPACED: Final = "DejaVuSansMono"
_BOLD: Final = "DejaVuSans-Bold"


@cache
def _folder() -> Path | None:
    """Where matplotlib keeps its fonts, without importing it."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder if folder.is_dir() else None


@cache
def _face(name: str, size_px: int) -> Font:
    folder = _folder()
    path = None if folder is None else folder / f"{name}.ttf"
    if path is None or not path.is_file():
        return ImageFont.load_default(size_px)
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)


def any_font(random: Random, size_px: int) -> Font:
    """One of the faces at hand."""
    name = random.choice((*_FACES, "default"))
    return ImageFont.load_default(size_px) if name == "default" else _face(name, size_px)


def code_font(size_px: int) -> Font:
    """Letters of one width."""
    return _face(_MONOSPACED, size_px)


def heavy_font(size_px: int) -> Font:
    """Letters that stay readable on a photograph."""
    return _face(_BOLD, size_px)
