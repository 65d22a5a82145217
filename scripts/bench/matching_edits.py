"""What people do to a known picture or text before they post it again. Deterministic for a given generator."""

import io
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFont

PictureEdit = Callable[[Image.Image, Random], Image.Image]
TextEdit = Callable[[str, Random, Sequence[str]], str]
"""Text, generator, and a vocabulary to take words from."""

REPOST_QUALITY: Final = 85
"""A post is compressed again whatever else was done to it."""
KEPT_SIDE: Final = 0.9
ANGLE_DEGREES: Final = 3.0


def recompress(image: Image.Image, quality: int) -> Image.Image:
    """The picture after a round through JPEG."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    buffer.seek(0)
    with Image.open(buffer) as compressed:
        return compressed.convert("RGB")


def _compressed(image: Image.Image, random: Random) -> Image.Image:  # noqa: ARG001
    return recompress(image, 50)


def _halved(image: Image.Image, random: Random) -> Image.Image:  # noqa: ARG001
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)))


def _cropped(image: Image.Image, random: Random) -> Image.Image:
    width, height = round(image.width * KEPT_SIDE), round(image.height * KEPT_SIDE)
    left, top = random.randint(0, image.width - width), random.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def _watermarked(image: Image.Image, random: Random) -> Image.Image:
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    font = ImageFont.load_default(size=max(8, image.width // 9))
    place = (image.width / 2, image.height * random.uniform(0.2, 0.8))
    ImageDraw.Draw(layer).text(place, "© example.com", font=font, anchor="mm", fill=(255, 255, 255, 128))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _rotated(image: Image.Image, random: Random) -> Image.Image:
    return image.rotate(random.choice((-ANGLE_DEGREES, ANGLE_DEGREES)), resample=Image.Resampling.BICUBIC)


def _mirrored(image: Image.Image, random: Random) -> Image.Image:  # noqa: ARG001
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


PICTURE_EDITS: Final[Mapping[str, PictureEdit]] = {
    "JPEG, quality 50": _compressed,
    "half the size": _halved,
    "10 % cropped off each side's length": _cropped,
    "watermark": _watermarked,
    "turned by 3 degrees": _rotated,
    "mirrored": _mirrored,
}


def edited(image: Image.Image, edit: PictureEdit, random: Random) -> Image.Image:
    """The picture as it would be posted again."""
    return recompress(edit(image, random), REPOST_QUALITY)


def _one_typo(text: str, random: Random, words: Sequence[str]) -> str:  # noqa: ARG001
    place = random.randrange(len(text))
    return text[:place] + random.choice("abcdefghijklmnopqrstuvwxyz") + text[place + 1 :]


def _three_typos(text: str, random: Random, words: Sequence[str]) -> str:
    for _ in range(3):
        text = _one_typo(text, random, words)
    return text


def _word_replaced(text: str, random: Random, words: Sequence[str]) -> str:
    own = text.split()
    own[random.randrange(len(own))] = random.choice(words)
    return " ".join(own)


def _word_dropped(text: str, random: Random, words: Sequence[str]) -> str:  # noqa: ARG001
    own = text.split()
    del own[random.randrange(len(own))]
    return " ".join(own)


def _link_appended(text: str, random: Random, words: Sequence[str]) -> str:  # noqa: ARG001
    return f"{text} read more http"


def _shouted(text: str, random: Random, words: Sequence[str]) -> str:  # noqa: ARG001
    return f"{text.upper()}!!!"


def _spaced(text: str, random: Random, words: Sequence[str]) -> str:  # noqa: ARG001
    own = text.split()
    for place in random.sample(range(len(own)), k=max(1, len(own) // 8)):
        own[place] = ".".join(own[place])
    return " ".join(own)


TEXT_EDITS: Final[Mapping[str, TextEdit]] = {
    "one typo": _one_typo,
    "three typos": _three_typos,
    "a word replaced": _word_replaced,
    "a word dropped": _word_dropped,
    "a link appended": _link_appended,
    "upper case and `!!!`": _shouted,
    "a word in eight d.o.t.t.e.d": _spaced,
}
