"""Near-duplicate texts: how many edited copies are found, and how many different texts are taken for each other."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.text_sketch import MIN_SIMILARITY, SHINGLE_CHARS, SketchIndex, sketch_text
from models.runtime.normalization import normalize
from scripts.bench.matching_edits import TEXT_EDITS
from scripts.bench.matching_report import Sheet, rate, share

SOURCES: Final = ("civil_assembled", "sms_spam")
SIMILARITIES: Final = (0.6, MIN_SIMILARITY, 0.8)
LENGTHS: Final = ((0, 50), (50, 150), (150, 500), (500, 100_000))


def load_texts(mirror: Path) -> list[str]:
    """Clean comments and messages, each once, in a fixed random order.

    Raises:
        models.data.errors.DataError: the mirror lacks a file.

    """
    from models.data.collecting import Dropped, collect
    from models.data.loaders import LOADERS
    from models.data.mirror import Mirror
    from models.data.registry import load_registry, select

    source_files = Mirror(mirror)
    exclusions = source_files.exclusions() or frozenset()
    dropped: Counter[Dropped] = Counter()
    texts: set[str] = set()
    for source in select(load_registry(), SOURCES):
        files = {file.name: source_files.read(source, file).decode() for file in source.files}
        texts.update(example.text for example in collect(source.id, LOADERS[source.id](files), exclusions, dropped))
    return Random(0).sample(sorted(texts), k=len(texts))


def measure_recall(texts: Sequence[str], n_known: int, seed: int = 0) -> list[Sheet]:
    """Edit known texts of two words or more and look them up, by kind of edit and by length."""
    random = Random(seed)
    index = SketchIndex(min(SIMILARITIES))
    index.add_many(range(len(texts)), np.stack([sketch_text(text) for text in texts]))
    known = [row for row, text in enumerate(texts) if " " in text][:n_known]
    words = sorted({word for text in texts[:2000] for word in text.split()})
    similarities = {
        name: np.array([_found(index, row, normalize(edit(texts[row], random, words))) for row in known])
        for name, edit in TEXT_EDITS.items()
    }
    columns = ("edit", *(f"at {similarity:g}" for similarity in SIMILARITIES))
    everything = np.concatenate(list(similarities.values()))
    by_edit = tuple((name, *_shares(values)) for name, values in similarities.items())
    lengths = np.tile([len(texts[row]) for row in known], len(similarities))
    by_length = tuple(
        (f"{low} to {high:,} characters", *_shares(everything[is_long]))
        for low, high in LENGTHS
        if (is_long := (lengths >= low) & (lengths < high)).any()
    )
    note = f"{len(known):,} texts, each edited in every way; columns are the least similarity that counts."
    return [
        Sheet("Edited texts found, by edit", columns, (*by_edit, ("all", *_shares(everything))), note),
        Sheet("Edited texts found, by length", ("length", *columns[1:]), by_length),
    ]


def measure_false_matches(texts: Sequence[str]) -> Sheet:
    """Look every text up among all the others, and count pairs whose real similarity is well below what was asked."""
    sketches = np.stack([sketch_text(text) for text in texts])
    n_pairs = len(texts) * (len(texts) - 1) // 2
    rows = []
    for least in SIMILARITIES:
        index = SketchIndex(least)
        index.add_many(range(len(texts)), sketches)
        pairs = [(row, hit.key) for row, sketch in enumerate(sketches) for hit in index.search(sketch) if hit.key < row]
        real = [jaccard(texts[left], texts[right]) for left, right in pairs]
        n_wrong = sum(value < least - 0.1 for value in real)
        rows.append((f"{least:g}", f"{len(pairs):,}", rate(len(pairs), n_pairs), rate(n_wrong, n_pairs)))
    note = (
        f"{len(texts):,} different texts, {n_pairs:.1e} pairs. Matching pairs are templates, quotations and greetings "
        "as a rule; the last column counts those whose runs of characters really are 0.1 less alike than asked."
    )
    return Sheet(
        "Different texts that match", ("similarity", "pairs", "a pair", "misjudged, a pair"), tuple(rows), note
    )


def compare_runs(texts: Sequence[str], n_known: int, seed: int = 0) -> Sheet:
    """What a text could be cut into: the share of edited texts that stay alike enough, by the real similarity."""
    random = Random(seed)
    known = [text for text in texts if " " in text][:n_known]
    words = sorted({word for text in known for word in text.split()})
    rows = []
    for name, edit in TEXT_EDITS.items():
        pairs = [(text, edit(text, random, words)) for text in known]
        shares = [np.mean([_alike(cut(a), cut(b)) >= MIN_SIMILARITY for a, b in pairs]) for cut in CUTS.values()]
        rows.append((name, *(share(float(value)) for value in shares)))
    note = f"{len(known):,} texts; the share that keeps a similarity of {MIN_SIMILARITY:g}, computed without sketches."
    return Sheet("What to cut a text into", ("edit", *CUTS), tuple(rows), note)


def jaccard(left: str, right: str) -> float:
    """Shared over all runs of four characters, without blanks and punctuation."""
    return _alike(_runs(left), _runs(right))


def _alike(left: set[str], right: set[str]) -> float:
    return len(left & right) / len(left | right)


def _runs(text: str, n_chars: int = SHINGLE_CHARS) -> set[str]:
    said = "".join(char for char in text.lower() if char.isalnum() or not char.isascii())
    return {said[start : start + n_chars] for start in range(max(1, len(said) - n_chars + 1))}


def _word_runs(text: str, n_words: int = 3) -> set[str]:
    said = text.lower().split()
    return {" ".join(said[start : start + n_words]) for start in range(max(1, len(said) - n_words + 1))}


CUTS: Final[Mapping[str, Callable[[str], set[str]]]] = {
    "3 characters": partial(_runs, n_chars=3),
    "4 characters": _runs,
    "5 characters": partial(_runs, n_chars=5),
    "3 words": _word_runs,
}


def _found(index: SketchIndex, row: int, text: str) -> float:
    """The similarity at which the index finds a known text, 0 where it does not."""
    return next((1.0 - hit.distance for hit in index.search(sketch_text(text)) if hit.key == row), 0.0)


def _shares(values: NDArray[np.float64]) -> tuple[str, ...]:
    return tuple(share(float(np.mean(values >= least))) for least in SIMILARITIES)
