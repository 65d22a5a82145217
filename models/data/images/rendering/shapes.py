"""Shapes: long dark bars, umbrellas and hand tools: what a weapon detector takes for guns and knives. No words."""

import math
from collections.abc import Callable
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from models.data.images.rendering.painting import Colour, chance, clouds, colour, grain, soften

Pen = ImageDraw.ImageDraw
_SCALE: Final = 2
"""Shapes are drawn twice as large and reduced, so that turned edges are smooth."""
_GREY_SHARE: Final = 0.6


def _scene(random: Random, side_px: int) -> Image.Image:
    """A wall, floor or sky to put a shape before."""
    grey = random.randint(90, 255)
    wall = (grey, grey, grey) if chance(random, _GREY_SHARE) else colour(random, 70, 255)
    plain = Image.new("RGB", (side_px, side_px), wall)
    return Image.blend(plain, clouds(random, side_px).convert("RGB"), random.uniform(0, 0.35))


def _placed(random: Random, side_px: int, draw: Callable[[Random, Pen, int], None]) -> Image.Image:
    """A shape at any angle and place before a scene, drawn along the middle of its own layer."""
    image, large = _scene(random, side_px), side_px * _SCALE
    for _ in range(random.choice((1, 1, 1, 2))):
        layer = Image.new("RGBA", (large, large), (0, 0, 0, 0))
        draw(random, ImageDraw.Draw(layer), large)
        turned = layer.rotate(random.uniform(0, 360)).resize((side_px, side_px), Image.Resampling.BOX)
        shift = (random.randint(-side_px // 6, side_px // 6), random.randint(-side_px // 6, side_px // 6))
        image.paste(turned, shift, turned)
    return grain(random, soften(random, image), 0.04)


def bars(random: Random, side_px: int) -> Image.Image:
    """Sticks, pipes, umbrellas and tripods, mostly dark."""
    return _placed(random, side_px, random.choice((_stick, _umbrella, _tripod)))


def tools(random: Random, side_px: int) -> Image.Image:
    """Screwdrivers, hammers, spanners, brushes, hair dryers and telephones."""
    return _placed(random, side_px, random.choice((_screwdriver, _hammer, _spanner, _brush, _dryer, _telephone)))


def _dark(random: Random) -> Colour:
    return colour(random, 8, 70)


def _stick(random: Random, pen: Pen, size: int) -> None:
    half, length = random.uniform(0.008, 0.03) * size, random.uniform(0.3, 0.48) * size
    middle = size / 2
    pen.rounded_rectangle((middle - length, middle - half, middle + length, middle + half), half, fill=_dark(random))


def _umbrella(random: Random, pen: Pen, size: int) -> None:
    middle, ink = size / 2, _dark(random)
    pen.rectangle((middle - 0.4 * size, middle - 0.008 * size, middle + 0.3 * size, middle + 0.008 * size), fill=ink)
    hook = (middle + 0.26 * size, middle - 0.005 * size, middle + 0.34 * size, middle + 0.09 * size)
    pen.arc(hook, 270, 90, fill=ink, width=max(size // 50, 2))
    if chance(random, 0.5):
        pen.polygon(
            [
                (middle - 0.42 * size, middle),
                (middle + 0.1 * size, middle - 0.05 * size),
                (middle + 0.1 * size, middle + 0.05 * size),
            ],
            fill=ink,
        )
    else:
        pen.pieslice(
            (middle - 0.4 * size, middle - 0.3 * size, middle + 0.2 * size, middle + 0.3 * size), 90, 270, fill=ink
        )


def _tripod(random: Random, pen: Pen, size: int) -> None:
    top, ink = (size / 2, size * 0.15), _dark(random)
    for degrees in (-22, 0, 22):
        end = (top[0] + math.sin(math.radians(degrees)) * 0.7 * size, top[1] + 0.65 * size)
        pen.line((*top, *end), fill=ink, width=max(size // 60, 2))
    pen.rectangle((top[0] - 0.06 * size, top[1] - 0.07 * size, top[0] + 0.06 * size, top[1]), fill=ink)


def _handle(random: Random, pen: Pen, size: int, start: float, stop: float, half: float) -> None:
    middle = size / 2
    box = (start * size, middle - half * size, stop * size, middle + half * size)
    pen.rounded_rectangle(box, half * size * 0.7, fill=colour(random, 10, 230))


def _screwdriver(random: Random, pen: Pen, size: int) -> None:
    _handle(random, pen, size, 0.15, 0.42, 0.045)
    middle = size / 2
    pen.rectangle(
        (0.42 * size, middle - 0.013 * size, 0.82 * size, middle + 0.013 * size), fill=colour(random, 110, 190)
    )


def _hammer(random: Random, pen: Pen, size: int) -> None:
    _handle(random, pen, size, 0.15, 0.75, 0.025)
    pen.rectangle((0.72 * size, 0.36 * size, 0.82 * size, 0.64 * size), fill=colour(random, 40, 120))


def _spanner(random: Random, pen: Pen, size: int) -> None:
    steel = colour(random, 110, 190)
    pen.rectangle((0.25 * size, 0.475 * size, 0.75 * size, 0.525 * size), fill=steel)
    for centre, start, stop in ((0.24, 220, 140), (0.76, 40, 320)):
        box = ((centre - 0.07) * size, 0.43 * size, (centre + 0.07) * size, 0.57 * size)
        pen.arc(box, start, stop, fill=steel, width=max(size // 22, 3))


def _brush(random: Random, pen: Pen, size: int) -> None:
    _handle(random, pen, size, 0.12, 0.55, 0.02)
    pen.rectangle((0.55 * size, 0.43 * size, 0.62 * size, 0.57 * size), fill=colour(random, 120, 200))
    pen.rectangle((0.62 * size, 0.43 * size, 0.8 * size, 0.57 * size), fill=colour(random, 30, 230))


def _dryer(random: Random, pen: Pen, size: int) -> None:
    """A hair dryer: the outline nearest to a pistol that every bathroom has."""
    body = colour(random, 10, 240)
    pen.rounded_rectangle((0.2 * size, 0.36 * size, 0.78 * size, 0.54 * size), 0.08 * size, fill=body)
    pen.ellipse((0.16 * size, 0.32 * size, 0.42 * size, 0.58 * size), fill=body)
    pen.rounded_rectangle((0.3 * size, 0.52 * size, 0.4 * size, 0.84 * size), 0.03 * size, fill=body)
    pen.arc((0.3 * size, 0.74 * size, 0.5 * size, 0.98 * size), 90, 200, fill=_dark(random), width=max(size // 70, 2))


def _telephone(random: Random, pen: Pen, size: int) -> None:
    pen.rounded_rectangle((0.36 * size, 0.2 * size, 0.64 * size, 0.8 * size), 0.03 * size, fill=_dark(random))
    pen.rectangle((0.375 * size, 0.25 * size, 0.625 * size, 0.75 * size), fill=colour(random, 20, 255))
