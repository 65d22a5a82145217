"""Charts: bars, lines, pies and points with titles and axes. They show words."""

from random import Random

from PIL import Image, ImageDraw

from models.data.images.rendering.fonts import any_font
from models.data.images.rendering.painting import Colour, canvas, colour, contrast
from models.data.images.rendering.words import phrase

_EDGE_PX = 30


def chart(random: Random, side_px: int) -> Image.Image:
    """One chart of a random kind."""
    paper = random.choice(((255, 255, 255), (248, 248, 244), (24, 26, 34)))
    image, pen = canvas(side_px, paper)
    ink = contrast(paper)
    pen.text((_EDGE_PX, 5), phrase(random, random.randint(2, 4)).capitalize(), font=any_font(random, 13), fill=ink)
    kind = random.choice((_bars, _lines, _pie, _points))
    kind(random, pen, side_px, [colour(random, 40, 230) for _ in range(6)])
    if kind is not _pie:
        _axes(random, pen, side_px, ink)
    return image


def _axes(random: Random, pen: ImageDraw.ImageDraw, side_px: int, ink: Colour) -> None:
    font, bottom = any_font(random, 9), side_px - _EDGE_PX
    pen.line([(_EDGE_PX, _EDGE_PX), (_EDGE_PX, bottom), (side_px - 8, bottom)], fill=ink, width=1)
    for tick in range(5):
        y = bottom - tick * (bottom - _EDGE_PX) / 4
        pen.text((3, y - 5), str(tick * random.choice((5, 10, 25))), font=font, fill=ink)
    for tick in range(4):
        pen.text((_EDGE_PX + tick * 54, bottom + 6), phrase(random, 1)[:8], font=font, fill=ink)


def _heights(random: Random, side_px: int, n: int) -> list[float]:
    return [random.uniform(_EDGE_PX + 4, side_px - _EDGE_PX - 4) for _ in range(n)]


def _bars(random: Random, pen: ImageDraw.ImageDraw, side_px: int, colours: list[Colour]) -> None:
    n = random.randint(3, 12)
    step = (side_px - _EDGE_PX - 10) / n
    for index, top in enumerate(_heights(random, side_px, n)):
        left = _EDGE_PX + 3 + index * step
        pen.rectangle((left, top, left + step * 0.75, side_px - _EDGE_PX), fill=colours[index % random.randint(1, 6)])


def _lines(random: Random, pen: ImageDraw.ImageDraw, side_px: int, colours: list[Colour]) -> None:
    n = random.randint(4, 24)
    step = (side_px - _EDGE_PX - 10) / (n - 1)
    for line_colour in colours[: random.randint(1, 4)]:
        ys = _heights(random, side_px, n)
        pen.line([(_EDGE_PX + index * step, y) for index, y in enumerate(ys)], fill=line_colour, width=2)


def _pie(random: Random, pen: ImageDraw.ImageDraw, side_px: int, colours: list[Colour]) -> None:
    box, start = (_EDGE_PX, _EDGE_PX, side_px - _EDGE_PX, side_px - _EDGE_PX), 0.0
    shares = [random.uniform(0.3, 2) for _ in range(random.randint(2, 6))]
    for index, share in enumerate(shares):
        stop = start + 360 * share / sum(shares)
        pen.pieslice(box, start, stop, fill=colours[index])
        start = stop


def _points(random: Random, pen: ImageDraw.ImageDraw, side_px: int, colours: list[Colour]) -> None:
    for _ in range(random.randint(20, 120)):
        x, y = random.uniform(_EDGE_PX, side_px - 10), random.uniform(_EDGE_PX, side_px - _EDGE_PX)
        pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colours[random.randint(0, 2)])
