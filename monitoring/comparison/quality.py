"""Quality: both bundles on the same labels, decision by decision.

Resamples draw whole decisions, as labels of one are not independent, and the same ones for both bundles.

Source: Efron & Tibshirani (1993), "An introduction to the bootstrap"; McNemar (1947), "Note on the sampling error of
the difference between correlated proportions or percentages"; Holm (1979), "A simple sequentially rejective multiple
test procedure".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from monitoring.comparison.report import Agreement, Bounded, CategoryQuality

Float64s = NDArray[np.float64]

N_RESAMPLES: Final = 2_000
_CHUNK: Final = 250
_TINY: Final = 1e-6


@dataclass(frozen=True)
class Labelled:
    """Labels with both probabilities, one entry a decision and category. All arrays have *Shape:* `(n,)`."""

    decisions: NDArray[np.int64]
    categories: Sequence[str]
    labels: Float64s
    old: Float64s
    new: Float64s

    def of(self, category: str) -> "Labelled":
        """Those of one category."""
        rows = np.array([one == category for one in self.categories], dtype=bool)
        kept = [category] * int(rows.sum())
        return Labelled(self.decisions[rows], kept, self.labels[rows], self.old[rows], self.new[rows])


def log_losses(probs: Float64s, labels: Float64s) -> Float64s:
    """Negative log likelihood of each label, in nats; a certain mistake counts `-log(1e-6)`."""
    losses: Float64s = -np.log(np.clip(np.where(labels == 1.0, probs, 1.0 - probs), _TINY, 1.0))
    return losses


def measure_difference(labelled: Labelled, seed: int = 0) -> tuple[Bounded, float]:
    """Mean log loss, new less old, and the two-sided p-value of there being no difference."""
    gains = log_losses(labelled.new, labelled.labels) - log_losses(labelled.old, labelled.labels)
    units, unit = np.unique(labelled.decisions, return_inverse=True)
    sums, sizes = np.bincount(unit, gains).astype(np.float64), np.bincount(unit).astype(np.float64)
    means = _resampled(sums, sizes, len(units), seed)
    low, high = np.quantile(means, [0.025, 0.975])
    value = float(gains.mean())
    beyond = min((means <= 0).mean(), (means >= 0).mean()) if value else 1.0
    p_value = float(min(1.0, 2 * max(beyond, 1 / (N_RESAMPLES + 1))))
    return Bounded(value=value, low=min(value, float(low)), high=max(value, float(high))), p_value


def measure_categories(labelled: Labelled, min_labels: int, seed: int = 0) -> tuple[CategoryQuality, ...]:
    """Every category with enough labels, p-values corrected for all of them."""
    found = []
    for category in dict.fromkeys(labelled.categories):
        part = labelled.of(category)
        if len(part.labels) >= min_labels:
            difference, p_value = measure_difference(part, seed)
            found.append((category, part, difference, p_value))
    adjusted = _holm([p_value for *_, p_value in found])
    return tuple(
        CategoryQuality(
            category=category,
            n_labels=len(part.labels),
            n_positives=int(part.labels.sum()),
            log_loss_was=float(log_losses(part.old, part.labels).mean()),
            log_loss_would_be=float(log_losses(part.new, part.labels).mean()),
            log_loss=difference,
            p_value=p_value,
        )
        for (category, part, difference, _), p_value in zip(found, adjusted, strict=True)
    )


def measure_agreement(verdicts: Sequence[tuple[str, str, str]]) -> Agreement:
    """Whose action people agree with: the person's, the old bundle's and the new one's of each decision."""
    only_old = sum(said == old != new for said, old, new in verdicts)
    only_new = sum(said == new != old for said, old, new in verdicts)
    differ = only_old + only_new
    p_value = float(binomtest(only_new, differ, 0.5).pvalue) if differ else 1.0
    return Agreement(n_verdicts=len(verdicts), n_only_old=only_old, n_only_new=only_new, p_value=min(1.0, p_value))


def _resampled(sums: Float64s, sizes: Float64s, n: int, seed: int) -> Float64s:
    rng, means = np.random.default_rng(seed), []
    for _ in range(0, N_RESAMPLES, _CHUNK):
        draws = rng.multinomial(n, np.full(n, 1.0 / n), size=_CHUNK)
        means.append(draws @ sums / (draws @ sizes))
    return np.concatenate(means)


def _holm(p_values: Sequence[float]) -> list[float]:
    order, adjusted, highest = np.argsort(p_values), [1.0] * len(p_values), 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, p_values[at] * (len(p_values) - rank)))
        adjusted[at] = highest
    return adjusted
