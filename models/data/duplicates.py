"""Duplicates: texts that say the same thing get the same group, so that a split never separates them.

Exact duplicates share their normal form (letters, digits and everything beyond ASCII, lower-cased). Near duplicates are
found with MinHash over character 5-grams and banding, and every candidate pair is verified on the real 5-grams.
Signatures come from datasketch; the bands are matched by sorting, because an index of Python sets over all bands of
350,000 texts takes gigabytes.

Source: Broder (1997), "On the resemblance and containment of documents"; Leskovec, Rajaraman & Ullman, "Mining of
Massive Datasets", section 3.4 (banding).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

SHINGLE_CHARS: Final = 5
MIN_TOKENS: Final = 4
"""Shorter texts are only compared exactly: two of their few words decide everything."""

_ASCII_NOT_WORD = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]+")
_HASH_BASE = np.uint32(0x01000193)

Signatures = NDArray[np.uint32]
Shingles = NDArray[np.uint32]
Progress = Callable[[str, int, int], None]
"""Called with a stage, how much of it is done and how much there is."""


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How alike is too alike, and how hard to look.

    A pair of Jaccard similarity s shares a band with probability `1 - (1 - s**rows)**bands`: 0.99995 at 0.8.
    """

    threshold: float = 0.8
    bands: int = 25
    rows: int = 5
    seed: int = 1


def normal_form(text: str) -> str:
    """Lower case, ASCII punctuation and blanks folded to one space; emoji and other scripts stay."""
    return _ASCII_NOT_WORD.sub(" ", text.lower()).strip()


def shingles(form: str) -> Shingles:
    """Distinct hashes of the character 5-grams of a normal form, sorted; shape (n,)."""
    codes = np.frombuffer(form.encode("utf-32-le"), dtype=np.uint32)
    if codes.size < SHINGLE_CHARS:
        return np.unique(codes)
    windows = np.lib.stride_tricks.sliding_window_view(codes, SHINGLE_CHARS)
    hashes = np.full(windows.shape[0], np.uint32(0x811C9DC5))
    for column in windows.T:
        hashes = (hashes ^ column) * _HASH_BASE
    return np.unique(hashes)


def jaccard(left: Shingles, right: Shingles) -> float:
    """Shared over all shingles of two sorted sets, in [0, 1]."""
    shared = int(np.intersect1d(left, right, assume_unique=True).size)
    return shared / (left.size + right.size - shared)


_MARGIN: Final = 0.2
"""Signatures estimate the similarity with a standard error of 0.04; five of them below the threshold is hopeless."""


class Judge:
    """Decides pairs: the estimate first, which is cheap, and the real shingles where it leaves hope."""

    def __init__(self, sets: Sequence[Shingles], found: Signatures, threshold: float) -> None:
        self._sets = sets
        self._found = found
        self._threshold = threshold

    def alike(self, left: int, right: int) -> bool:
        """Whether two texts are at or above the threshold."""
        estimate = np.count_nonzero(self._found[left] == self._found[right]) / self._found.shape[1]
        return estimate >= self._threshold - _MARGIN and jaccard(self._sets[left], self._sets[right]) >= self._threshold


def signatures(sets: Sequence[Shingles], resemblance: Resemblance, progress: Progress = quiet) -> Signatures:
    """MinHash signatures, shape (n, bands * rows)."""
    n_perm = resemblance.bands * resemblance.rows
    minhashes = MinHash.generator(
        (row.tolist() for row in sets), num_perm=n_perm, seed=resemblance.seed, hashfunc=_as_is
    )
    found = np.empty((len(sets), n_perm), dtype=np.uint32)
    for index, minhash in enumerate(minhashes):
        found[index] = minhash.hashvalues
        if index % 5000 == 0:
            progress("near-duplicate signatures", index, len(sets))
    return found


def _as_is(value: int) -> int:
    return value


def buckets(found: Signatures, resemblance: Resemblance) -> Iterator[NDArray[np.int64]]:
    """Indices of the rows that share a band, each bucket of two or more, sorted by index."""
    for band in range(resemblance.bands):
        part = np.ascontiguousarray(found[:, band * resemblance.rows : (band + 1) * resemblance.rows])
        keys = part.view([("", part.dtype)] * resemblance.rows).ravel()
        order = np.argsort(keys, kind="stable")
        edges = np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1
        for members in np.split(order, edges):
            if members.size > 1:
                yield members


class Forest:
    """Disjoint sets over `n` items.

    Source: Tarjan (1975), "Efficiency of a good but not linear set union algorithm".
    """

    def __init__(self, n: int) -> None:
        self._parents = list(range(n))

    def root(self, item: int) -> int:
        """The item that stands for the set."""
        while self._parents[item] != item:
            self._parents[item] = self._parents[self._parents[item]]
            item = self._parents[item]
        return item

    def join(self, left: int, right: int) -> None:
        """Make two sets one."""
        low, high = sorted((self.root(left), self.root(right)))
        self._parents[high] = low


def near_pairs(texts: Sequence[str], resemblance: Resemblance, progress: Progress = quiet) -> Iterator[tuple[int, int]]:
    """Pairs of texts at or above the threshold, enough of them to connect every group; exact forms included."""
    forms = [normal_form(text) for text in texts]
    first: dict[str, int] = {}
    for index, form in enumerate(forms):
        if first.setdefault(form or texts[index], index) != index:
            yield first[form or texts[index]], index
    long = [index for index in first.values() if len(forms[index].split()) >= MIN_TOKENS]
    sets = [shingles(forms[index]) for index in long]
    found = signatures(sets, resemblance, progress)
    judge, forest = Judge(sets, found, resemblance.threshold), Forest(len(long))
    for n_buckets, members in enumerate(buckets(found, resemblance)):
        if n_buckets % 5000 == 0:
            progress("near-duplicate candidates", n_buckets, 0)
        for left, right in _verified(members.tolist(), judge, forest):
            forest.join(left, right)
            yield long[left], long[right]


def _verified(members: list[int], judge: Judge, forest: Forest) -> Iterator[tuple[int, int]]:
    for position, right in enumerate(members):
        for left in members[:position]:
            if forest.root(left) != forest.root(right) and judge.alike(left, right):
                yield left, right


def group(
    texts: Sequence[str], kin: Sequence[str | None], resemblance: Resemblance | None = None, progress: Progress = quiet
) -> list[int]:
    """The group of each text: the smallest index of its connected near-duplicates and kin."""
    forest = Forest(len(texts))
    for left, right in near_pairs(texts, resemblance or Resemblance(), progress):
        forest.join(left, right)
    relatives: dict[str, int] = {}
    for index, name in enumerate(kin):
        if name is not None:
            forest.join(relatives.setdefault(name, index), index)
    return [forest.root(index) for index in range(len(texts))]
