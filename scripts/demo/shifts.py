"""Shifts: what can come over a site's traffic, one function each, with a named strength.

A shift changes a share of the posts from one moment on. What it does to a text is a function of the text and a source
of chance; where it is not about texts (a broken upstream, a model that got worse), the text stays or is gone and the
one who runs the traffic does the rest.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scripts.demo.posts import Post, Posts
from scripts.demo.wording import read_words

Change = Callable[[Post, random.Random], Post]
"""A post as it would have been posted under the shift."""


class ShiftName(StrEnum):
    """The shifts there are."""

    NEW_TOPIC = "new_topic"
    NEW_SLANG = "new_slang"
    OBFUSCATION = "obfuscation"
    SPAM_FLOOD = "spam_flood"
    LANGUAGE_CHANGE = "language_change"
    BROKEN_UPSTREAM = "broken_upstream"
    MODEL_REGRESSION = "model_regression"


@dataclass(frozen=True)
class Shift:
    """One shift.

    Attributes:
        title: for tables.
        share: of the posts that may be changed, those that are.
        what: one sentence for documents: what changes and how strongly.
        is_harmful_only: only harmful posts may be changed.

    """

    name: ShiftName
    title: str
    share: float
    what: str
    is_harmful_only: bool = False


SHIFTS: Final = (
    Shift(
        ShiftName.NEW_TOPIC, "a new topic", 0.10, "one post in ten is about trouble at a bank, which nobody wrote of"
    ),
    Shift(
        ShiftName.NEW_SLANG,
        "a new slang",
        0.80,
        "in four of five harmful posts the words that give them away are replaced by invented ones",
        is_harmful_only=True,
    ),
    Shift(
        ShiftName.OBFUSCATION,
        "an obfuscation wave",
        0.10,
        "one post in ten is disguised: digits for letters, stars, look-alikes, letters apart, invisible characters",
    ),
    Shift(ShiftName.SPAM_FLOOD, "a spam flood", 0.10, "one post in ten is an advertisement of a few campaigns"),
    Shift(
        ShiftName.LANGUAGE_CHANGE, "a language change", 0.10, "one post in ten is in one language that was not there"
    ),
    Shift(ShiftName.BROKEN_UPSTREAM, "a broken upstream", 0.05, "one text in twenty arrives empty"),
    Shift(
        ShiftName.MODEL_REGRESSION,
        "a model regression",
        1.0,
        "every logit is shrunk to 0.7 of itself and moved by noise of 0.5, as a badly recalibrated head would",
    ),
)
BY_NAME: Final[Mapping[ShiftName, Shift]] = {shift.name: shift for shift in SHIFTS}

LOGIT_SCALE: Final = 0.7
LOGIT_NOISE: Final = 0.5
N_GIVEAWAYS: Final = 400
"""Words that tell harmful posts from others best; the slang replaces them."""
N_CAMPAIGNS: Final = 8
"""Advertisements of one flood; each comes many times."""
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z']+")
_SYLLABLES: Final = ("zor", "blik", "nar", "vee", "quo", "dap", "mip", "thu", "gla", "fen", "rox", "sho", "wug", "kel")
_LEET: Final = str.maketrans("aeiostAEIOST", "4310574310$7")
_LOOKALIKES: Final = str.maketrans("aceopxyiACEOPX", "асеорхуіАСЕОРХ")
_INVISIBLE: Final = "\u200b"


def prepare(name: ShiftName, posts: Posts, seed: int) -> Change:
    """What the shift does to one post; learns from the posts what it has to know.

    Args:
        name: which.
        posts: the traffic it comes over.
        seed: of what is drawn once a shift: the language, the campaigns.

    """
    return _MAKERS[name](posts, seed)


def _new_topic(posts: Posts, _: int) -> Change:
    return lambda post, draw: Post(draw.choice(posts.topic), post.surface, is_harmful=False)


def _new_slang(posts: Posts, _: int) -> Change:
    invented = invent_slang(posts.ordinary)
    return lambda post, _: _with_text(post, speak_slang(post.text, invented))


def _obfuscation(_: Posts, __: int) -> Change:
    return lambda post, draw: _with_text(post, disguise(post.text, draw))


def _spam_flood(posts: Posts, seed: int) -> Change:
    chance = random.Random(f"campaigns/{seed}")
    campaigns = [chance.choice(posts.spam) for _ in range(N_CAMPAIGNS)]
    return lambda post, draw: Post(advertise(campaigns, draw), post.surface, is_harmful=True, is_spam=True)


def _language_change(_: Posts, seed: int) -> Change:
    languages = read_words().languages
    sentences = languages[sorted(languages)[seed % len(languages)]]
    return lambda post, draw: _with_text(post, converse(sentences, draw))


def _broken_upstream(_: Posts, __: int) -> Change:
    return lambda post, _: _with_text(post, "")


def _model_regression(_: Posts, __: int) -> Change:
    return lambda post, _: post


_MAKERS: Final[Mapping[ShiftName, Callable[[Posts, int], Change]]] = {
    ShiftName.NEW_TOPIC: _new_topic,
    ShiftName.NEW_SLANG: _new_slang,
    ShiftName.OBFUSCATION: _obfuscation,
    ShiftName.SPAM_FLOOD: _spam_flood,
    ShiftName.LANGUAGE_CHANGE: _language_change,
    ShiftName.BROKEN_UPSTREAM: _broken_upstream,
    ShiftName.MODEL_REGRESSION: _model_regression,
}


def giveaways(posts: Sequence[Post], n_words: int = N_GIVEAWAYS) -> list[str]:
    """The words that tell harmful posts from others best, lower case.

    Source: log-odds ratio with a prior of one half a word (Monroe, Colaresi and Quinn 2008, section 3.3), by z-score.
    """
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for post in posts:
        counts[post.is_harmful].update({word.lower() for word in _WORD.findall(post.text)})
    n_fine, n_harmful = (sum(not post.is_harmful for post in posts), sum(post.is_harmful for post in posts))

    def z_score(word: str) -> float:
        harmful, fine = counts[1][word] + 0.5, counts[0][word] + 0.5
        log_odds = math.log(harmful / (n_harmful - harmful + 1.0)) - math.log(fine / (n_fine - fine + 1.0))
        return log_odds / math.sqrt(1.0 / harmful + 1.0 / fine)

    return sorted(counts[1], key=lambda word: (-z_score(word), word))[:n_words]


def invent_slang(posts: Sequence[Post]) -> dict[str, str]:
    """An invented word for every giveaway, always the same one."""
    return {word: "".join(random.Random(word).choices(_SYLLABLES, k=2)) for word in giveaways(posts)}


def speak_slang(text: str, invented: Mapping[str, str]) -> str:
    """The text with every word of the slang in its place."""
    return _WORD.sub(lambda word: invented.get(word[0].lower(), word[0]), text)


def disguise(text: str, chance: random.Random) -> str:
    """The text as somebody would post it who has filters in mind: one trick for all of its longer words."""
    trick = chance.choice((_leet, _starred, _lookalike, _apart, _invisible))
    return re.sub(r"[A-Za-z]{4,}", lambda word: trick(word[0]) if chance.random() < 0.6 else word[0], text)  # noqa: PLR2004


def advertise(campaigns: Sequence[str], chance: random.Random) -> str:
    """One copy of one of the campaigns; a number sets some copies apart."""
    return chance.choice(campaigns).replace("{n}", str(chance.randint(1, 30)))


def converse(sentences: Sequence[str], chance: random.Random) -> str:
    """Two or three of the sentences."""
    return " ".join(chance.sample(list(sentences), k=chance.randint(2, 3)))


def _with_text(post: Post, text: str) -> Post:
    return Post(text, post.surface, post.is_harmful, post.is_spam)


def _leet(word: str) -> str:
    return word.translate(_LEET)


def _starred(word: str) -> str:
    return f"{word[0]}{'*' * (len(word) - 2)}{word[-1]}"


def _lookalike(word: str) -> str:
    return word.translate(_LOOKALIKES)


def _apart(word: str) -> str:
    return " ".join(word)


def _invisible(word: str) -> str:
    return _INVISIBLE.join(word)
