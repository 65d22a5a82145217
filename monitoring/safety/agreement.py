"""Agreement: how far people say the same of an item, beyond what chance would give.

Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability"; Efron & Tibshirani (1993), "An introduction
to the bootstrap", chapter 13, for the interval: items are drawn with replacement.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import select

from monitoring.safety.intervals import Floats, Interval
from monitoring.safety.metric import CONFIDENCE, Basis, Metric, missing
from monitoring.safety.sample import UNSURE
from monitoring.safety.store import Store, within
from monitoring.safety.tables import GOLDEN, review_verdicts

N_RESAMPLES: Final = 1_000
MIN_ITEMS: Final = 20
"""Items with two opinions; the interval of fewer is not to be trusted."""
_CHUNK_CELLS: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person said of one thing about an item."""

    item: str
    thing: str
    reviewer: str
    value: str


def agreement_metrics(store: Store) -> Iterable[Metric]:
    """Alpha over actions and over labels of the verdicts of a period."""
    read = review_verdicts.c
    when = (*within(read.at_us, store.period), read.at_us <= store.as_of_us, read.source != GOLDEN)
    wanted = (read.decision_id, read.reviewer, read.action, read.labels)
    query = select(*wanted).where(*when, *store.of_tenant(review_verdicts)).order_by(read.at_us, read.verdict_id)
    rows = store.rows(query)
    actions = [Opinion(row.decision_id, "", row.reviewer, row.action) for row in rows if row.action is not None]
    labels = [
        Opinion(row.decision_id, category, row.reviewer, value)
        for row in rows
        for category, value in orjson.loads(row.labels).items()
        if value != UNSURE
    ]
    return _metric("action_agreement", actions), _metric("label_agreement", labels)


def _metric(name: str, opinions: Sequence[Opinion]) -> Metric:
    counts, items = count_opinions(opinions)
    n = len(set(items.tolist()))
    if n < MIN_ITEMS:
        reason = (
            f"{n} items have opinions of two people; at least {MIN_ITEMS} are needed. WEIR_DOUBLE_REVIEW_SHARE sends a "
            "share of reviewed items to a second person"
        )
        return missing(name, reason, n=n)
    found = alpha_interval(counts, items)
    if found is None:
        return missing(name, "everybody always said the same one thing, so chance alone would agree as well", n=n)
    return Metric(
        name=name,
        value=found.value,
        low=found.low,
        high=found.high,
        n=n,
        basis=Basis.SELECTED,
        method=f"Krippendorff's alpha for nominal values, percentile bootstrap over items, {N_RESAMPLES} resamples",
    )


def count_opinions(opinions: Iterable[Opinion]) -> tuple[Floats, NDArray[np.int64]]:
    """How many people said each value of each thing, and which item it is of; only things with two opinions or more.

    Each person counts once a thing, by the last that they said.

    Returns:
        Counts, *Shape:* `(u, c)`, and the number of the item of each row, *Shape:* `(u,)`.

    """
    said: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for opinion in opinions:
        said[(opinion.item, opinion.thing)][opinion.reviewer] = opinion.value
    units = [(item, Counter(values.values())) for (item, _), values in said.items() if len(values) > 1]
    values = sorted({value for _, counted in units for value in counted})
    numbers = {item: number for number, item in enumerate(dict.fromkeys(item for item, _ in units))}
    counts = np.array([[counted[value] for value in values] for _, counted in units], dtype=np.float64)
    return counts.reshape(len(units), len(values)), np.array([numbers[item] for item, _ in units], dtype=np.int64)


def alpha_interval(counts: Floats, items: NDArray[np.int64], *, seed: int = 0) -> Interval | None:
    """Krippendorff's alpha, `1 - D_o / D_e`, between the percentiles of its resamples; None where it is undefined.

    Args:
        counts: people by unit and value, two or more a unit. *Shape:* `(u, c)`.
        items: units of one item are drawn together. *Shape:* `(u,)`.
        seed: the same one gives the same interval.

    """
    value = float(_alphas(counts, np.ones((1, len(counts))))[0])
    if np.isnan(value):
        return None
    rng, n = np.random.default_rng(seed), int(items.max()) + 1
    chunk = max(1, _CHUNK_CELLS // max(n, len(counts)))
    found = []
    for start in range(0, N_RESAMPLES, chunk):
        draws = rng.multinomial(n, np.full(n, 1.0 / n), size=min(chunk, N_RESAMPLES - start))
        found.append(_alphas(counts, draws[:, items].astype(np.float64)))
    resampled = np.concatenate(found)
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(np.append(resampled[np.isfinite(resampled)], value), [tail, 100.0 - tail])
    return Interval(value, min(value, float(low)), max(value, float(high)))


def _alphas(counts: Floats, weights: Floats) -> Floats:
    """Alpha of each resample; NaN where all values are equal. *Shape:* `(r,)`."""
    sizes = counts.sum(axis=1)
    disagreed = weights @ ((counts * (sizes[:, None] - counts)).sum(axis=1) / (sizes - 1.0))
    totals = weights @ counts
    n = totals.sum(axis=1)
    expected = (totals * (n[:, None] - totals)).sum(axis=1)
    ratio = np.divide((n - 1.0) * disagreed, expected, out=np.full_like(n, np.nan), where=expected > 0)
    return np.asarray(1.0 - ratio, dtype=np.float64)
