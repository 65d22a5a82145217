"""Columns: what a window knows of each decision, what kind of value it is, and what part of moderation it speaks of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.contracts import CATEGORIES, Category

SCORE_PREFIX: Final = "score:"
"""Before a category's name: its calibrated probability; missing where no model scored it."""


class Kind(StrEnum):
    """What values a column holds, which decides how its drift is tested."""

    NUMBER = "number"
    """Any number: lengths, sizes, milliseconds; float64, NaN where it does not apply."""
    COUNT = "count"
    """Small whole numbers, mostly zero: addresses, emoji; float64, NaN where it does not apply."""
    SHARE = "share"
    """In [0, 1]; float64, NaN where it does not apply."""
    PROBABILITY = "probability"
    """A calibrated score in [0, 1]; float32, NaN where no model scored."""
    FLAG = "flag"
    """0.0 or 1.0; float64, NaN where it does not apply."""
    CATEGORY = "category"
    """One of some words; a pandas category, missing where it does not apply."""


class Group(StrEnum):
    """What a column speaks of."""

    INTAKE = "intake"
    """Who posts where: tenant, surface, modality."""
    TEXT = "text"
    IMAGE = "image"
    PREDICTION = "prediction"
    """What the models make of it."""
    POLICY = "policy"
    """What the policy does."""
    SYSTEM = "system"
    """How the server is: latency, cache hits, coverage."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a window's frame."""

    name: str
    kind: Kind
    group: Group
    title: str


def score_column(category: Category) -> str:
    """The name of a category's column of scores."""
    return f"{SCORE_PREFIX}{category.value}"


_I, _T, _V, _M, _P, _S = Group.INTAKE, Group.TEXT, Group.IMAGE, Group.PREDICTION, Group.POLICY, Group.SYSTEM

INTAKE: Final = (
    Column("tenant", Kind.CATEGORY, _I, "Tenant"),
    Column("surface", Kind.CATEGORY, _I, "Surface"),
    Column("modality", Kind.CATEGORY, _I, "Modality"),
    Column("repeated", Kind.FLAG, _I, "Same content seen earlier in the window"),
    Column("user_reports", Kind.COUNT, _I, "User reports"),
    Column("reach", Kind.NUMBER, _I, "Reach"),
)
TEXT: Final = (
    Column("n_chars", Kind.NUMBER, _T, "Characters"),
    Column("n_tokens", Kind.NUMBER, _T, "Tokens"),
    Column("n_windows", Kind.COUNT, _T, "Model windows"),
    Column("ascii_share", Kind.SHARE, _T, "ASCII characters"),
    Column("upper_share", Kind.SHARE, _T, "Upper-case characters"),
    Column("digit_share", Kind.SHARE, _T, "Digits"),
    Column("language", Kind.CATEGORY, _T, "Language"),
    Column("script", Kind.CATEGORY, _T, "Script"),
    Column("n_urls", Kind.COUNT, _T, "Addresses"),
    Column("n_emoji", Kind.COUNT, _T, "Emoji"),
    Column("altered_share", Kind.SHARE, _T, "Characters undone as disguise"),
    Column("disguised_share", Kind.SHARE, _T, "Words that look disguised"),
)
IMAGE: Final = (
    Column("n_images", Kind.COUNT, _V, "Images"),
    Column("image_width", Kind.NUMBER, _V, "Width"),
    Column("image_height", Kind.NUMBER, _V, "Height"),
    Column("brightness", Kind.SHARE, _V, "Brightness"),
    Column("n_frames", Kind.COUNT, _V, "Frames"),
    Column("has_words", Kind.FLAG, _V, "Words read in a picture"),
    Column("n_text_chars", Kind.NUMBER, _V, "Characters read in pictures"),
)
PREDICTION: Final = tuple(
    Column(score_column(category), Kind.PROBABILITY, _M, f"Score: {category.value}") for category in CATEGORIES
)
POLICY: Final = (
    Column("action", Kind.CATEGORY, _P, "Action"),
    Column("severity", Kind.CATEGORY, _P, "Highest severity"),
    Column("review", Kind.FLAG, _P, "Sent to review"),
    Column("flagged", Kind.FLAG, _P, "Flagged"),
)
SYSTEM: Final = (
    Column("latency_ms", Kind.NUMBER, _S, "Latency, ms"),
    Column("cached", Kind.FLAG, _S, "Scores from the cache"),
    Column("n_scored", Kind.COUNT, _S, "Categories scored"),
)
COLUMNS: Final = (*INTAKE, *TEXT, *IMAGE, *PREDICTION, *POLICY, *SYSTEM)
"""All columns that drift is looked for in, in the order of reports."""
BY_NAME: Final = {column.name: column for column in COLUMNS}

KEYS: Final = ("decision_id", "decided_at_us", "decider_id", "content_digest", "kind", "locale", "weight")
"""Columns beside them that name a decision or place it, and the weight of its row (`Window`)."""
