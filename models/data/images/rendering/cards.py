"""Cards: words on plain, shaded or patterned grounds, and captions on photographs."""

from random import Random
from typing import Final

from PIL import Image, ImageDraw

from models.data.images.rendering.fonts import any_font, heavy_font
from models.data.images.rendering.painting import canvas, chance, clouds, colour, contrast, gradient, wrap
from models.data.images.rendering.words import sentence

_CAPTION_PX: Final = (14, 27)


def card(random: Random, side_px: int) -> Image.Image:
    """A quotation card: a few lines in the middle of a ground."""
    ground = colour(random)
    image = _ground(random, side_px, ground)
    pen, size = ImageDraw.Draw(image), random.randint(13, 42)
    font = any_font(random, size)
    lines = wrap(sentence(random, 2, 12), font, side_px * random.uniform(0.6, 0.9))
    top = max((side_px - len(lines) * (size + 4)) * random.uniform(0.1, 0.9), 2)
    align = random.choice(("left", "middle"))
    for row, line in enumerate(lines):
        left = 12 if align == "left" else (side_px - font.getlength(line)) / 2
        pen.text((left, top + row * (size + 4)), line, font=font, fill=contrast(ground))
    return image


def _ground(random: Random, side_px: int, ground: tuple[int, int, int]) -> Image.Image:
    style = random.choice(("plain", "plain", "shaded", "mottled"))
    if style == "plain":
        return canvas(side_px, ground)[0]
    if style == "shaded":
        red, green, blue = ground
        return gradient(side_px, [ground, (red * 2 // 3, green * 2 // 3, blue * 2 // 3)])
    return Image.blend(canvas(side_px, ground)[0], clouds(random, side_px).convert("RGB"), 0.15)


def caption(random: Random, photograph: Image.Image, side_px: int) -> Image.Image:
    """Words over a photograph in one of the ways memes have them: above and below, on a bar, or as a label."""
    scale = side_px / max(photograph.size)
    size = (max(round(photograph.width * scale), 1), max(round(photograph.height * scale), 1))
    image = photograph.resize(size, Image.Resampling.BICUBIC)
    style = random.choice(("outlined", "outlined", "bar", "label"))
    if style == "bar":
        return _bar(random, image)
    pen, px = ImageDraw.Draw(image), random.randint(*_CAPTION_PX)
    if style == "label":
        _label(random, image, pen, px)
        return image
    _lines(pen, image, _shout(random), 3, px)
    if chance(random, 0.7):
        _lines(pen, image, _shout(random), -3, px)
    return image


def _shout(random: Random) -> str:
    text = sentence(random, 2, 7)
    return text.upper() if chance(random, 0.7) else text


def _lines(pen: ImageDraw.ImageDraw, image: Image.Image, text: str, offset: int, px: int) -> None:
    """Outlined lines from the top, or up from the bottom for a negative offset."""
    font = heavy_font(px)
    lines = wrap(text, font, image.width * 0.92)
    top = offset if offset > 0 else image.height - len(lines) * (px + 3) + offset
    for row, line in enumerate(lines):
        left = (image.width - font.getlength(line)) / 2
        place = (left, top + row * (px + 3))
        pen.text(place, line, font=font, fill=(255, 255, 255), stroke_width=2, stroke_fill=(0, 0, 0))


def _bar(random: Random, image: Image.Image) -> Image.Image:
    px = random.randint(*_CAPTION_PX)
    font, paper = any_font(random, px), random.choice(((255, 255, 255), (0, 0, 0)))
    lines = wrap(sentence(random, 3, 11), font, image.width * 0.94)
    height = len(lines) * (px + 4) + 8
    joined = Image.new("RGB", (image.width, image.height + height), paper)
    joined.paste(image, (0, height))
    pen = ImageDraw.Draw(joined)
    for row, line in enumerate(lines):
        pen.text((6, 3 + row * (px + 4)), line, font=font, fill=contrast(paper))
    return joined


def _label(random: Random, image: Image.Image, pen: ImageDraw.ImageDraw, px: int) -> None:
    font = any_font(random, px)
    for _ in range(random.randint(1, 3)):
        text = sentence(random, 1, 2)
        left = random.uniform(0, max(image.width - font.getlength(text), 1))
        top = random.uniform(0, max(image.height - px * 1.4, 1))
        pen.rectangle((left - 3, top - 1, left + font.getlength(text) + 3, top + px * 1.3), fill=(255, 255, 255))
        pen.text((left, top), text, font=font, fill=(10, 10, 10))
