"""Material: everything a run learns from, prepared once: tokens, targets, the plan of batches, validation rows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.data.examples import Split
from models.data.labels import AUXILIARY_LABELS
from models.data.store import Examples, load_dataset_digest, load_split
from models.training.batches import plan_epoch
from models.training.config import TrainingConfig
from models.training.sampling import SourceSampler, even_shares, rows_by_source, source_quotas
from models.training.targets import Heads, choose_heads, target_matrix
from models.training.tokens import TokenTable, tokenize_all


@dataclass(frozen=True)
class Material:
    """What a run learns from.

    Attributes:
        table: tokens of the training rows.
        targets: int8. *Shape:* `(n, len(heads))`.
        weights: trust in each row, float32. *Shape:* `(n,)`.
        quotas: rows of each source that an epoch shows.
        epochs: the batches of each epoch, each an array of row numbers.
        heads: the output columns.
        validation_texts: *Shape:* `(m,)`.
        validation_targets: int8. *Shape:* `(m, len(heads))`.
        dataset_digest: of the dataset all this was read from.

    """

    table: TokenTable
    targets: NDArray[np.int8]
    weights: NDArray[np.float32]
    quotas: dict[str, int]
    epochs: list[list[NDArray[np.int64]]]
    heads: Heads
    validation_texts: list[str]
    validation_targets: NDArray[np.int8]
    dataset_digest: str

    @property
    def batches(self) -> list[NDArray[np.int64]]:
        """Every batch of the run in order: step i learns from `batches[i]`."""
        return [batch for epoch in self.epochs for batch in epoch]


def prepare(config: TrainingConfig, data_dir: Path, tokenizer: Tokenizer) -> Material:
    """Read a dataset and lay out the run. The same config and dataset give the same material.

    Raises:
        DataError: there is no dataset in the folder.
        NothingToLearnError: no category has enough positives.

    """
    train, validation = load_split(data_dir, Split.TRAIN), load_split(data_dir, Split.VALIDATION)
    rows = rows_by_source(train.sources, config.sampling.limit)
    train = take(train, np.sort(np.concatenate(list(rows.values()))))
    rows = rows_by_source(train.sources)
    heads = choose_heads(train, AUXILIARY_LABELS, config.heads.min_positives)
    held_out = take(validation, validation_rows(validation, config.validation.rows))
    table = tokenize_all(tokenizer, train.texts, config.encoder.spelling)
    quotas = source_quotas({name: len(found) for name, found in rows.items()}, config.sampling)
    return Material(
        table=table,
        targets=target_matrix(train, heads, AUXILIARY_LABELS),
        weights=train.weights,
        quotas=quotas,
        epochs=plan_epochs(config, SourceSampler(rows, quotas, config.seed), table),
        heads=heads,
        validation_texts=held_out.texts,
        validation_targets=target_matrix(held_out, heads, AUXILIARY_LABELS),
        dataset_digest=load_dataset_digest(data_dir),
    )


def plan_epochs(config: TrainingConfig, sampler: SourceSampler, table: TokenTable) -> list[list[NDArray[np.int64]]]:
    """The batches of every epoch."""
    lengths = np.minimum(table.lengths, config.batches.max_tokens)
    return [
        plan_epoch(
            sampler.epoch(epoch),
            lengths,
            config.batches.padded_tokens,
            config.batches.pool_rows,
            np.random.default_rng([config.seed, epoch, 4]),
        )
        for epoch in range(config.optimiser.epochs)
    ]


def validation_rows(examples: Examples, n_rows: int) -> NDArray[np.int64]:
    """A bounded sample: an even share of every source, the lowest digests of each, so that it never changes."""
    order = np.argsort(np.asarray(examples.digests), kind="stable")
    names = np.asarray(examples.sources)[order]
    found = {str(name): order[names == name] for name in np.unique(names)}
    shares = even_shares({name: len(rows) for name, rows in found.items()}, n_rows)
    return np.sort(np.concatenate([rows[: shares[name]] for name, rows in found.items()]))


def take(examples: Examples, rows: NDArray[np.int64]) -> Examples:
    """Some rows of a split, in the order given."""
    return Examples(
        digests=[examples.digests[i] for i in rows],
        texts=[examples.texts[i] for i in rows],
        labels=examples.labels[rows],
        auxiliary=examples.auxiliary[rows],
        sources=[examples.sources[i] for i in rows],
        weights=examples.weights[rows],
    )
