"""Known pictures, edited and looked up among thousands of others: the pictures, and how far each is from each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.runtime.matching.hamming_index import MAX_DISTANCE
from models.runtime.matching.pdq import MIN_QUALITY, PdqHash, pdq_dihedral, pdq_hash
from scripts.bench.matching_edits import KEPT_SIDE, PICTURE_EDITS, edited

FOLDERS: Final = ("benign", "memes")

Frame = NDArray[np.uint8]
Embed = Callable[[Sequence[Frame]], NDArray[np.float32]]
"""Pictures to rows of length 1."""
Hashes = NDArray[np.uint64]
Floats = NDArray[np.float32]
Advance = Callable[[], None]


@dataclass(frozen=True)
class Known:
    """The pictures that are looked up in.

    Attributes:
        paths: one a picture; near-duplicates are left out.
        hashes: all eight orientations, the picture as it is first. *Shape:* `(n, 8, 4)`.
        n_left_out: near-duplicates, and pictures too flat to hash.

    """

    paths: tuple[Path, ...]
    hashes: Hashes
    n_left_out: int


@dataclass(frozen=True)
class Trial:
    """Distances from every edited picture to every known one.

    Attributes:
        edits: names, one a query.
        sources: the picture each query was made of, as a position in `Known`.
        pdq: smallest over the orientations, in bits. *Shape:* `(q, n)`.
        views: from the query to the nearest of its source and five sub-crops of it, in bits. *Shape:* `(q,)`.
        embedding: `1 - cosine`, or None without an embedding. *Shape:* `(q, n)`.

    """

    edits: NDArray[np.str_]
    sources: NDArray[np.intp]
    pdq: Floats
    views: Floats
    embedding: Floats | None

    def half(self, parity: int) -> "Trial":
        """The queries of every other source."""
        rows = np.unique(self.sources, return_inverse=True)[1] % 2 == parity
        embedding = None if self.embedding is None else self.embedding[rows]
        return Trial(self.edits[rows], self.sources[rows], self.pdq[rows], self.views[rows], embedding)

    def is_source(self) -> NDArray[np.bool_]:
        """Which distances are those of a query to what it was made of. *Shape:* `(q, n)`."""
        is_source = np.zeros(self.pdq.shape, dtype=np.bool_)
        is_source[np.arange(len(self.sources)), self.sources] = True
        return is_source


def picture_paths(root: Path) -> list[Path]:
    """The pictures of the haystack, in order."""
    return [path for folder in FOLDERS for path in sorted((root / folder).glob("*.jpg"))]


def held_out(data: Path, root: Path) -> frozenset[Path]:
    """Pictures that no training run on the picture set at `data` has seen.

    Raises:
        models.data.errors.DataError: there is no picture set.

    """
    from models.data.examples import Split
    from models.data.images.store import load_pictures

    pictures = load_pictures(data)
    return frozenset(root / str(path) for path in pictures.paths[pictures.splits == Split.TEST.value])


def hash_pictures(paths: Sequence[Path], advance: Advance) -> Known:
    """Hash every picture and leave out those within PDQ's threshold of an earlier one, in any orientation."""
    kept: list[Path] = []
    hashes = np.empty((len(paths), 8, 4), dtype=np.uint64)
    for path in paths:
        orientations = pdq_dihedral(_frame(_read(path)))
        words = _words(orientations)
        nearest = _distances(words, hashes[: len(kept), 0]).min(initial=np.inf)
        if orientations[0].quality >= MIN_QUALITY and nearest > MAX_DISTANCE:
            hashes[len(kept)] = words
            kept.append(path)
        advance()
    return Known(tuple(kept), hashes[: len(kept)].copy(), len(paths) - len(kept))


def run_trial(known: Known, sources: Sequence[int], embed: Embed | None, advance: Advance) -> Trial:
    """Edit each source in every way and measure how far the result is from every known picture."""
    pdq, views, embedded = [], [], []
    for source in sources:
        image = _read(known.paths[source])
        frames = [_frame(edited(image, edit, Random(f"{source} {name}"))) for name, edit in PICTURE_EDITS.items()]
        own = np.stack([_words([pdq_hash(view)])[0] for view in _views(image)])
        for frame in frames:
            words = _words(pdq_dihedral(frame))
            pdq.append(_distances(words, known.hashes[:, 0]))
            views.append(_distances(words, own).min())
        if embed is not None:
            embedded.append(embed(frames))
        advance()
    return Trial(
        np.tile(np.array(list(PICTURE_EDITS)), len(sources)),
        np.repeat(np.array(sources), len(PICTURE_EDITS)),
        np.stack(pdq),
        np.array(views),
        None if embed is None else 1.0 - np.concatenate(embedded) @ _embed_all(known.paths, embed, advance).T,
    )


def open_embed(bundle: Path) -> Embed:
    """The embedding of an image bundle.

    Raises:
        models.runtime.bundle.BundleError: the bundle cannot be used.
        ValueError: it has no embedding.

    """
    from models.runtime.bundle import load_image_bundle
    from models.runtime.vision.classifier import open_image_classifier
    from models.runtime.vision.preparation import square_pixels

    classifier = open_image_classifier(load_image_bundle(bundle))

    def embed(frames: Sequence[Frame]) -> Floats:
        embedding = classifier.infer(np.stack([square_pixels(frame, classifier.side) for frame in frames])).embedding
        if embedding is None:
            raise ValueError(f"{bundle} has no embedding")
        return embedding

    return embed


def _embed_all(paths: Sequence[Path], embed: Embed, advance: Advance) -> Floats:
    rows = []
    for path in paths:
        rows.append(embed([_frame(_read(path))]))
        advance()
    return np.concatenate(rows)


def _views(image: Image.Image) -> Iterator[Frame]:
    """The picture, and what is left when a tenth of each side's length is cut off at a corner or all around."""
    yield _frame(image)
    width, height = round(image.width * KEPT_SIDE), round(image.height * KEPT_SIDE)
    right, bottom = image.width - width, image.height - height
    for left, top in ((0, 0), (right, 0), (0, bottom), (right, bottom), (right // 2, bottom // 2)):
        yield _frame(image.crop((left, top, left + width, top + height)))


def _read(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def _frame(image: Image.Image) -> Frame:
    return np.asarray(image)


def _words(hashes: Sequence[PdqHash]) -> Hashes:
    """*Shape:* `(k, 4)`."""
    return np.frombuffer(b"".join(one.bits for one in hashes), dtype=np.uint64).reshape(-1, 4)


def _distances(orientations: Hashes, known: Hashes) -> Floats:
    """Bits to the nearest orientation. *Shape:* `(k, 4)` and `(n, 4)` to `(n,)`."""
    bits = np.bitwise_count(orientations[:, np.newaxis] ^ known).sum(axis=2, dtype=np.uint16)
    nearest: Floats = bits.min(axis=0).astype(np.float32)
    return nearest
