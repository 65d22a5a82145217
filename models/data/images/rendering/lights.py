"""Lights, skies and fog: what a fire detector takes for fire and smoke, and plain textures. No words."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from models.data.images.rendering.painting import Colour, canvas, chance, clouds, colour, gradient, grain, soften


def gradients(random: Random, side_px: int) -> Image.Image:
    """Two to five colours running into each other, at any angle of a quarter turn."""
    image = gradient(side_px, [colour(random) for _ in range(random.randint(2, 5))])
    return image.rotate(90 * random.randint(0, 3))


def noise(random: Random, side_px: int) -> Image.Image:
    """Coloured noise of some coarseness."""
    n_points = random.choice((8, 24, 64, side_px))
    channels = [Image.frombytes("L", (n_points, n_points), random.randbytes(n_points**2)) for _ in range(3)]
    return Image.merge("RGB", channels).resize((side_px, side_px), Image.Resampling.BICUBIC)


def _warm(random: Random) -> Colour:
    return (random.randint(215, 255), random.randint(70, 190), random.randint(0, 90))


def sky(random: Random, side_px: int) -> Image.Image:
    """An orange or red sky with clouds, often a sun, above a dark skyline or water."""
    stops = [colour(random, 20, 130), _warm(random), _warm(random), (255, random.randint(150, 230), 120)]
    image = gradient(side_px, stops)
    veil = clouds(random, side_px).resize((side_px, side_px * 3)).crop((0, 0, side_px, side_px))
    image = Image.composite(image, Image.new("RGB", image.size, colour(random, 30, 120)), veil.point(_lifted))
    pen = ImageDraw.Draw(image)
    horizon = side_px * random.uniform(0.55, 0.85)
    if chance(random, 0.7):
        x, radius = random.uniform(0.1, 0.9) * side_px, random.uniform(0.03, 0.1) * side_px
        pen.ellipse((x - radius, horizon - 3 * radius, x + radius, horizon - radius), fill=(255, 244, 200))
    _skyline(random, pen, side_px, horizon)
    return grain(random, soften(random, image))


def _lifted(level: int) -> int:
    return min(255, 90 + level)


def _skyline(random: Random, pen: ImageDraw.ImageDraw, side_px: int, horizon: float) -> None:
    dark = colour(random, 5, 45)
    if chance(random, 0.5):
        heights = [horizon + random.uniform(-0.12, 0.05) * side_px for _ in range(random.randint(5, 14))]
        step = side_px / (len(heights) - 1)
        ridge = [(index * step, height) for index, height in enumerate(heights)]
        pen.polygon([(0, side_px), *ridge, (side_px, side_px)], fill=dark)
        return
    left = 0.0
    while left < side_px:
        width, height = random.uniform(0.05, 0.18) * side_px, random.uniform(0, 0.3) * side_px
        pen.rectangle((left, horizon - height, left + width, side_px), fill=dark)
        left += width


def lamps(random: Random, side_px: int) -> Image.Image:
    """Street lamps, brake lights and windows out of focus in the dark, many of them red and orange."""
    image, _ = canvas(side_px, colour(random, 0, 40))
    for _ in range(random.randint(2, 4)):
        layer, pen = canvas(side_px, (0, 0, 0))
        largest = random.uniform(4, 26)
        for _ in range(random.randint(2, 9)):
            x, y, radius = random.uniform(0, side_px), random.uniform(0, side_px), random.uniform(2, largest)
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_light(random))
        blur = ImageFilter.GaussianBlur(random.uniform(0.5, 1 + largest / 4))
        image = ImageChops.screen(image, layer.filter(blur))
    return grain(random, image)


def _light(random: Random) -> Colour:
    return _warm(random) if chance(random, 0.75) else colour(random, 120, 255)


def fog(random: Random, side_px: int) -> Image.Image:
    """Fog or cloud over hills: grey and soft like smoke, without a source."""
    ground = gradient(side_px, [colour(random, 140, 235), colour(random, 60, 150), colour(random, 30, 110)])
    _skyline(random, ImageDraw.Draw(ground), side_px, side_px * random.uniform(0.5, 0.9))
    level = random.randint(190, 245)
    grey: Colour = (level, level, min(level + 6, 255))
    veil = clouds(random, side_px, random.randint(3, 6))
    stretched = veil.point(lambda value: min(max(int((value - 90) * 3.2), 0), 255))
    image = Image.composite(Image.new("RGB", ground.size, grey), ground, stretched)
    return grain(random, soften(random, image, 3.0))


def leaves(random: Random, side_px: int) -> Image.Image:
    """Autumn: many small shapes in yellow, orange and red over brown."""
    image, pen = canvas(side_px, (random.randint(40, 110), random.randint(30, 70), random.randint(10, 40)))
    for _ in range(random.randint(150, 500)):
        x, y = random.uniform(0, side_px), random.uniform(0, side_px)
        width, height = random.uniform(3, 16), random.uniform(3, 16)
        pen.ellipse(
            (x, y, x + width, y + height), fill=_warm(random) if chance(random, 0.8) else colour(random, 20, 120)
        )
    return grain(random, soften(random, image))
