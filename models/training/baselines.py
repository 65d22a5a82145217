"""Baselines: two simpler systems on the same data, so that the gain of the real one is known.

TF-IDF of words and characters with logistic regression, and the frozen encoder's embeddings with logistic regression.
Both are one regression a category, on the rows whose label is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from models.contracts.base import Value
from models.data.examples import Split
from models.data.store import Examples, load_dataset_digest, load_split
from models.training.embeddings import EmbeddingStore
from models.training.material import take
from models.training.regressions import OneVsRest, macro_pr_auc, make_vectoriser

Report = Callable[[str, int, int], None]

TFIDF, MINILM = "tfidf-lr", "minilm-lr"
SCORED = (Split.VALIDATION, Split.CALIBRATION, Split.TEST)


class BaselineConfig(Value):
    """How the baselines are fitted.

    Attributes:
        max_rows: size of the training sample.
        min_positives: fewest positives in the sample for a head.
        tfidf_c: inverse strength of the L2 penalty over TF-IDF features.
        minilm_c: the same over embeddings.
        threads: texts embedded side by side.

    """

    max_rows: int = 100_000
    min_positives: int = 100
    tfidf_c: float = 4.0
    minilm_c: float = 10.0
    threads: int = 1


@dataclass(frozen=True)
class BaselineResult:
    """How well a baseline ranks one split."""

    baseline: str
    split: str
    macro_pr_auc: float


def fit_baselines(
    data_dir: Path, out: Path, config: BaselineConfig, report: Report, names: Sequence[str] | None = None
) -> list[BaselineResult]:
    """Fit the baselines and write, for each, the fitted system and its probabilities on the held-out splits.

    Files: `<name>.joblib`; `<name>-<split>.npz` with `digests` and `probs` (float32, `(n, 16)`, NaN without a head).

    Raises:
        DataError: there is no dataset in `data_dir`.

    """
    out.mkdir(parents=True, exist_ok=True)
    train = training_sample(load_split(data_dir, Split.TRAIN), config.max_rows)
    held_out = {split: load_split(data_dir, split) for split in SCORED}
    results = []
    for name in names or (TFIDF, MINILM):
        featurise = _featuriser(name, train, list(held_out.values()), data_dir, config, report)
        c = config.tfidf_c if name == TFIDF else config.minilm_c
        model = OneVsRest(c=c, min_positives=config.min_positives)
        model.fit(featurise(train), train.labels, train.weights, partial(report, name))
        fitted = {"model": model, "dataset_digest": load_dataset_digest(data_dir), "rows": len(train)}
        joblib.dump(fitted | {"config": config.model_dump()}, out / f"{name}.joblib", compress=3)
        for split, examples in held_out.items():
            probs = model.probabilities(featurise(examples))
            np.savez_compressed(out / f"{name}-{split.value}.npz", digests=np.array(examples.digests), probs=probs)
            results.append(BaselineResult(name, split.value, macro_pr_auc(probs, examples.labels)))
    return results


def _featuriser(
    name: str, train: Examples, others: list[Examples], data_dir: Path, config: BaselineConfig, report: Report
) -> Callable[[Examples], Any]:
    """What turns examples into the features of a baseline: a sparse or a dense matrix, one row an example."""
    if name == TFIDF:
        vectoriser = make_vectoriser()
        report(f"{name} features", 0, 1)
        vectoriser.fit(train.texts)
        report(f"{name} features", 1, 1)
        return lambda examples: vectoriser.transform(examples.texts)
    store = EmbeddingStore(data_dir, threads=config.threads)
    for examples in (train, *others):
        store.extend(dict(zip(examples.digests, examples.texts, strict=True)), report)
    return lambda examples: store.lookup(examples.digests).astype(np.float32)


def training_sample(examples: Examples, max_rows: int) -> Examples:
    """At most `max_rows` rows: rows that are positive for the rarest category first, then the lowest digests.

    So every positive of a rare category is kept and the plentiful ones are thinned; the same rows every time.
    """
    n_positives = (examples.labels == 1).sum(axis=0)
    rarest: NDArray[np.int64] = np.where(examples.labels == 1, n_positives, len(examples) + 1).min(axis=1)
    n_present = max(1, int((n_positives > 0).sum()))
    rank = np.where(rarest <= max_rows // (4 * n_present), 0, 1)
    order = np.lexsort((np.asarray(examples.digests), rank))
    return take(examples, np.sort(order[:max_rows]))


def all_texts(data_dir: Path) -> dict[str, str]:
    """Every text of the splits that are trained on, fitted on or reported, by digest."""
    texts: dict[str, str] = {}
    for split in (Split.TRAIN, *SCORED):
        examples = load_split(data_dir, split)
        texts |= dict(zip(examples.digests, examples.texts, strict=True))
    return texts
