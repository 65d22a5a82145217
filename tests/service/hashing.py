"""A small real classifier for tests: bags of hashed words, several windows for long texts, no files and no network."""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from models.contracts import BundleReference, Category, OperatingPoint, TextFeatures, TextSpan, ThresholdTable
from models.runtime.batching import plan_batches
from models.runtime.disguise import altered_share
from models.runtime.normalization import normalize
from service.bundles import LoadedModel, LoadedModels
from service.scorer import Floats, Window

LABELS = (Category.HARASSMENT, Category.HATE, Category.SEXUAL, Category.VIOLENCE, Category.TOXICITY, Category.SPAM)
WINDOW = 8
N_WORDS = 512
EMBEDDING = 16
_WEIGHTS = np.random.default_rng(7).normal(0.0, 0.6, (N_WORDS, len(LABELS) + 1)).astype(np.float32)
_WEIGHTS[1] = [9, 9, -9, 9, 9, -9, 0]  # "idiot": see `word_id`
_WEIGHTS[2] = -0.5  # "lovely"


def word_id(word: str) -> int:
    fixed = {"idiot": 1, "lovely": 2, "brokenmodel": 3, "notanumber": 4}
    if word in fixed:
        return fixed[word]
    return 5 + int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest()) % (N_WORDS - 5)


@dataclass(frozen=True)
class HashedText:
    text: str
    windows: tuple[Window, ...]
    features: TextFeatures


class HashingScorer:
    """Satisfies `service.scorer.Scorer`. Three words are faults on purpose, to see who else they hurt:

    `brokentokens` breaks `prepare`, `brokenmodel` breaks `infer`, `notanumber` gives NaN.
    """

    labels = LABELS

    def __init__(self) -> None:
        self.batches: list[int] = []

    def prepare(self, texts: Sequence[str], previous: Sequence[str | None] | None = None) -> list[HashedText]:
        turns = previous or [None] * len(texts)
        return [self._prepare(text, normalize(text), turn) for text, turn in zip(texts, turns, strict=True)]

    def _prepare(self, raw: str, text: str, turn: str | None = None) -> HashedText:
        words = text.lower().split()
        if "brokentokens" in words:
            raise ValueError(text)
        ids = np.array([word_id(word) for word in words] or [0], dtype=np.int64)
        windows = tuple(ids[start : start + WINDOW] for start in range(0, len(ids), WINDOW))
        if turn and len(windows) == 1:
            room = WINDOW - len(ids)
            windows = (np.array([*map(word_id, turn.lower().split()[-room:] if room else ()), *ids], dtype=np.int64),)
        features = TextFeatures(
            n_chars=len(text),
            n_tokens=len(words),
            n_windows=len(windows),
            ascii_share=1.0,
            upper_share=0.0,
            digit_share=0.0,
            altered_share=altered_share(raw, text),
        )
        return HashedText(text, windows, features)

    def plan(self, lengths: Sequence[int], max_batch_tokens: int) -> list[list[int]]:
        return plan_batches(lengths, max_batch_tokens)

    def infer(self, windows: Sequence[Window]) -> Floats:
        self.batches.append(len(windows))
        if any((window == word_id("brokenmodel")).any() for window in windows):
            raise RuntimeError("a message that quotes: brokenmodel")
        logits = np.stack([_WEIGHTS[window].sum(axis=0, dtype=np.float32) for window in windows])
        for row, window in enumerate(windows):
            if (window == word_id("notanumber")).any():
                logits[row] = np.nan
        return logits

    def infer_embeddings(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        """Sentence vectors: how often each of 16 classes of words occurs, plus a little of everything."""
        vectors = [np.bincount(window % EMBEDDING, minlength=EMBEDDING) / len(window) + 0.01 for window in windows]
        return self.infer(windows), np.stack(vectors).astype(np.float32)

    def probabilities(self, logits: Floats) -> Floats:
        probs: Floats = (1.0 / (1.0 + np.exp(-logits[:, : len(LABELS)]))).astype(np.float32)
        return probs

    def score(self, text: str) -> list[float]:
        """One text on its own, by the shortest way: what the batcher must agree with."""
        windows = self._prepare(text, normalize(text)).windows
        logits = np.stack([_WEIGHTS[window].sum(axis=0, dtype=np.float32) for window in windows]).max(axis=0)
        rounded: list[float] = self.probabilities(logits[np.newaxis]).astype(np.float64).round(6)[0].tolist()
        return rounded


THRESHOLDS = ThresholdTable(
    categories={
        label: {OperatingPoint.RECALL: 0.8, OperatingPoint.BALANCED: 0.9, OperatingPoint.PRECISION: 0.99}
        for label in LABELS
    }
)
BUNDLE = BundleReference(name="hashing", version="1.0.0", digest="0" * 64)


def find_idiots(raw: str, categories: Collection[Category]) -> list[TextSpan]:
    """The one word that raises scores; `notexplained` breaks it on purpose."""
    if "notexplained" in raw:
        raise ValueError(raw)
    places = [match.span() for match in re.finditer("idiot", raw)]
    wanted = [label for label in LABELS if label in categories]
    return [TextSpan(category=label, start=start, end=end, weight=0.9) for label in wanted for start, end in places]


def loaded_model(_: object = None) -> LoadedModels:
    return LoadedModels(
        LoadedModel(
            HashingScorer(), THRESHOLDS, BUNDLE, has_embeddings=True, find_spans=find_idiots, reads_previous=True
        )
    )
