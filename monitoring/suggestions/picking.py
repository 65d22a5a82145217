"""Picking: the decisions whose labels would teach most, some for each motive, none twice.

Two in five are the most novel, two in five the most uncertain, and one in five covers what is rare. Where a motive has
too little to offer (no embeddings, no thresholds), the motives after it take its place.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pandas as pd

from models.contracts import CATEGORIES
from monitoring.suggestions.diversity import Float32s, Float64s, Int64s, pick_diverse
from monitoring.suggestions.novelty import measure_novelty
from monitoring.suggestions.suggestion import Motive, Suggestion
from monitoring.suggestions.uncertainty import Uncertainty, measure_uncertainty
from monitoring.windows.columns import score_column
from monitoring.windows.window import Window

UP_TO: Final = {Motive.NOVEL: 0.4, Motive.UNCERTAIN: 0.8, Motive.RARE: 1.0}
"""The share of the list that is full after each motive. None alone: novelty finds harms that the model does not know,
and much that is merely new; uncertainty finds what moves a threshold, and is blind to what the model is wrong about for
certain."""
LEAST_NOVEL: Final = 0.95
"""Items closer to the reference than a twentieth of it is to the rest are not called novel."""
_FARTHEST: Final = 1e-4
"""A novelty of 1 is one of at least 0.9999: a reference cannot tell more."""
LEAST_UNCERTAIN: Final = 0.25
"""exp(-1.4): a score within 1.4 of a point in log-odds, such as 0.2 beside a point of 0.5."""


class Compared(Protocol):
    """What a window is compared with: a `Reference` of `monitoring.reference`."""

    @property
    def window(self) -> Window:
        """The decisions of the reference."""
        ...


def suggest(
    window: Window,
    reference: Compared | None,
    thresholds: Float64s,
    n: int,
    *,
    seed: int = 0,
    known: Collection[str] = (),
) -> list[Suggestion]:
    """The decisions of a window that a person should label next, by motive and strength.

    Args:
        window: of recent decisions.
        reference: that novelty is measured against; None leaves it out.
        thresholds: recall, balanced and precision of the deciding bundle. *Shape:* `(len(CATEGORIES), 3)`, NaN where
            there are none.
        n: how many at most.
        seed: of what is drawn; the same gives the same list.
        known: decisions that people have, and that are left out with every copy of their content.

    """
    looked = _look(window, reference, thresholds, known, seed)
    taken: dict[int, Suggestion] = {}
    for motive, share in UP_TO.items():
        _take(taken, _offers(motive, looked, n, seed), round(n * share))
    return list(taken.values())


@dataclass(frozen=True)
class _Looked:
    """Candidates and what is known of them, row by row."""

    frame: pd.DataFrame
    vectors: Float32s
    novelty: Float64s
    doubt: Uncertainty


def _look(
    window: Window, reference: Compared | None, thresholds: Float64s, known: Collection[str], seed: int
) -> _Looked:
    rows = _candidates(window.frame, known)
    frame, vectors = window.frame.iloc[rows], window.text_vectors[rows]
    novelty = np.full(len(rows), np.nan)
    if reference is not None:
        novelty = measure_novelty(vectors, reference.window.text_vectors, seed)
    return _Looked(frame, vectors, novelty, measure_uncertainty(frame, thresholds))


def _candidates(frame: pd.DataFrame, known: Collection[str]) -> Int64s:
    """Positions of the newest decision of each content that nobody has looked at."""
    seen = frame["decision_id"].isin(list(known))
    fresh = ~(seen | frame["content_digest"].isin(set(frame.loc[seen, "content_digest"])))
    newest = ~frame.loc[fresh, "content_digest"].duplicated(keep="last")
    found: Int64s = np.flatnonzero(fresh.to_numpy())[newest.to_numpy()].astype(np.int64)
    return found


def _take(taken: dict[int, Suggestion], offers: Iterator[tuple[int, Suggestion]], n: int) -> None:
    """Take what is offered until there are n."""
    for row, suggestion in offers:
        if len(taken) >= n:
            return
        taken.setdefault(row, suggestion)


def _offers(motive: Motive, looked: _Looked, n: int, seed: int) -> Iterator[tuple[int, Suggestion]]:
    """What one motive would take, the strongest first; enough of it, as others may have taken some."""
    if motive is Motive.RARE:
        yield from _rare(looked.frame, seed)
        return
    is_novel = motive is Motive.NOVEL
    scores, least = (looked.novelty, LEAST_NOVEL) if is_novel else (looked.doubt.scores, LEAST_UNCERTAIN)
    strengths = -np.log(np.maximum(1.0 - scores, _FARTHEST)) if is_novel else scores
    ids = looked.frame["decision_id"].to_numpy()
    for row in pick_diverse(np.where(scores >= least, strengths, np.nan), looked.vectors, n):
        shown = f"farther than {scores[row]:.1%} of the reference" if is_novel else _doubted(looked, int(row))
        yield int(row), _say(str(ids[row]), motive, shown, float(scores[row]))


def _rare(frame: pd.DataFrame, seed: int) -> Iterator[tuple[int, Suggestion]]:
    kinds, ids = _kinds(frame), frame["decision_id"].to_numpy()
    for row, score in _by_rarity(kinds, seed):
        yield row, _say(str(ids[row]), Motive.RARE, str(kinds.iloc[row]), score)


def _doubted(looked: _Looked, row: int) -> str:
    category = CATEGORIES[looked.doubt.categories[row]]
    return f"{category.value} {looked.frame[score_column(category)].iloc[row]:.2f}"


def _kinds(frame: pd.DataFrame) -> pd.Series:
    """What an item is, in a few words: its highest score's harm, its language and its surface."""
    probs = np.stack([frame[score_column(category)].to_numpy(np.float64) for category in CATEGORIES], axis=1)
    filled = np.nan_to_num(probs, nan=0.0)
    names = np.array([category.value for category in CATEGORIES])
    harm = np.where(filled.max(axis=1) > 0.0, names[filled.argmax(axis=1)], "unscored") if len(frame) else names[:0]
    words = (frame[name].astype(object).where(frame[name].notna(), "-").astype(str) for name in ("language", "surface"))
    return pd.Series(harm, index=frame.index).str.cat(list(words), sep=", ")


def _by_rarity(kinds: pd.Series, seed: int) -> Iterator[tuple[int, float]]:
    """One of each kind, the rarest kinds first, then a second of each, and so on; the score is the kind's rarity."""
    order = np.random.default_rng(seed).permutation(len(kinds))
    drawn = pd.Series(kinds.to_numpy()[order])
    sizes, rounds = drawn.map(drawn.value_counts()).to_numpy(), drawn.groupby(drawn).cumcount().to_numpy()
    for place in np.lexsort((drawn.to_numpy(dtype=str), sizes, rounds)):
        yield int(order[place]), 1.0 - sizes[place] / len(kinds)


def _say(decision_id: str, motive: Motive, shown: str, score: float) -> Suggestion:
    return Suggestion(
        decision_id=decision_id, reason=f"{motive.value}: {shown}"[:64], score=round(min(1.0, max(0.0, score)), 4)
    )
