"""Involvement: whether a person had a part in a decision, for statements of reasons and other reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from models.contracts import Action
from service.reviews.tables import review_verdicts
from service.reviews.values import LabelSource, Purpose, VerdictKind

_COUNTING: Final = (Purpose.REVIEW.value, LabelSource.APPEAL.value)
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class HumanInvolvement:
    """What people did to one decision.

    Attributes:
        verdict: the last one that counts, of a review or an appeal.
        action: what stands since.
        is_appealed: the last verdict was on an appeal.
        at_us: when it was given, in microseconds since 1970, UTC.
        n_verdicts: how many counted.

    """

    decision_id: str
    verdict: VerdictKind
    action: Action
    is_appealed: bool
    at_us: int
    n_verdicts: int


def human_involvement(connection: Connection, decision_ids: Sequence[str]) -> dict[str, HumanInvolvement]:
    """Of those decisions that a person has judged, by id; all others were made and left by machines alone."""
    found: dict[str, HumanInvolvement] = {}
    for start in range(0, len(decision_ids), _BATCH):
        mine = review_verdicts.c.decision_id.in_(decision_ids[start : start + _BATCH])
        query = select(review_verdicts).where(mine, review_verdicts.c.source.in_(_COUNTING))
        for row in connection.execute(query.order_by(review_verdicts.c.at_us, review_verdicts.c.verdict_id)):
            before = found.get(row.decision_id)
            found[row.decision_id] = HumanInvolvement(
                decision_id=row.decision_id,
                verdict=VerdictKind(row.verdict),
                action=Action(row.action),
                is_appealed=row.source == LabelSource.APPEAL.value,
                at_us=row.at_us,
                n_verdicts=1 + (before.n_verdicts if before else 0),
            )
    return found
