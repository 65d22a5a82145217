"""Sample: the decisions that were drawn at random for review, with what people said of them.

A decision enters by chance alone (`WEIR_REVIEW_SAMPLE_SHARE`), with a known share, so what is found holds for all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from monitoring.safety.census import ALLOW, HIDDEN
from monitoring.safety.intervals import Floats
from monitoring.safety.store import Store, within
from monitoring.safety.tables import SAMPLE, STANDING, decisions, review_labels, review_verdicts, sampled
from monitoring.windows.scores import read_scores

UNSURE: Final = "unsure"


@dataclass(frozen=True)
class ReviewSample:
    """The random sample of a period, in the order of time. All arrays have *Shape:* `(n,)`.

    Attributes:
        decision_ids: of what was drawn.
        weights: how many decisions each stands for: one over the share at its time.
        cells: kinds of items (action and severity) within which who answers is left to chance.
        actions: of the decisions.
        reach: as the caller gave it; 0 where it did not.
        verdicts: the action that the last verdict asks for; None where nobody has said anything yet.
        labels: 1.0 or 0.0 by category and decision, NaN where those who looked were unsure; only of categories that
            somebody named, and only of decisions on which somebody did.

    """

    decision_ids: tuple[str, ...]
    weights: Floats
    cells: NDArray[np.int64]
    actions: tuple[str, ...]
    reach: Floats
    verdicts: tuple[str | None, ...]
    labels: Mapping[str, Mapping[str, float]]

    def __len__(self) -> int:
        """Drawn items."""
        return len(self.decision_ids)

    @property
    def is_answered(self) -> NDArray[np.bool_]:
        """Somebody gave a verdict."""
        return np.array([verdict is not None for verdict in self.verdicts], dtype=np.bool_)

    @property
    def is_visible(self) -> NDArray[np.bool_]:
        """The decision left it where people see it."""
        return np.array([action not in HIDDEN for action in self.actions], dtype=np.bool_)

    def harmful(self) -> Floats:
        """1.0 where the verdict asks for any action, 0.0 where it allows; NaN without a verdict."""
        return np.array([np.nan if said is None else float(said != ALLOW) for said in self.verdicts])

    def missed(self) -> Floats:
        """1.0 where the decision allowed what the verdict does not."""
        was_allowed = np.array([action == ALLOW for action in self.actions], dtype=np.bool_)
        found = self.harmful()
        return np.where(np.isnan(found), np.nan, found * was_allowed)

    def shows(self, category: str) -> Floats:
        """1.0 where people see this harm, 0.0 where not; NaN where nobody looked, or those who did were unsure.

        Whoever gave a verdict and did not name the harm did not see it.
        """
        named = self.labels.get(category, {})
        answers = zip(self.decision_ids, self.verdicts, strict=True)
        return np.array([named.get(key, np.nan if verdict is None else 0.0) for key, verdict in answers])


def read_sample(store: Store) -> ReviewSample:
    """What was drawn among the decisions of a period, and the last word on each."""
    read = sampled.c
    drawn = (read.purpose == SAMPLE, *within(read.created_at_us, store.period), *store.of_tenant(sampled))
    wanted = (read.decision_id, read.action, read.severity, read.reach, read.sample_share)
    rows = store.rows(select(*wanted).where(*drawn).order_by(read.created_at_us, read.decision_id))
    ids = [row.decision_id for row in rows]
    verdicts = _verdicts(store, ids)
    kinds = {kind: number for number, kind in enumerate(sorted({(row.action, row.severity) for row in rows}))}
    return ReviewSample(
        decision_ids=tuple(ids),
        weights=np.array([1.0 / row.sample_share if row.sample_share else 1.0 for row in rows], dtype=np.float64),
        cells=np.array([kinds[(row.action, row.severity)] for row in rows], dtype=np.int64),
        actions=tuple(row.action for row in rows),
        reach=np.array([row.reach or 0 for row in rows], dtype=np.float64),
        verdicts=tuple(verdicts.get(key) for key in ids),
        labels=_labels(store, ids),
    )


def sample_scores(store: Store, sample: ReviewSample) -> dict[str, dict[str, float]]:
    """Probabilities by decision and category; without decisions that are purged, or whose scores cannot be read."""
    query = select(decisions.c.decision_id, decisions.c.scores)
    rows = store.rows_of(query, decisions.c.decision_id, sample.decision_ids)
    found = {row.decision_id: read_scores(row.scores) for row in rows}
    return {decision_id: scores for decision_id, scores in found.items() if scores is not None}


def _verdicts(store: Store, ids: list[str]) -> dict[str, str]:
    """The action of the last verdict that stands; second opinions and golden items measure the reviewer instead."""
    read = review_verdicts.c
    counts = (read.source.in_(STANDING), read.action.is_not(None), read.at_us <= store.as_of_us)
    query = select(read.decision_id, read.action).where(*counts).order_by(read.at_us, read.verdict_id)
    return {row.decision_id: row.action for row in store.rows_of(query, read.decision_id, ids)}


def _labels(store: Store, ids: list[str]) -> dict[str, dict[str, float]]:
    read = review_labels.c
    query = select(read.decision_id, read.category, read.value, read.reviewer).where(read.at_us <= store.as_of_us)
    said: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in store.rows_of(query.order_by(read.at_us, read.label_id), read.decision_id, ids):
        words = said[(row.category, row.decision_id)]
        words.pop(row.reviewer, None)  # whoever speaks again speaks last
        words[row.reviewer] = row.value
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for (category, decision_id), by_reviewer in said.items():
        found[category][decision_id] = majority(by_reviewer.values())
    return dict(found)


def majority(values: Iterable[str]) -> float:
    """1.0 for yes and 0.0 for no, by most of those who are sure, the last of them where they are even; else NaN."""
    sure = [value for value in values if value != UNSURE]
    counted: Counter[Any] = Counter(sure)
    if not sure:
        return float("nan")
    if counted["yes"] == counted["no"]:
        return float(sure[-1] == "yes")
    return float(counted["yes"] > counted["no"])
