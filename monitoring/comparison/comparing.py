"""Comparing: a bundle in shadow against the one that decided, with a ruling that errs on the side of what decides."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from monitoring.comparison.pairs import Pair, find_shadow, read_pairs, read_verdicts
from monitoring.comparison.quality import Labelled, measure_agreement, measure_categories, measure_difference
from monitoring.comparison.report import (
    ActionChange,
    Agreement,
    Bounded,
    CategoryQuality,
    Comparison,
    Ruling,
    ScoreShift,
)
from monitoring.safety.intervals import Z, wilson
from monitoring.windows.labels import read_labels
from monitoring.windows.source import Source
from monitoring.windows.window import Period

MIN_LABELLED: Final = 100
"""Labelled decisions before anything is promoted."""
MIN_LABELS: Final = 30
"""Labels of a category before it is looked at alone."""
LEVEL: Final = 0.05
NEGLIGIBLE: Final = 0.002
"""Nats a label: a smaller difference is none that matters, however certain many labels make it."""


@dataclass
class _Sums:
    """Of one category's scores, as pairs come by."""

    n: int = 0
    old: float = 0.0
    new: float = 0.0
    squares: float = 0.0


@dataclass
class _Tally:
    """What is counted over all pairs, in memory that does not grow with them."""

    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    reviews: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    scores: dict[str, _Sums] = field(default_factory=lambda: defaultdict(_Sums))

    def add(self, pair: Pair) -> None:
        self.actions[pair.actions] += 1
        self.reviews[pair.reviews] += 1
        for category, new in pair.new.items():
            if (old := pair.old.get(category)) is not None:
                sums = self.scores[category]
                sums.n += 1
                sums.old += old
                sums.new += new
                sums.squares += (new - old) ** 2


def compare(source: Source, shadow: str | None = None, period: Period | None = None, *, seed: int = 0) -> Comparison:
    """Compare a bundle that ran in shadow with what decided.

    Args:
        source: the decision store.
        shadow: the beginning of its digest; by default the one that ran last.
        period: of decisions; by default all that it ran beside.
        seed: of the bootstrap.

    Raises:
        SourceError: there is no such shadow, or the store cannot be read.

    """
    digest, ran = find_shadow(source, shadow)
    looked = period or ran
    labels = read_labels(source, looked)
    said = {(row.decision_id, row.category): row.label for row in labels.itertuples()}
    wanted = {decision_id for decision_id, _ in said}
    tally, marked = _Tally(), []
    for pair in read_pairs(source, digest, looked):
        tally.add(pair)
        if pair.decision_id in wanted:
            marked.append(pair)
    labelled = _labelled(marked, said)
    agreement = measure_agreement(read_verdicts(source, digest, looked))
    return _comparison(digest, looked, tally, labelled, agreement, seed)


def _labelled(pairs: Sequence[Pair], said: dict[tuple[str, str], float]) -> Labelled:
    """Labels of categories that both bundles score."""
    rows = [
        (number, category, label, pair.old[category], pair.new[category])
        for number, pair in enumerate(pairs)
        for category in pair.old.keys() & pair.new.keys()
        if (label := said.get((pair.decision_id, category))) is not None
    ]
    numbers = np.array([(row[0], *row[2:]) for row in rows], dtype=np.float64).reshape(-1, 4)
    decisions, labels, old, new = numbers.T
    return Labelled(decisions.astype(np.int64), [row[1] for row in rows], labels, old, new)


def _comparison(
    digest: str, looked: Period, tally: _Tally, labelled: Labelled, agreement: Agreement, seed: int
) -> Comparison:
    n, n_labelled = tally.actions.total(), len(np.unique(labelled.decisions))
    n_changed = sum(count for (was, would_be), count in tally.actions.items() if was != would_be)
    share = wilson(n_changed, n) if n else None
    quality, _ = measure_difference(labelled, seed) if n_labelled else (None, 1.0)
    by_category = measure_categories(labelled, MIN_LABELS, seed)
    ruling, reasons = _rule(n_labelled, quality, by_category, agreement)
    return Comparison(
        ruling=ruling,
        shadow=digest,
        start=looked.start if n else None,
        end=looked.end if n else None,
        n_decisions=n,
        changed=None if share is None else Bounded(value=share.value, low=share.low, high=share.high),
        n_reviews_added=tally.reviews[(False, True)],
        n_reviews_removed=tally.reviews[(True, False)],
        actions=tuple(
            ActionChange(was=was, would_be=would_be, n_decisions=count)
            for (was, would_be), count in tally.actions.most_common()
            if was != would_be
        ),
        scores=tuple(_shift(category, sums) for category, sums in sorted(tally.scores.items())),
        n_labelled=n_labelled,
        quality=quality,
        by_category=by_category,
        agreement=agreement,
        reasons=reasons,
    )


def _shift(category: str, sums: _Sums) -> ScoreShift:
    mean = (sums.new - sums.old) / sums.n
    half = Z * float(np.sqrt(max(0.0, sums.squares / sums.n - mean**2) / sums.n))
    return ScoreShift(
        category=category,
        n=sums.n,
        mean_was=sums.old / sums.n,
        mean_would_be=sums.new / sums.n,
        shift=Bounded(value=mean, low=mean - half, high=mean + half),
    )


def _rule(
    n_labelled: int, quality: Bounded | None, by_category: Sequence[CategoryQuality], agreement: Agreement
) -> tuple[Ruling, tuple[str, ...]]:
    worse = [one.category for one in by_category if one.p_value < LEVEL and one.log_loss.value > NEGLIGIBLE]
    reasons = [f"worse on people's labels of {category}, beyond chance" for category in worse]
    if agreement.p_value < LEVEL and agreement.n_only_old > agreement.n_only_new:
        reasons.append("people agree with its actions less often than with those that were taken, beyond chance")
    if quality is not None and quality.low > 0 and quality.value > NEGLIGIBLE:
        reasons.append("worse on all labels together, beyond chance")
    if reasons:
        return Ruling.KEEP, tuple(reasons)
    if n_labelled < MIN_LABELLED or quality is None:
        few = f"{n_labelled} labelled decisions, of the {MIN_LABELLED} that a ruling needs: weir monitor suggest --send"
        return Ruling.NOT_ENOUGH, (few,)
    if quality.high >= 0 or quality.value > -NEGLIGIBLE:
        return Ruling.NOT_ENOUGH, (
            "the difference on labels is within chance, or too small to matter: wait for more of them",
        )
    return Ruling.PROMOTE, ("better on people's labels, beyond chance, and worse on no category that has enough",)
