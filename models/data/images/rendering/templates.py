"""Templates: every kind of drawing by name, whether it shows words, and how many of it a build makes."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from PIL import Image

from models.data.images.rendering import cards, charts, lights, screens, shapes


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of drawing; `draw` takes a seeded source of chance and the side of the square in pixels."""

    name: str
    draw: Callable[[Random, int], Image.Image]
    words: bool
    n: int


TEMPLATES: Final[tuple[Template, ...]] = (
    Template("window", screens.window, words=True, n=80),
    Template("chat", screens.chat, words=True, n=90),
    Template("code", screens.code, words=True, n=60),
    Template("table", screens.table, words=True, n=60),
    Template("dashboard", screens.dashboard, words=True, n=60),
    Template("card", cards.card, words=True, n=140),
    Template("chart", charts.chart, words=True, n=90),
    Template("gradient", lights.gradients, words=False, n=50),
    Template("noise", lights.noise, words=False, n=40),
    Template("sky", lights.sky, words=False, n=130),
    Template("lamps", lights.lamps, words=False, n=110),
    Template("fog", lights.fog, words=False, n=110),
    Template("leaves", lights.leaves, words=False, n=60),
    Template("bars", shapes.bars, words=False, n=100),
    Template("tools", shapes.tools, words=False, n=110),
)
"""A template is a family of the set `rendered`, so that a fold can hold one out."""
