"""Loaders of ordinary text: negatives of every category, so that no head learns to see harm in daily life."""

import json
from collections.abc import Iterator

from models.contracts import CATEGORIES, DEFINITIONS, Category
from models.data import cues
from models.data.labels import Label, no
from models.data.rows import Files, Part, Row
from models.data.tables import read_lines, read_table

_CLEAN = no(*(category for category in CATEGORIES if DEFINITIONS[category].scorable))


def clinc150(files: Files) -> Iterator[Row]:
    """Requests to an assistant. Source: Larson et al. (2019), EMNLP."""
    parts = {"train": Part.TRAIN, "val": Part.DEV, "test": Part.TEST}
    for name, entries in json.loads(files["data_full.json"]).items():
        for text, _intent in entries:
            yield Row(text, _CLEAN, parts[name.removeprefix("oos_")])


def banking77(files: Files) -> Iterator[Row]:
    """Questions to a bank. Source: Casanueva et al. (2020), NLP for ConvAI."""
    for name, part in (("train.csv", Part.TRAINABLE), ("test.csv", Part.TEST)):
        for row in read_table(files[name]):
            yield Row(row["text"], _CLEAN, part)


def topical_chat(files: Files) -> Iterator[Row]:
    """Small talk about news and sport, message by message. Source: Gopalakrishnan et al. (2019), Interspeech."""
    for name, part in (("valid_freq.json", Part.TRAINABLE), ("test_freq.json", Part.TEST)):
        for conversation in json.loads(files[name]).values():
            for turn in conversation["content"]:
                yield Row(turn["message"], _CLEAN, part)


_WARM = frozenset(
    (
        "admiration",
        "amusement",
        "approval",
        "caring",
        "curiosity",
        "excitement",
        "gratitude",
        "joy",
        "love",
        "optimism",
        "pride",
        "relief",
        "surprise",
    )
)
_LOW = frozenset(
    (
        "sadness",
        "grief",
        "remorse",
        "fear",
        "nervousness",
        "disappointment",
        "disgust",
        "anger",
        "embarrassment",
        "desire",
    )
)
_CURATED = no(
    Category.SPAM,
    Category.ILLICIT,
    Category.SELF_HARM_INSTRUCTIONS,
    Category.VIOLENCE_GRAPHIC,
    Category.SEXUAL,
    Category.HATE,
)


def goemotions(files: Files) -> Iterator[Row]:
    """Reddit comments with emotions: not guaranteed clean, half weight.

    The authors removed adult and hateful comments, which makes no for those; swearing stayed, which makes profanity
    unknown. Comments with warm emotions only are civil; those with low spirits or a word of self-harm say nothing
    about self-harm. Source: Demszky et al. (2020), ACL, section 3.1.
    """
    names = read_lines(files["labels.txt"])
    for name, part in (("train.tsv", Part.TRAIN), ("dev.tsv", Part.DEV), ("test.tsv", Part.TEST)):
        for line in read_lines(files[name]):
            text, ids, _comment = line.split("\t")
            emotions = {names[int(i)] for i in ids.split(",")}
            yield Row(text, _emotion_marks(text, emotions), part, weight=0.5)


def _emotion_marks(text: str, emotions: set[str]) -> dict[Label, int]:
    marks: dict[Label, int] = dict(_CURATED)
    if emotions <= _WARM:
        marks |= no(Category.TOXICITY, Category.HARASSMENT, Category.VIOLENCE)
    if not (emotions & _LOW or cues.SELF_HARM.search(text)):
        marks |= no(Category.SELF_HARM)
    return marks
