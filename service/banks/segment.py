"""Segments: the signatures of some items, ready to be searched. Built once, read by many threads, never changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row

from models.contracts import MatchKind
from models.runtime.matching.hamming_index import HammingIndex
from models.runtime.matching.text_sketch import SketchIndex
from models.runtime.matching.vector_index import VectorIndex
from service.banks.digests import DigestIndex
from service.banks.signatures import unpack_embeddings, unpack_sketch
from service.banks.values import MAX_TEXT_DISTANCE

Rows = Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """Where embeddings can be compared: one bundle's.

    Attributes:
        bundle: digest of its manifest.
        size: numbers in an embedding.
        threshold: cosine distance up to which two inputs count as the same; None takes a strict default.

    """

    bundle: str
    size: int
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Spaces:
    """The bundles that serve; without one, embeddings of its kind are never compared."""

    image: EmbeddingSpace | None = None
    text: EmbeddingSpace | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Items by every kind of signature.

    Attributes:
        n_stale: embeddings that were left out, because another bundle made them.
        dead: items that must not be found here any more: changed, removed or quarantined since.

    """

    keys: NDArray[np.int64]
    banks: NDArray[np.int64]
    images: DigestIndex
    texts: DigestIndex
    pdq: HammingIndex
    sketches: SketchIndex
    image_vectors: VectorIndex | None
    text_vectors: VectorIndex | None
    kinds: dict[str, frozenset[int]]
    n_stale: int
    dead: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.keys)

    def bank_of(self, key: int) -> int | None:
        """The number of an item's bank; None for an item that is dead or not here."""
        row = int(np.searchsorted(self.keys, key))
        if key in self.dead or row == len(self.keys) or self.keys[row] != key:
            return None
        return int(self.banks[row])

    def without(self, keys: Iterable[int]) -> "Segment":
        """The same, with more dead items."""
        return replace(self, dead=self.dead.union(keys))


COLUMNS: Final = (
    "id",
    "bank_id",
    "sha256",
    "pdq",
    "text_sha256",
    "text_sketch",
    "image_embedding",
    "image_bundle",
    "text_embedding",
    "text_bundle",
)
"""What a segment is built from."""


@dataclass(slots=True)
class SegmentBuilder:
    """Takes rows with `COLUMNS`, in the order of their ids and page by page, so that a million need little room."""

    spaces: Spaces
    pdq: HammingIndex = field(default_factory=HammingIndex)
    sketches: SketchIndex = field(default_factory=lambda: SketchIndex(min_similarity=1 - MAX_TEXT_DISTANCE))
    image_vectors: VectorIndex | None = None
    text_vectors: VectorIndex | None = None
    keys: list[int] = field(default_factory=list)
    banks: list[int] = field(default_factory=list)
    images: list[tuple[int, bytes]] = field(default_factory=list)
    texts: list[tuple[int, bytes]] = field(default_factory=list)
    kinds: dict[str, set[int]] = field(default_factory=dict)
    n_stale: int = 0

    def add(self, rows: Rows) -> None:
        """Take one page."""
        self.keys += [row.id for row in rows]
        self.banks += [row.bank_id for row in rows]
        self._note(IMAGE, hashed := [row for row in rows if row.sha256 is not None])
        self.images += [(row.id, row.sha256) for row in hashed]
        self._note(TEXT, texts := [row for row in rows if row.text_sha256 is not None])
        self.texts += [(row.id, row.text_sha256) for row in texts]
        self._note(IMAGE, pictures := [row for row in rows if row.pdq is not None])
        if pictures:
            bits = np.frombuffer(b"".join(row.pdq for row in pictures), dtype=np.uint8).reshape(-1, 32)
            self.pdq.add_many(_ids(pictures), bits)
        self._note(TEXT, sketched := [row for row in rows if row.text_sketch is not None])
        if sketched:
            self.sketches.add_many(_ids(sketched), np.stack([unpack_sketch(row.text_sketch) for row in sketched]))
        self._add_vectors(rows)

    def build(self) -> Segment:
        """The segment of all pages."""
        return Segment(
            keys=np.array(self.keys, dtype=np.int64),
            banks=np.array(self.banks, dtype=np.int64),
            images=DigestIndex([key for key, _ in self.images], [digest for _, digest in self.images]),
            texts=DigestIndex([key for key, _ in self.texts], [digest for _, digest in self.texts]),
            pdq=self.pdq,
            sketches=self.sketches,
            image_vectors=self.image_vectors,
            text_vectors=self.text_vectors,
            kinds={kind: frozenset(banks) for kind, banks in self.kinds.items()},
            n_stale=self.n_stale,
        )

    def _add_vectors(self, rows: Rows) -> None:
        if images := self._fitting(rows, "image_embedding", "image_bundle", self.spaces.image):
            self.image_vectors = _extended(self.image_vectors, images, "image_embedding")
            self._note(MatchKind.IMAGE_EMBEDDING, images)
        if texts := self._fitting(rows, "text_embedding", "text_bundle", self.spaces.text):
            self.text_vectors = _extended(self.text_vectors, texts, "text_embedding")
            self._note(MatchKind.TEXT_EMBEDDING, texts)

    def _fitting(self, rows: Rows, vector: str, bundle: str, space: EmbeddingSpace | None) -> Rows:
        """The rows whose embedding the serving bundle made."""
        embedded = [row for row in rows if getattr(row, vector) is not None]
        fitting = [
            row
            for row in embedded
            if space is not None
            and getattr(row, bundle) == space.bundle
            and len(getattr(row, vector)) == 2 * space.size
        ]
        self.n_stale += len(embedded) - len(fitting)
        return fitting

    def _note(self, kind: str, rows: Rows) -> None:
        if rows:
            self.kinds.setdefault(kind, set()).update(row.bank_id for row in rows)


IMAGE: Final = "image"
TEXT: Final = "text"
"""Names in `Segment.kinds` beside the kinds of embeddings: which banks have items that an image or a text can match."""


def _ids(rows: Rows) -> NDArray[np.int64]:
    return np.array([row.id for row in rows], dtype=np.int64)


def _extended(index: VectorIndex | None, rows: Rows, column: str) -> VectorIndex:
    packed = [getattr(row, column) for row in rows]
    vectors = unpack_embeddings(b"".join(packed), len(packed[0]) // 2)
    index = VectorIndex(vectors.shape[1]) if index is None else index
    index.add_many(_ids(rows), vectors)
    return index
