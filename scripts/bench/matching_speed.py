"""What a look-up costs: this index, brute force and usearch, turn by turn on the same million hashes.

Times are processor time of this one-threaded process: other work on the machine lengthens wall time much more.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.hamming_index import HASH_BYTES, MAX_DISTANCE, HammingIndex
from models.runtime.matching.pdq import pdq_dihedral, pdq_hash
from models.runtime.matching.text_sketch import sketch_text
from scripts.bench.matching_report import Sheet, milliseconds
from scripts.bench.summary import median, percentile

Bits = NDArray[np.uint8]
Found = frozenset[int]
Search = Callable[[bytes], Found]

_MAX_FLIPS: Final = 24
_N_NEAREST: Final = 32
_FRAME: Final = (480, 640, 3)


class DisagreementError(Exception):
    """Two exact searches found different hashes, so their times cannot be compared."""


@dataclass(frozen=True)
class Haystack:
    """What is searched: hashes of real pictures first, random ones behind them."""

    bits: Bits
    n_real: int
    queries: tuple[bytes, ...]


def make_haystack(real: Bits, n_hashes: int, n_queries: int, seed: int = 0) -> Haystack:
    """Half of the queries are near a real hash, half are random, as most posts are of unknown pictures."""
    random = np.random.default_rng(seed)
    real = real[:n_hashes]
    rest = random.integers(0, 256, (n_hashes - len(real), HASH_BYTES), dtype=np.uint8)
    near = np.unpackbits(real[random.integers(0, len(real), n_queries // 2)], axis=1)
    for row in near:
        row[random.choice(row.size, random.integers(0, _MAX_FLIPS + 1), replace=False)] ^= 1
    unknown = random.integers(0, 256, (n_queries - len(near), HASH_BYTES), dtype=np.uint8)
    queries = np.concatenate((np.packbits(near, axis=1), unknown))
    return Haystack(np.concatenate((real, rest)), len(real), tuple(row.tobytes() for row in queries))


def measure_index(haystack: Haystack) -> Sheet:
    """Time every search on every query, one after another, so that a slow moment hits them all.

    Raises:
        DisagreementError: they did not find the same.

    """
    index, build_s = _built(haystack.bits)
    searches = _searches(haystack.bits, index)
    times: dict[str, list[float]] = {name: [] for name in searches}
    for query in haystack.queries:
        answers = set()
        for name, search in searches.items():
            start = time.process_time()
            found = search(query)
            times[name].append(time.process_time() - start)
            answers.add(found)
        if len(answers) > 1:
            raise DisagreementError("the searches do not agree on what is within the distance")
    note = (
        f"{haystack.n_real:,} of the hashes are of real pictures in eight orientations, the rest random; "
        f"{len(haystack.queries)} queries within {MAX_DISTANCE} bits, half of them near a real hash. All are exact and "
        f"found the same. The index was built in {build_s:.1f} s of CPU time and takes {index.n_bytes / 1e6:.0f} MB."
    )
    return Sheet(
        f"Looking up one of {len(haystack.bits):,} hashes",
        ("search", "median CPU ms", "p95 CPU ms"),
        _rows(times),
        note,
    )


def measure_hashing(n_repeats: int = 41) -> Sheet:
    """What a fingerprint costs: a picture of 640 by 480, and texts."""
    frame = np.random.default_rng(0).integers(0, 256, _FRAME, dtype=np.uint8)
    text = " ".join(f"{number} seconds passed" for number in range(1000))
    tasks: dict[str, Callable[[], object]] = {
        "PDQ, 640 by 480 px": partial(pdq_hash, frame),
        "PDQ in eight orientations, 640 by 480 px": partial(pdq_dihedral, frame),
        "sketch of 100 characters": partial(sketch_text, text[:100]),
        "sketch of 10,000 characters": partial(sketch_text, text[:10_000]),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(n_repeats):
        for name, task in tasks.items():
            start = time.process_time()
            task()
            times[name].append(time.process_time() - start)
    return Sheet("Making a fingerprint", ("fingerprint", "median CPU ms", "p95 CPU ms"), _rows(times))


def _built(bits: Bits) -> tuple[HammingIndex, float]:
    index = HammingIndex()
    start = time.process_time()
    index.add_many(np.arange(len(bits)), bits)
    return index, time.process_time() - start


def _searches(bits: Bits, index: HammingIndex) -> Mapping[str, Search]:
    words = bits.view(np.uint64)
    columns = np.ascontiguousarray(words.T)
    return {
        "HammingIndex": lambda query: frozenset(hit.key for hit in index.search(query)),
        "numpy, all hashes, column by column": partial(_by_column, columns),
        "numpy, all hashes, row by row": partial(_by_row, words),
        "usearch, exact": partial(_by_usearch, bits),
    }


def _by_column(columns: NDArray[np.uint64], query: bytes) -> Found:
    wanted = np.frombuffer(query, dtype=np.uint64)
    counts = np.bitwise_count(columns[0] ^ wanted[0]).astype(np.uint16)
    for column, word in zip(columns[1:], wanted[1:], strict=True):
        counts += np.bitwise_count(column ^ word)
    return frozenset(np.flatnonzero(counts <= MAX_DISTANCE).tolist())


def _by_row(words: NDArray[np.uint64], query: bytes) -> Found:
    counts = np.bitwise_count(words ^ np.frombuffer(query, dtype=np.uint64)).sum(axis=1, dtype=np.uint16)
    return frozenset(np.flatnonzero(counts <= MAX_DISTANCE).tolist())


def _by_usearch(bits: Bits, query: bytes) -> Found:
    """Usearch answers a number of nearest; more than ever are within the distance here are asked for."""
    import onnxruntime  # noqa: F401 - loaded after usearch 2.26 it crashes the process, so it comes first
    from usearch.index import MetricKind, search

    wanted = np.frombuffer(query, dtype=np.uint8)
    found = search(bits, wanted, _N_NEAREST, MetricKind.Hamming, exact=True, threads=1)
    near = np.asarray(found.distances) <= MAX_DISTANCE
    return frozenset(np.asarray(found.keys)[near].tolist())


def _rows(times: Mapping[str, Sequence[float]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (name, milliseconds(median(values)), milliseconds(percentile(values, 95))) for name, values in times.items()
    )
