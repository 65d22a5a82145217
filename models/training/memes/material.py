"""Material: memes and ordinary posts from a mirror, read, embedded and turned into arrays."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.data.digests import exclusion_digest
from models.data.images.mirror import image_root, read_entries
from models.data.loaders import LOADERS
from models.data.memes import Meme, near_pictures
from models.data.mirror import Mirror
from models.data.origin import TEXT_FOLDER
from models.data.registry import load_registry
from models.runtime.bundle import file_digest
from models.runtime.normalization import normalize
from models.training.memes.inputs import Embedder, MemeRows, OrdinaryRows, meme_hashes, meme_rows, ordinary_rows
from models.training.memes.ordinary import (
    WORLDS,
    Ingredients,
    OrdinaryPost,
    make_posts,
    usable_sentences,
)
from models.training.memes.words import Reader, read_words

BENIGN = "benign"


@dataclass(frozen=True)
class Material:
    """What a run on memes learns from and is measured on.

    Attributes:
        memes, ordinary: as arrays.
        twins: pairs of memes whose pictures are near duplicates, by position.
        digest: of the pictures, labels and words of all of them.

    """

    memes: MemeRows
    ordinary: OrdinaryRows
    twins: list[tuple[int, int]]
    digest: str


def gather(
    memes: Sequence[Meme],
    worlds: Sequence[Ingredients],
    embedder: Embedder,
    open_reader: Callable[[], Reader],
    ordinary_a_world: int,
    seed: int,
) -> Material:
    """Read the memes, draw ordinary posts, and embed both. What was computed before is taken from the cache.

    Args:
        memes: one or more.
        worlds: what ordinary posts are made of, world by world.
        embedder: of words and pictures, with the folder of the caches.
        open_reader: called when there is a picture left to read.
        ordinary_a_world: how many of them.
        seed: of the ordinary posts.

    """
    paths = [meme.path for meme in memes]
    read = read_words(paths, embedder.cache_dir / "read-words.jsonl", open_reader, embedder.report)
    posts = make_posts(worlds, embedder.cache_dir / "ordinary", ordinary_a_world, seed)
    words = [read[path] for path in paths]
    hashes = meme_hashes(memes)
    return Material(
        memes=meme_rows(memes, words, hashes, embedder),
        ordinary=ordinary_rows(posts, embedder),
        twins=near_pictures(hashes),
        digest=_digest(memes, words, posts),
    )


def load_worlds(mirror: Path) -> list[Ingredients]:
    """Benign photographs and ordinary sentences of a mirror, world by world.

    Args:
        mirror: a folder with `image` and `text` sets.

    Raises:
        DataError: a set is missing or is another one.

    """
    root = image_root(mirror)
    benign = [(entry.source, root / entry.path) for entry in read_entries(root) if entry.label == BENIGN]
    return [
        Ingredients(
            photographs=[path for source, path in benign if source in world.photographs],
            sentences=_sentences(mirror / TEXT_FOLDER, world.sentences),
        )
        for world in WORLDS
    ]


def _sentences(root: Path, source_id: str) -> list[str]:
    mirror, source = Mirror(root), load_registry()[source_id]
    files = {file.name: mirror.read(source, file).decode("utf-8") for file in source.files}
    excluded = mirror.exclusions() or frozenset()
    texts = (row.text for row in LOADERS[source_id](files) if exclusion_digest(row.text) not in excluded)
    return usable_sentences([normalize(text) for text in texts])


def _digest(memes: Sequence[Meme], read: Sequence[str], posts: Sequence[OrdinaryPost]) -> str:
    rows = [
        *(
            f"{file_digest(m.path)} {m.is_harmful:d}{m.is_very_harmful:d} {m.words} {r}"
            for m, r in zip(memes, read, strict=True)
        ),
        *(f"{file_digest(post.path)} {post.text} {post.words}" for post in posts),
    ]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
