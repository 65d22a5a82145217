"""Ordinary posts: pictures with words in or beside them that nobody could object to, as further negatives.

The set of memes holds nothing but memes on one subject, so that a model trained on it alone has never seen what most
people post. What it learns of one set of photographs says little about the next, so that ordinary posts come in worlds
that share neither photographs nor sentences: false alarms are measured in a world that no training saw.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from models.data.images.rendering.fonts import any_font, heavy_font
from models.data.images.rendering.painting import colour, contrast, wrap
from models.training.memes.news import PATTERNS, news_sentence

SIDE_PX: Final = 256
"""The long side that the memes have, so that size tells nothing."""


@dataclass(frozen=True)
class World:
    """Sets of photographs and a set of sentences that occur in no other world, by the names the mirror gives them."""

    photographs: tuple[str, ...]
    sentences: str


WORLDS: Final = (
    World(("imagenet1000",), "clinc150"),
    World(("grocery", "plates_romania"), "banking77"),
    World(("clothing", "dogcat"), "topical_chat"),
    World(("faces_darun",), "goemotions"),
)
NEWS_SHARE: Final = 1 / 3
_QUALITY: Final = 76
_MAX_WORDS: Final = 24
_MIN_WORDS: Final = 3


class Style(StrEnum):
    """How words and a picture come together. A picture without words is never asked about."""

    CAPTION = "caption"
    BAR = "bar"
    CARD = "card"
    POST = "post"
    """A photograph without words in it, and a text beside it."""


@dataclass(frozen=True, slots=True)
class OrdinaryPost:
    """One harmless post.

    Attributes:
        path: its picture.
        text: beside the picture; empty when the words are in it.
        words: in the picture; empty when they are beside it.
        style: how it was made.
        is_news: its words name what memes attack.
        world: position in `WORLDS`.

    """

    path: Path
    text: str
    words: str
    style: Style
    is_news: bool
    world: int


@dataclass(frozen=True)
class Ingredients:
    """What the ordinary posts of one world are made of."""

    photographs: Sequence[Path]
    sentences: Sequence[str]


def make_posts(worlds: Sequence[Ingredients], folder: Path, n_a_world: int, seed: int) -> list[OrdinaryPost]:
    """Draw posts of every world into a folder; the same seed gives the same posts."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        post
        for world, ingredients in enumerate(worlds)
        for post in _posts(ingredients, folder, n_a_world, world, Random(f"{seed}:{world}"))
    ]


def world_patterns(world: int) -> tuple[str, ...]:
    """The patterns of sentences on the news that occur in this world only."""
    return PATTERNS[world :: len(WORLDS)]


def usable_sentences(texts: Sequence[str]) -> list[str]:
    """Those short enough to stand on a picture and long enough to say something."""
    return [text for text in texts if _MIN_WORDS <= len(text.split()) <= _MAX_WORDS]


def _posts(ingredients: Ingredients, folder: Path, n: int, world: int, random: Random) -> Iterator[OrdinaryPost]:
    for index in range(n):
        style = random.choice(tuple(Style))
        is_news = random.random() < NEWS_SHARE
        sentence = news_sentence(random, world_patterns(world)) if is_news else random.choice(ingredients.sentences)
        path = folder / f"{world}-{index:04d}.jpg"
        _draw(style, random.choice(ingredients.photographs), sentence, random).save(path, quality=_QUALITY)
        yield OrdinaryPost(
            path=path,
            text=sentence if style is Style.POST else "",
            words="" if style is Style.POST else sentence,
            style=style,
            is_news=is_news,
            world=world,
        )


def _draw(style: Style, photograph: Path, sentence: str, random: Random) -> Image.Image:
    if style is Style.CARD:
        return _card(sentence, random)
    with Image.open(photograph) as opened:
        image = opened.convert("RGB")
    scale = SIDE_PX / max(image.size)
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    if style is Style.CAPTION:
        return _captioned(image, sentence, random)
    return _barred(image, sentence, random) if style is Style.BAR else image


def _card(sentence: str, random: Random) -> Image.Image:
    ground = colour(random)
    image = Image.new("RGB", (SIDE_PX, random.randint(SIDE_PX // 2, SIDE_PX)), ground)
    px = random.randint(12, 26)
    _write(image, sentence, (random.randint(4, image.height // 4), px), contrast(ground), random)
    return image


def _captioned(image: Image.Image, sentence: str, random: Random) -> Image.Image:
    """White, outlined, above and below, as memes have it."""
    px = random.randint(14, 24)
    font = heavy_font(px)
    words = sentence.upper() if random.random() < 0.6 else sentence  # noqa: PLR2004 - a share
    cut = len(words.split()) // 2 if random.random() < 0.5 else len(words.split())  # noqa: PLR2004 - a share
    parts = (" ".join(words.split()[:cut]), " ".join(words.split()[cut:]))
    pen = ImageDraw.Draw(image)
    for part, is_below in zip(parts, (False, True), strict=True):
        lines = wrap(part, font, image.width * 0.94)
        top = image.height - len(lines) * (px + 2) - 4 if is_below else 4
        for row, line in enumerate(lines):
            place = ((image.width - font.getlength(line)) / 2, top + row * (px + 2))
            pen.text(place, line, font=font, fill=(255, 255, 255), stroke_width=2, stroke_fill=(0, 0, 0))
    return image


def _barred(image: Image.Image, sentence: str, random: Random) -> Image.Image:
    """Words on a plain bar above the photograph."""
    px = random.randint(12, 20)
    height = len(wrap(sentence, heavy_font(px), image.width * 0.9)) * (px + 4) + 10
    paper = random.choice(((255, 255, 255), (0, 0, 0)))
    joined = Image.new("RGB", (image.width, image.height + height), paper)
    joined.paste(image, (0, height))
    _write(joined, sentence, (4, px), contrast(paper), random)
    return joined


def _write(
    image: Image.Image, sentence: str, top_and_size: tuple[int, int], ink: tuple[int, int, int], random: Random
) -> None:
    top, px = top_and_size
    font = any_font(random, px)
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(wrap(sentence, font, image.width * 0.92)):
        pen.text((6, top + row * (px + 4)), line, font=font, fill=ink)
