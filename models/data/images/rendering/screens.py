"""Screens: windows, chats, code, tables and dashboards. All show words; none shows anything harmful."""

from random import Random

from PIL import Image, ImageDraw

from models.data.images.rendering.fonts import any_font, code_font
from models.data.images.rendering.painting import Colour, canvas, chance, colour, contrast, is_light, shade, wrap
from models.data.images.rendering.words import phrase, sentence

_KEYWORDS = ("def", "return", "if", "for", "import", "class", "const", "let", "while", "from", "await", "public")


def window(random: Random, side_px: int) -> Image.Image:
    """A desktop with one or two windows of running text."""
    image, pen = canvas(side_px, colour(random, 20, 220))
    for _ in range(random.randint(1, 2)):
        left, top = random.randint(0, side_px // 3), random.randint(0, side_px // 3)
        right, bottom = side_px - random.randint(0, side_px // 4), side_px - random.randint(0, side_px // 4)
        paper = random.choice(((255, 255, 255), (246, 246, 240), (34, 36, 42), (250, 244, 228)))
        pen.rectangle((left, top, right, bottom), fill=paper, outline=shade(paper, -60))
        pen.rectangle((left, top, right, top + 16), fill=shade(paper, -30))
        for dot, light in enumerate(((236, 106, 94), (244, 191, 79), (97, 197, 84))):
            pen.ellipse((left + 5 + dot * 11, top + 5, left + 11 + dot * 11, top + 11), fill=light)
        _text_block(random, pen, (left + 8, top + 22, right - 8, bottom - 6), paper)
    return image


def _text_block(random: Random, pen: ImageDraw.ImageDraw, area: tuple[int, int, int, int], paper: Colour) -> None:
    left, top, right, bottom = area
    size = random.randint(8, 14)
    font = any_font(random, size)
    while top + size < bottom:
        for line in wrap(sentence(random, 4, 22), font, right - left):
            if top + size < bottom:
                pen.text((left, top), line, font=font, fill=contrast(paper))
            top += size + 3
        top += random.choice((0, 0, size // 2))


def chat(random: Random, side_px: int) -> Image.Image:
    """Speech bubbles on two sides."""
    paper = random.choice(((236, 229, 221), (255, 255, 255), (17, 20, 26), (229, 240, 250)))
    image, pen = canvas(side_px, paper)
    mine, theirs = colour(random, 90, 240), shade(paper, 24 if not is_light(paper) else -24)
    top, size = random.randint(2, 14), random.randint(9, 15)
    font = any_font(random, size)
    while top < side_px - size:
        lines = wrap(sentence(random, 2, 14), font, side_px * 0.6)
        width = max(font.getlength(line) for line in lines) + 14
        own = chance(random, 0.5)
        left = side_px - width - 6 if own else 6
        bubble = mine if own else theirs
        height = len(lines) * (size + 3) + 8
        pen.rounded_rectangle((left, top, left + width, top + height), 7, fill=bubble)
        for row, line in enumerate(lines):
            pen.text((left + 7, top + 3 + row * (size + 3)), line, font=font, fill=contrast(bubble))
        top += height + random.randint(4, 12)
    return image


def code(random: Random, side_px: int) -> Image.Image:
    """An editor with coloured words and line numbers."""
    paper = random.choice(((30, 30, 30), (40, 44, 52), (253, 246, 227), (255, 255, 255)))
    image, pen = canvas(side_px, paper)
    size = random.randint(8, 13)
    font, ink = code_font(size), contrast(paper)
    accents = [ink, *(colour(random, 60, 220) for _ in range(3))]
    indent = 0
    for row, top in enumerate(range(4, side_px, size + 3)):
        pen.text((3, top), str(row + 1), font=font, fill=(128, 128, 128))
        left = 24.0 + indent * size
        for word in f"{random.choice(_KEYWORDS)} {phrase(random, random.randint(0, 4))}".split():
            token = random.choice((word, f"{word}()", f"{word} =", f'"{word}"', f"{word}:"))
            pen.text((left, top), token, font=font, fill=random.choice(accents))
            left += font.getlength(f"{token} ")
        indent = min(max(indent + random.choice((-1, 0, 0, 1)), 0), 4)
    return image


def table(random: Random, side_px: int) -> Image.Image:
    """A spreadsheet of words and numbers."""
    paper = random.choice(((255, 255, 255), (250, 250, 246), (28, 30, 36)))
    image, pen = canvas(side_px, paper)
    n_columns, row_px, size = random.randint(2, 5), random.randint(14, 26), random.randint(8, 12)
    font, head, column_px = any_font(random, size), colour(random, 60, 230), side_px / n_columns
    for row, top in enumerate(range(0, side_px, row_px)):
        fill = head if row == 0 else shade(paper, -12 if row % 2 and is_light(paper) else 0)
        pen.rectangle((0, top, side_px, top + row_px), fill=fill)
        for column in range(n_columns):
            cell = (
                phrase(random, 1) if column == 0 or row == 0 else f"{random.uniform(0, 9999):,.{random.randint(0, 2)}f}"
            )
            pen.text((column * column_px + 4, top + 2), cell, font=font, fill=contrast(fill))
    for column in range(1, n_columns):
        pen.line(
            (column * column_px, 0, column * column_px, side_px), fill=shade(paper, -40 if is_light(paper) else 40)
        )
    return image


def dashboard(random: Random, side_px: int) -> Image.Image:
    """Tiles with a title, a large number and a small curve."""
    dark = chance(random, 0.5)
    paper: Colour = (18, 22, 30) if dark else (240, 242, 246)
    image, pen = canvas(side_px, paper)
    n_tiles = random.choice((2, 3))
    tile_px = side_px // n_tiles
    for index in range(n_tiles * n_tiles):
        left, top = index % n_tiles * tile_px + 4, index // n_tiles * tile_px + 4
        tile, accent = shade(paper, 14), colour(random, 60, 230)
        pen.rounded_rectangle((left, top, left + tile_px - 8, top + tile_px - 8), 5, fill=tile)
        pen.text((left + 5, top + 3), phrase(random, 2), font=any_font(random, 9), fill=contrast(tile))
        value = random.choice((f"{random.randint(1, 99)}%", f"{random.randint(100, 99999):,}"))
        pen.text((left + 5, top + 15), value, font=any_font(random, tile_px // 5), fill=accent)
        xs = range(left + 5, left + tile_px - 12, 6)
        pen.line([(x, top + tile_px * random.uniform(0.6, 0.85)) for x in xs], fill=accent, width=2)
    return image
