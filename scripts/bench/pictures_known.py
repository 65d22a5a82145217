"""A bank to look pictures up in: fingerprints drawn from numbers, which match nothing and cost as much as real ones."""

from typing import Final

import numpy as np
from sqlalchemy import Engine

from models.contracts import Action, Category
from models.runtime.matching.pdq import HASH_BYTES
from service.banks.rows import NewItem
from service.banks.signatures import Signatures, StoredEmbedding
from service.banks.store import BankStore
from service.banks.values import BankDraft
from service.bundles import LoadedImageModel

BANK: Final = "known"
N_KNOWN: Final = 10_000
"""Pictures in the bank: a team's own, where an exchange's lists have millions."""
_GROUP: Final = 2_000


def stock_bank(database: Engine, model: LoadedImageModel | None, n_items: int = N_KNOWN) -> None:
    """Make a bank of so many pictures, each with a PDQ hash and, where the model embeds, an embedding.

    Args:
        database: opened by `service.records.schema.open_database`.
        model: whose embeddings are compared.
        n_items: how many.

    """
    store, random = BankStore(database), np.random.default_rng(0)
    store.create(BankDraft(name=BANK, category=Category.VIOLENCE, action=Action.REMOVE))
    for start in range(0, n_items, _GROUP):
        count = min(_GROUP, n_items - start)
        store.add_many(BANK, [NewItem(_signatures(random, model)) for _ in range(count)])


def _signatures(random: np.random.Generator, model: LoadedImageModel | None) -> Signatures:
    """Half of the bits of a PDQ hash are set, by its making."""
    bits = random.permutation(np.arange(HASH_BYTES * 8) % 2).astype(np.uint8)
    size = None if model is None else model.manifest.embedding_size
    if model is None or size is None:
        return Signatures(pdq=np.packbits(bits).tobytes(), pdq_quality=100)
    vector = random.normal(size=size).astype(np.float32)
    embedding = StoredEmbedding(vector / np.linalg.norm(vector), model.bundle.digest)
    return Signatures(pdq=np.packbits(bits).tobytes(), pdq_quality=100, image_embedding=embedding)
