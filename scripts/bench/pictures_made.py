"""Pictures to measure with, drawn from numbers: the same on any machine, and nobody's.

A photograph is imitated where it matters for cost: its detail falls off with fineness as in natural scenes, so that
its JPEG is as long as a camera's of that size and its decoder works as hard. What the models say of it means nothing.

Source: Field (1987), "Relations between the statistics of natural images and the response properties of cortical
cells": amplitudes fall about as 1 / frequency.
"""

from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 640
HEIGHT: Final = 480
JPEG_QUALITY: Final = 85
_LUMA_SLOPE, _CHROMA_SLOPE = 1.35, 1.8
"""Colour is smoother than light."""
_LUMA_SHARE, _CHROMA_SHARE = 46.0, 12.0
"""Standard deviations, of 255."""
_N_THINGS: Final = 6
_CAPTIONS: Final = (
    ("WHEN THE MEETING", "COULD HAVE BEEN AN EMAIL"),
    ("ONE DOES NOT SIMPLY", "READ ALL OF THE MANUAL"),
    ("MONDAY MORNING AGAIN", "AND THE COFFEE IS GONE"),
    ("I FIXED ONE BUG", "NOW THERE ARE SEVEN"),
    ("SAID FIVE MORE MINUTES", "WOKE UP AT NOON"),
    ("NOBODY ASKED THE CAT", "THE CAT ANSWERED ANYWAY"),
    ("THE WEEKEND STARTS", "AND SO DOES THE RAIN"),
    ("FIRST DAY OF THE DIET", "LAST DAY OF THE DIET"),
)

Floats = NDArray[np.float64]


def photograph(seed: int) -> Image.Image:
    """A picture without text, 640 x 480."""
    random = np.random.default_rng(seed)
    luma = 118.0 + _LUMA_SHARE * _scene(random, _LUMA_SLOPE) + _light(random)
    shift = [_CHROMA_SHARE * _scene(random, _CHROMA_SLOPE) for _ in range(2)]
    for thing in range(_N_THINGS):
        mask, depth = _thing(random), 1.0 - thing / (2 * _N_THINGS)
        luma += mask * random.normal(0.0, 40.0) * depth
        shift = [plane + mask * random.normal(0.0, 18.0) for plane in shift]
    planes = [luma, 128.0 + shift[0], 128.0 + shift[1]]
    pixels = np.stack([np.clip(plane, 0.0, 255.0) for plane in planes], axis=2).round().astype(np.uint8)
    return Image.fromarray(pixels, "YCbCr").convert("RGB")


def meme(seed: int) -> Image.Image:
    """The same with two lines of text, white with a black border, at the top and at the bottom."""
    picture = photograph(seed)
    pen = ImageDraw.Draw(picture)
    for line, y in zip(_CAPTIONS[seed % len(_CAPTIONS)], (36, HEIGHT - 36), strict=True):
        pen.text(
            (WIDTH // 2, y), line, fill="white", font=ImageFont.load_default(40), anchor="mm",
            stroke_width=3, stroke_fill="black",
        )  # fmt: skip
    return picture


def jpeg(picture: Image.Image) -> bytes:
    """The picture as a camera's file."""
    return _saved(picture, "JPEG", quality=JPEG_QUALITY)


def png(picture: Image.Image) -> bytes:
    """The picture without loss."""
    return _saved(picture, "PNG")


def _saved(picture: Image.Image, form: str, **options: int) -> bytes:
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def _scene(random: np.random.Generator, slope: float) -> Floats:
    """Noise whose amplitude falls with frequency: mean 0, standard deviation 1. *Shape:* `(HEIGHT, WIDTH)`."""
    rows, columns = np.fft.fftfreq(HEIGHT)[:, np.newaxis], np.fft.rfftfreq(WIDTH)[np.newaxis]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = 1.0
    spectrum = np.exp(2j * np.pi * random.random(frequency.shape)) / frequency**slope
    spectrum[0, 0] = 0.0
    plane = np.fft.irfft2(spectrum, (HEIGHT, WIDTH))
    scaled: Floats = plane / plane.std()
    return scaled


def _light(random: np.random.Generator) -> Floats:
    """Brighter towards one side."""
    x, y = np.meshgrid(np.linspace(-1.0, 1.0, WIDTH), np.linspace(-1.0, 1.0, HEIGHT))
    angle = random.uniform(0.0, 2.0 * np.pi)
    light: Floats = 30.0 * (np.cos(angle) * x + np.sin(angle) * y)
    return light


def _thing(random: np.random.Generator) -> Floats:
    """A blob with an edge, 0 to 1: what a scene of noise alone has none of."""
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    centre, size = random.uniform((0, 0), (WIDTH, HEIGHT)), random.uniform(40.0, 140.0, 2)
    inside = 1.0 - np.hypot((x - centre[0]) / size[0], (y - centre[1]) / size[1])
    mask: Floats = np.clip(inside * 12.0, 0.0, 1.0)
    return mask
