"""Inputs: memes and ordinary posts as the joint model will meet them, embedded by the two bundles that serve."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.memes import Meme, meme_groups
from models.runtime.bundle import file_digest
from models.runtime.classifier import TextClassifier
from models.runtime.matching.pdq import pdq_hash
from models.runtime.vision.classifier import ImageClassifier
from models.runtime.vision.preparation import square_pixels
from models.training.errors import TrainingError
from models.training.fusion import FusionInputs
from models.training.memes.ordinary import OrdinaryPost
from models.training.memes.vectors import Float32s, VectorCache, text_digest
from models.training.memes.words import Report, open_frame


@dataclass(frozen=True)
class MemeRows:
    """The memes, row by row.

    Attributes:
        harmful, very_harmful, politics: *Shape:* `(n,)`.
        groups: near duplicates share one. *Shape:* `(n,)`.
        read: with the words that the reader found.
        transcribed: with the words that people wrote down.
        text_probs: what the text bundle alone says of the read words. *Shape:* `(n, n_labels)`.

    """

    harmful: NDArray[np.bool_]
    very_harmful: NDArray[np.bool_]
    politics: NDArray[np.bool_]
    groups: NDArray[np.int64]
    read: FusionInputs
    transcribed: FusionInputs
    text_probs: Float32s


@dataclass(frozen=True)
class OrdinaryRows:
    """Ordinary posts, row by row; none is harmful.

    Attributes:
        news, world: as in `OrdinaryPost`. *Shape:* `(n,)`.
        styles: *Shape:* `(n,)`.

    """

    inputs: FusionInputs
    news: NDArray[np.bool_]
    world: NDArray[np.int64]
    styles: NDArray[np.str_]


@dataclass(frozen=True)
class Embedder:
    """The two bundles that a joint model stands on, with caches of what they said."""

    text: TextClassifier
    image: ImageClassifier
    cache_dir: Path
    report: Report

    def words(self, texts: Sequence[str]) -> Float32s:
        """Embeddings; a row of zeros for an empty text. *Shape:* `(n, 384)`."""
        cache = VectorCache(self.cache_dir / f"words-{self.text.digest[:16]}.npz", "embed words")
        found = np.zeros((len(texts), self.text.bundle.manifest.embedding_size or 0), dtype=np.float32)
        some = [position for position, text in enumerate(texts) if text]
        if some:
            chosen = [texts[position] for position in some]
            found[some] = cache.vectors(
                [text_digest(text) for text in chosen],
                lambda batch: self.text.embeddings([chosen[position] for position in batch]),
                self.report,
            )
        return found

    def pictures(self, paths: Sequence[Path]) -> Float32s:
        """Features. *Shape:* `(n, 1280)`.

        Raises:
            TrainingError: the image bundle gives no features.

        """
        cache = VectorCache(self.cache_dir / f"pictures-{self.image.bundle.digest[:16]}.npz", "look at pictures")
        return cache.vectors(
            [file_digest(path) for path in paths],
            lambda batch: self._features([paths[position] for position in batch]),
            self.report,
        )

    def _features(self, paths: Sequence[Path]) -> Float32s:
        pixels = np.stack([square_pixels(open_frame(path), self.image.side) for path in paths])
        features = self.image.infer(pixels).features
        if features is None:
            raise TrainingError(f"{self.image.bundle.path}: its model gives no features; name another image bundle")
        return features


def meme_rows(memes: Sequence[Meme], read: Sequence[str], hashes: NDArray[np.uint8], embedder: Embedder) -> MemeRows:
    """Memes as arrays.

    Args:
        memes: one or more.
        read: the words that the reader found in each, as serving passes them on.
        hashes: PDQ bits of their pictures. *Shape:* `(n, 32)`.
        embedder: of words and pictures.

    """
    image = embedder.pictures([meme.path for meme in memes])
    nothing = np.zeros((len(memes), embedder.text.bundle.manifest.embedding_size or 0), dtype=np.float32)
    return MemeRows(
        harmful=np.array([meme.is_harmful for meme in memes]),
        very_harmful=np.array([meme.is_very_harmful for meme in memes]),
        politics=np.array([meme.is_political for meme in memes]),
        groups=meme_groups([meme.words for meme in memes], hashes),
        read=FusionInputs(nothing, embedder.words(read), image),
        transcribed=FusionInputs(nothing, embedder.words([meme.words for meme in memes]), image),
        text_probs=embedder.text.score(read),
    )


def ordinary_rows(posts: Sequence[OrdinaryPost], embedder: Embedder) -> OrdinaryRows:
    """Ordinary posts as arrays."""
    return OrdinaryRows(
        inputs=FusionInputs(
            text=embedder.words([post.text for post in posts]),
            image_text=embedder.words([post.words for post in posts]),
            image=embedder.pictures([post.path for post in posts]),
        ),
        news=np.array([post.is_news for post in posts]),
        world=np.array([post.world for post in posts], dtype=np.int64),
        styles=np.array([post.style for post in posts]),
    )


def meme_hashes(memes: Sequence[Meme]) -> NDArray[np.uint8]:
    """PDQ bits of the pictures. *Shape:* `(n, 32)`."""
    bits = [np.frombuffer(pdq_hash(open_frame(meme.path)).bits, dtype=np.uint8) for meme in memes]
    return np.stack(bits)
