"""Examples: labels of decisions made into training examples; the latest word wins, and who disagrees is not forgotten.

One example is one JSON object. `labels` has 1 or 0 by category; a category that is not there is unknown and masked in
training, which is not the same as no. `models/data/loaders/reviewed.py` reads them back.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import orjson
from sqlalchemy import Row

from service.reviews.content import kept_content
from service.reviews.desk import Desk
from service.reviews.label_reading import labels_by_decision
from service.reviews.recorded import Recorded, recorded
from service.reviews.values import LabelValue
from service.reviews.views import moment

SOURCE: Final = "weir_reviews"
LICENCE: Final = "own"
"""The deployment's own content under its own terms: it is for the deployment to say who may train on it."""
_NUMBERS: Final = {LabelValue.YES.value: 1, LabelValue.NO.value: 0}

Example = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What to export.

    Attributes:
        tenant: None for all.
        since_us: decisions that were labelled from this time on.
        with_content: take the text from what is kept for reviewers.
        texts: texts by content id or decision id, from the deployment's own store; they come first.
        min_agreement: labels on which a smaller share of the reviewers agree are left out, in [0, 1].

    """

    tenant: str | None = None
    since_us: int = 0
    with_content: bool = False
    texts: Mapping[str, str] | None = None
    min_agreement: float = 0.0


@dataclass(frozen=True, slots=True)
class Vote:
    """What holds for one category: the latest value, and the share of reviewers who say the same."""

    value: str
    agreement: float


def examples(desk: Desk, wish: Wish) -> Iterator[Example]:
    """All examples, by decision, the oldest first. A decision on which nothing certain was said is left out."""
    for rows in labels_by_decision(desk, wish.tenant, wish.since_us):
        by_id = {key: list(group) for key, group in groupby(rows, key=lambda row: str(row.decision_id))}
        ids = list(by_id)
        with desk.database.connect() as connection:
            decisions = recorded(connection, ids)
            kept = kept_content(connection, ids) if wish.with_content else {}
        for decision_id, labels in by_id.items():
            text = kept[decision_id].text if decision_id in kept else None
            example = _example(labels, decisions.get(decision_id), text, wish)
            if example is not None:
                yield example


def votes(rows: Sequence[Row[Any]]) -> dict[str, Vote]:
    """What holds of each category.

    The latest label wins. Its agreement is the share of reviewers, each by the last thing that they said, who said
    the same; those who were unsure are not counted.

    Args:
        rows: labels of one decision, the oldest first.

    """
    said: dict[str, dict[str, str]] = defaultdict(dict)
    latest: dict[str, str] = {}
    for row in rows:
        said[row.category][row.reviewer] = row.value
        latest[row.category] = row.value
    found = {}
    for category, value in latest.items():
        sure = [vote for vote in said[category].values() if vote != LabelValue.UNSURE.value]
        found[category] = Vote(value, sure.count(value) / len(sure) if sure else 0.0)
    return found


def _example(rows: list[Row[Any]], decision: Recorded | None, text: str | None, wish: Wish) -> Example | None:
    held = votes(rows)
    sure = {
        name: vote for name, vote in held.items() if vote.value in _NUMBERS and vote.agreement >= wish.min_agreement
    }
    if not sure:
        return None
    last = rows[-1]
    if wish.texts is not None:
        text = wish.texts.get(last.decision_id) or (_joined(decision, wish.texts) if decision else None) or text
    return {
        **({} if text is None else {"text": text}),
        "labels": {name: _NUMBERS[vote.value] for name, vote in sorted(sure.items())},
        "unsure": sorted(name for name, vote in held.items() if vote.value == LabelValue.UNSURE.value),
        "disagreements": sorted(name for name, vote in sure.items() if vote.agreement < 1.0),
        "weight": round(min(vote.agreement for vote in sure.values()), 6),
        "source": SOURCE,
        "licence": LICENCE,
        "timestamp": moment(decision.decided_at_us).isoformat() if decision else None,
        "decision_id": last.decision_id,
        "content_id": decision.content_id if decision else None,
        "content_digest": decision.content_digest if decision else None,
        "provenance": {
            "tenant": last.tenant,
            "surface": decision.surface if decision else None,
            "modalities": decision.modalities.split(",") if decision else [],
            "labelled_at": moment(last.at_us).isoformat(),
            "sources": sorted({row.source for row in rows}),
            "derived": sorted({row.category for row in rows} - {row.category for row in rows if not row.is_derived}),
            "n_reviewers": len({row.reviewer for row in rows}),
            "policy": f"{last.policy_name}@{last.policy_version}",
            "bundles": orjson.loads(last.bundles),
            "probs": {row.category: row.prob for row in rows if row.prob is not None},
        },
    }


def _joined(decision: Recorded, texts: Mapping[str, str]) -> str | None:
    return None if decision.content_id is None else texts.get(decision.content_id)
