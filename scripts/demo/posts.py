"""Posts: what people wrote, in the order of time, from the built data set, or from what ships where there is none."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

SURFACE_BY_SET: Final = {
    "cad": "forum", "gibert_stormfront": "forum", "gab_hate_corpus": "feed", "goemotions": "forum",
    "edos": "feed", "guest_misogyny": "forum", "hatexplain": "feed", "davidson": "feed", "mlma": "feed",
    "toxic_spans": "comments", "civil_assembled": "comments", "context_toxicity": "comments",
    "conversationai_debias": "comments", "fox_news": "comments", "jigsaw_subsets": "comments",
    "youtube_spam": "comments", "topical_chat": "messages", "convabuse": "messages", "sms_spam": "messages",
}  # fmt: skip
"""The sets of posts that people made in public or in chats, and where such posts appear. What was written to test
models (prompts, functional cases, edited pairs) is no traffic and left out."""
TOPIC_SET: Final = "banking77"
"""Its posts are kept out of ordinary traffic, so that they are news when they come: people with trouble at the bank."""
SPLITS: Final = ("validation", "calibration", "test")
"""Posts that the shipped bundle was not trained on, in the order of time where the set's split has one."""
HARMFUL_SHARE: Final = 0.1
"""Of ordinary traffic. The sets hold twice as much and more, because they were made to train on."""
MAX_CHARS: Final = 2_000
_HARMS: Final = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/intent", "self-harm/instructions", "sexual", "violence", "violence/graphic", "toxicity", "profanity",
    "spam",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Post:
    """One post.

    Attributes:
        surface: where such posts appear.
        is_harmful: its set's labels name any harm.
        is_spam: they name spam.

    """

    text: str
    surface: str
    is_harmful: bool
    is_spam: bool = False


@dataclass(frozen=True)
class Posts:
    """What there is to post.

    Attributes:
        ordinary: of every day, in the order of time; `HARMFUL_SHARE` of them harmful.
        topic: about something that nobody posts about on an ordinary day.
        spam: advertisements.
        origin: where they come from, in words for a report.

    """

    ordinary: tuple[Post, ...]
    topic: tuple[str, ...]
    spam: tuple[str, ...]
    origin: str


def load_posts(data: Path, seed: int = 0) -> Posts:
    """The posts of the data set in a folder; those that ship with Weir where there is no data set.

    Args:
        data: folder of the built data set (`weir data build`).
        seed: of the choice of harmful posts, and of the order where a set has no times.

    """
    if not (data / "examples").is_dir():
        return written_posts(seed)
    from models.data.store import load_dataset_digest

    chance = random.Random(seed)
    timed = [entry for split in SPLITS for entry in _split_posts(data, split, chance)]
    topic = [text for split in SPLITS for text in _texts(data, split, TOPIC_SET)]
    spam = [post.text for _, post in _set_posts(data, "train", "sms_spam", chance) if post.is_spam]
    origin = f"data set {load_dataset_digest(data)[:12]}, splits {', '.join(SPLITS)}"
    return Posts(_thin([post for _, post in timed], chance), tuple(topic), tuple(spam), origin)


def written_posts(seed: int = 0) -> Posts:
    """The texts that were written for Weir: fewer and shorter than what people post."""
    from models.data.rows import Part  # noqa: F401 - the reader below needs the package
    from models.data.seeds import read_seeds
    from scripts.bench.corpus import load_texts
    from scripts.demo.wording import read_words

    chance = random.Random(seed)
    folder = Path(__file__).resolve().parents[2] / "models" / "data" / "seed"
    seeds = [read_seeds(file.read_text(encoding="utf-8"), file.name) for file in sorted(folder.glob("*.yaml"))]
    found = [
        Post(text, chance.choice(("feed", "comments", "messages")), bool(group.positive))
        for one in seeds
        for group in one.groups
        for line in group.lines
        for text in _filled(line, one.slots)
    ]
    found += [Post(text, "forum", is_harmful=False) for text in load_texts()]
    chance.shuffle(found)
    words = read_words()
    return Posts(_thin(found, chance), words.topic, words.spam, "texts written for Weir (no data set was found)")


def _filled(line: str, slots: Any) -> list[str]:  # noqa: ANN401 - a mapping of words
    from models.data.seeds import fill

    return fill(line, slots)


def _split_posts(data: Path, split: str, chance: random.Random) -> list[tuple[float, Post]]:
    """One split in the order of time: a set's own order where it has one, spread evenly beside the others."""
    found = [entry for name in SURFACE_BY_SET for entry in _set_posts(data, split, name, chance)]
    return sorted(found, key=lambda entry: entry[0])


def _set_posts(data: Path, split: str, name: str, chance: random.Random) -> list[tuple[float, Post]]:
    """Posts of a set with their places in its split, 0 to 1."""
    table = _read(data, split, name)
    if table is None:
        return []
    harms = [table.column(label).to_pylist() for label in _HARMS]
    stamps = table.column("timestamp").to_pylist()
    rows = sorted(range(table.num_rows), key=lambda row: (stamps[row] or "", chance.random()))
    texts = table.column("text").to_pylist()
    return [
        (
            (place + chance.random()) / len(rows),
            Post(
                texts[row],
                SURFACE_BY_SET[name],
                any(marks[row] == 1 for marks in harms),
                harms[-1][row] == 1,
            ),
        )
        for place, row in enumerate(rows)
        if len(texts[row]) <= MAX_CHARS
    ]


def _texts(data: Path, split: str, name: str) -> list[str]:
    table = _read(data, split, name)
    return [] if table is None else [text for text in table.column("text").to_pylist() if len(text) <= MAX_CHARS]


def _read(data: Path, split: str, name: str) -> "pa.Table | None":
    from pyarrow import parquet

    path = data / "examples" / f"split={split}" / f"source={name}" / "part-0.parquet"
    return parquet.ParquetFile(path).read() if path.is_file() else None


def _thin(posts: list[Post], chance: random.Random) -> tuple[Post, ...]:
    """Leave out harmful posts, evenly over time, until they are `HARMFUL_SHARE` of all."""
    n_harmful = sum(post.is_harmful for post in posts)
    wanted = (len(posts) - n_harmful) * HARMFUL_SHARE / (1.0 - HARMFUL_SHARE)
    keep = min(1.0, wanted / n_harmful) if n_harmful else 1.0
    return tuple(post for post in posts if not post.is_harmful or chance.random() < keep)
