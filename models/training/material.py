"""Material: everything a run learns from, prepared once: tokens, targets, the plan of batches, validation rows."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.contracts import CATEGORIES, Category
from models.data.examples import Split
from models.data.labels import AUXILIARY_LABELS
from models.data.store import Examples, load_dataset_digest, load_split
from models.runtime.tokenization import N_SPECIAL, TextTokenizer
from models.training.batches import plan_epoch
from models.training.config import TrainingConfig
from models.training.errors import ConfigError
from models.training.evidence import token_truth
from models.training.passages import PassageReader
from models.training.sampling import SourceSampler, even_shares, rows_by_source, source_quotas
from models.training.targets import Heads, choose_heads, target_matrix, with_evidence
from models.training.tokens import TokenTable, tokenize_all

HARD = "+hard"
_TOXICITY = CATEGORIES.index(Category.TOXICITY)


@dataclass(frozen=True)
class Material:
    """What a run learns from.

    Attributes:
        reader: gives the passages of rows.
        targets: int8. *Shape:* `(n, len(heads))`.
        weights: trust in each row, float32. *Shape:* `(n,)`.
        smoothing: how far each row's labels are drawn towards a half, float32. *Shape:* `(n,)`.
        quotas: rows of each source that an epoch shows.
        epochs: the batches of each epoch, each an array of row numbers.
        heads: the output columns.
        validation_texts: *Shape:* `(m,)`.
        validation_targets: int8. *Shape:* `(m, len(heads))`.
        dataset_digest: of the dataset all this was read from.

    """

    reader: PassageReader
    targets: NDArray[np.int8]
    weights: NDArray[np.float32]
    smoothing: NDArray[np.float32]
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
        ConfigError: the file of hard rows or the sources of company are not there.

    """
    train, validation = load_split(data_dir, Split.TRAIN), load_split(data_dir, Split.VALIDATION)
    train = take(train, np.flatnonzero(~np.isin(train.sources, config.sampling.exclude)))
    rows = rows_by_source(train.sources, config.sampling.limit)
    train = take(train, np.sort(np.concatenate(list(rows.values()))))
    rows = rows_by_source(sampled_sources(train, config.sampling.hard_rows))
    heads = choose_heads(train, AUXILIARY_LABELS, config.heads.min_positives)
    if config.loss.evidence_weight:
        heads = with_evidence(heads)
    held_out = take(validation, validation_rows(validation, config.validation.rows))
    table = tokenize_all(tokenizer, train.texts, config.encoder.spelling)
    quotas = source_quotas({name: len(found) for name, found in rows.items()}, config.sampling)
    return Material(
        reader=_reader(config, train, table, tokenizer),
        targets=target_matrix(train, heads, AUXILIARY_LABELS),
        weights=train.weights,
        smoothing=np.array([config.loss.smoothing.get(name, 0.0) for name in train.sources], dtype=np.float32),
        quotas=quotas,
        epochs=plan_epochs(config, SourceSampler(rows, quotas, config.seed), table),
        heads=heads,
        validation_texts=held_out.texts,
        validation_targets=target_matrix(held_out, heads, AUXILIARY_LABELS),
        dataset_digest=load_dataset_digest(data_dir),
    )


def sampled_sources(train: Examples, hard_rows: str | None) -> list[str]:
    """The source of each row as sampling names it: `SOURCE+hard` for rows that the file of hard rows names.

    Raises:
        ConfigError: there is no such file.

    """
    if hard_rows is None:
        return train.sources
    try:
        hard = set(Path(hard_rows).read_text(encoding="utf-8").split())
    except OSError as error:
        raise ConfigError(f"sampling.hard_rows: {hard_rows} cannot be read; `weir train mine` writes it") from error
    pairs = zip(train.sources, train.digests, strict=True)
    return [f"{source}{HARD}" if digest in hard else source for source, digest in pairs]


def _reader(config: TrainingConfig, train: Examples, table: TokenTable, tokenizer: Tokenizer) -> PassageReader:
    """Passages of the rows, with evidence where spans are marked and previous turns where they are shown.

    Raises:
        ConfigError: texts are to stand in company, and no row could keep it.

    """
    spelling = config.encoder.spelling
    does_harm = (train.labels == 1).any(axis=1)
    company = np.flatnonzero(np.isin(train.sources, config.passages.company) & ~does_harm & (table.lengths > N_SPECIAL))
    if (config.passages.company_share or config.passages.gathered_share) and not len(company):
        raise ConfigError(
            f"passages.company: no training row is of {', '.join(config.passages.company) or 'any source'}"
        )
    shows_previous = config.passages.previous_share > 0 and any(train.previous)
    return PassageReader(
        table,
        train.texts,
        tokenize_all(tokenizer, [turn or "" for turn in train.previous], spelling) if shows_previous else None,
        {
            row: token_truth(tokenizer, text, spans, spelling)
            for row, (text, spans) in enumerate(zip(train.texts, train.spans, strict=False))
            if spans is not None and config.loss.evidence_weight
        },
        company,
        ~does_harm & (train.labels[:, _TOXICITY] == 0),
        TextTokenizer(tokenizer, max_tokens=sys.maxsize, window_stride=0, spelling=spelling),
        config.passages,
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
        spans=[examples.spans[i] for i in rows] if examples.spans else [],
        previous=[examples.previous[i] for i in rows] if examples.previous else [],
    )
