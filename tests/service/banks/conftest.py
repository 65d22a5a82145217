"""Small real banks: a database of their own, pictures drawn on the spot, embeddings that are plain directions."""

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import Engine

from models.contracts import Action, Category
from models.runtime.matching.pdq import PdqHash
from service.banks.reloading import Banks, open_banks
from service.banks.sample import ImageSample, Sample
from service.banks.segment import EmbeddingSpace
from service.banks.signatures import Signatures, StoredEmbedding
from service.banks.store import BankStore
from service.banks.values import BankDraft, Polarity
from service.records.schema import open_database

BUNDLE = "b" * 64
SIZE = 8
SPACE = EmbeddingSpace(BUNDLE, SIZE, 0.1)
BAD = BankDraft(name="bad", category=Category.WEAPONS, action=Action.REMOVE, review=True)
FINE = BankDraft(name="fine", polarity=Polarity.NEGATIVE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'weir.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def store(database: Engine) -> BankStore:
    store = BankStore(database)
    store.create(BAD)
    store.create(FINE)
    return store


@pytest.fixture
def banks(store: BankStore, database: Engine) -> Banks:
    return open_banks(database, SPACE, SPACE)


def bits(seed: int) -> bytes:
    """A hash as PDQ makes them: half of its bits are set."""
    values = np.zeros(256, dtype=np.uint8)
    values[np.random.default_rng(seed).permutation(256)[:128]] = 1
    return np.packbits(values).tobytes()


def flipped(hashed: bytes, n_bits: int) -> bytes:
    """The same hash with some bits changed, from the first on."""
    mask = ((1 << n_bits) - 1) << (256 - n_bits)
    return (int.from_bytes(hashed) ^ mask).to_bytes(32)


def direction(index: int, tilt: float = 0.0) -> NDArray[np.float32]:
    """A unit vector along an axis, tilted to the next one."""
    vector = np.zeros(SIZE, dtype=np.float32)
    vector[index], vector[(index + 1) % SIZE] = np.cos(tilt), np.sin(tilt)
    return vector


def embedded(index: int, bundle: str = BUNDLE) -> StoredEmbedding:
    return StoredEmbedding(direction(index), bundle)


def digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def picture(name: str, hashed: bytes | None = None, embedding: NDArray[np.float32] | None = None) -> Sample:
    """A sample of one picture."""
    pdq = () if hashed is None else (PdqHash(hashed, 100),)
    return Sample(images=(ImageSample(digest(name).hex(), pdq, embedding),))


def by_pdq(hashed: bytes) -> Signatures:
    return Signatures(pdq=hashed)


def png(seed: int, side: int = 256) -> bytes:
    """A picture file with plenty of edges."""
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(blocks).resize((side, side), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()
