"""Painting: the canvas and the few strokes that several templates share. Colours are 8-bit RGB."""

from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from models.data.images.rendering.fonts import Font

Colour = tuple[int, int, int]

_MIDDLE_GREY: Final = 3 * 128


def canvas(side_px: int, colour: Colour) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A square of one colour, and a pen for it."""
    image = Image.new("RGB", (side_px, side_px), colour)
    return image, ImageDraw.Draw(image)


def colour(random: Random, low: int = 0, high: int = 255) -> Colour:
    """Any colour with channels in [low, high]."""
    return (random.randint(low, high), random.randint(low, high), random.randint(low, high))


def shade(base: Colour, change: int) -> Colour:
    """A colour made lighter (or darker, below 0) by `change` in every channel."""
    red, green, blue = (min(max(channel + change, 0), 255) for channel in base)
    return (red, green, blue)


def chance(random: Random, share: float) -> bool:
    """Whether something happens that happens in this share of drawings, in [0, 1]."""
    return random.random() < share


def is_light(base: Colour) -> bool:
    """Whether a colour is nearer to white than to black."""
    return sum(base) > _MIDDLE_GREY


def contrast(base: Colour) -> Colour:
    """Nearly black on light colours, nearly white on dark ones."""
    return (20, 20, 24) if is_light(base) else (238, 238, 240)


def gradient(side_px: int, stops: list[Colour]) -> Image.Image:
    """A vertical gradient through the stops, top to bottom."""
    strip = Image.new("RGB", (1, len(stops)))
    strip.putdata(stops)
    return strip.resize((side_px, side_px), Image.Resampling.BICUBIC)


def clouds(random: Random, side_px: int, n_octaves: int = 5) -> Image.Image:
    """Fractal noise, mode L: random squares of 2, 4, 8 ... points, enlarged and averaged, the coarse ones strongest."""
    image = Image.new("L", (side_px, side_px), 128)
    for octave in reversed(range(1, n_octaves + 1)):
        n_points = 2**octave + 1
        coarse = Image.frombytes("L", (n_points, n_points), random.randbytes(n_points**2))
        image = Image.blend(image, coarse.resize((side_px, side_px), Image.Resampling.BICUBIC), 0.5)
    return image


def grain(random: Random, image: Image.Image, strength: float = 0.06) -> Image.Image:
    """Sensor-like noise, so that a drawing is not told from a photograph by its clean pixels alone."""
    noise = Image.frombytes("L", image.size, random.randbytes(image.width * image.height)).convert("RGB")
    return Image.blend(image, noise, strength)


def soften(random: Random, image: Image.Image, most_px: float = 1.6) -> Image.Image:
    """Blur as of a lens, by up to `most_px`."""
    return image.filter(ImageFilter.GaussianBlur(random.uniform(0, most_px)))


def wrap(text: str, font: Font, width_px: float) -> list[str]:
    """Lines no wider than `width_px`, but for single long words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
