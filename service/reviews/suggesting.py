"""Suggesting: decisions whose labels would teach most are queued, though nothing about them asked for a person.

Monitoring picks them (`weir monitor suggest`); here they enter the queue. A decision that is or was in the queue is
not queued again, so the same suggestions can be sent twice. Content is there only where it was kept when the decision
was made: the log has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from models.contracts import Category, ThresholdTable
from service.policy.severity import operating_points, severity
from service.records.ledger import record_event, write_transaction
from service.records.tables import deciders, decisions
from service.reviews.content import kept_content
from service.reviews.desk import Desk
from service.reviews.priority import asked_rank, uncertainty
from service.reviews.recorded import Recorded, recorded
from service.reviews.tables import reviews
from service.reviews.values import DECIDING, FIRST_LEVEL, Purpose, ReviewState

EVENT: Final = "review.suggested"
MAX_REASON: Final = 64
_BATCH: Final = 100
"""Decisions in one transaction, for which answers wait."""


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of suggestions.

    Attributes:
        n_queued: new in the queue.
        n_known: were in it before, or had been judged already.
        n_missing: are not on record, or are another tenant's.
        n_without_content: of those queued, how many a reviewer finds no content of.

    """

    n_queued: int = 0
    n_known: int = 0
    n_missing: int = 0
    n_without_content: int = 0

    def __add__(self, other: "Queued") -> "Queued":
        return Queued(
            self.n_queued + other.n_queued,
            self.n_known + other.n_known,
            self.n_missing + other.n_missing,
            self.n_without_content + other.n_without_content,
        )


def queue_suggestions(desk: Desk, reasons: Mapping[str, str], actor: str, tenant: str | None = None) -> Queued:
    """Queue decisions for a first opinion, in transactions of a hundred, each with an audited event.

    Args:
        desk: where reviewers work.
        reasons: why, in a word or two, by decision id.
        actor: who asks for it.
        tenant: None may queue those of all tenants.

    """
    rest, total = iter(reasons.items()), Queued()
    while batch := dict(islice(rest, _BATCH)):
        with write_transaction(desk.database) as connection:
            total += _queue(desk, connection, batch, actor, tenant)
    return total


def _queue(desk: Desk, connection: Connection, reasons: Mapping[str, str], actor: str, tenant: str | None) -> Queued:
    found = {key: one for key, one in recorded(connection, list(reasons)).items() if tenant in (None, one.tenant)}
    first = reviews.c.decision_id.in_(list(found)) & reviews.c.purpose.in_(DECIDING)
    known = set(connection.execute(select(reviews.c.decision_id).where(first)).scalars())
    new = [one for key, one in found.items() if key not in known]
    if new:
        points = _points(connection, [one.decision_id for one in new])
        rows = [_row(desk, one, points.get(one.decision_id, {}), reasons[one.decision_id]) for one in new]
        connection.execute(reviews.insert(), rows)
        queued: dict[str, object] = {"decisions": {one.decision_id: reasons[one.decision_id] for one in new}}
        record_event(connection, EVENT, actor, tenant, queued)
    kept = kept_content(connection, [one.decision_id for one in new])
    return Queued(len(new), len(known), len(reasons) - len(found), len(new) - len(kept))


def _row(
    desk: Desk, decision: Recorded, points: Mapping[str, tuple[float, float, float]], reason: str
) -> dict[str, Any]:
    graded = [(severity(prob, points[name]), prob, name) for name, prob in decision.scores.items() if name in points]
    weight, _, category = max(graded, default=(0, 0.0, None))
    near = uncertainty((prob, points[name][1]) for _, prob, name in graded)
    context = decision.context or {}
    return {
        "review_id": desk.new_id(),
        "decision_id": decision.decision_id,
        "purpose": Purpose.SUGGEST.value,
        "for_reviewer": "",
        "tenant": decision.tenant,
        "surface": decision.surface,
        "action": decision.action.value,
        "category": category,
        "severity": weight,
        "uncertainty": round(near, 6),
        "reach": int(context.get("reach") or 0),
        "user_reports": int(context.get("user_reports") or 0),
        "created_at_us": decision.decided_at_us,
        "queue_rank": asked_rank(desk.now_us()),
        "state": ReviewState.OPEN.value,
        "level": FIRST_LEVEL,
        "reason": reason[:MAX_REASON],
    }


def _points(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """The operating points that held when these decisions were made, by category; none where none were kept."""
    joined = select(decisions.c.decision_id, deciders.c.id, deciders.c.thresholds)
    joined = joined.join(deciders, deciders.c.id == decisions.c.decider_id).where(decisions.c.decision_id.in_(ids))
    tables: dict[str, dict[str, tuple[float, float, float]]] = {}
    found = {}
    for row in connection.execute(joined):
        if row.id not in tables:
            tables[row.id] = _table(row.thresholds)
        found[row.decision_id] = tables[row.id]
    return found


def _table(thresholds: str | None) -> dict[str, tuple[float, float, float]]:
    """The first bundle that knows a category says: the text bundle is the first."""
    points: dict[str, tuple[float, float, float]] = {}
    for raw in orjson.loads(thresholds or "{}").values():
        table = ThresholdTable.model_validate({"categories": raw}, strict=False)
        labels: list[Category] = list(table.categories)
        for label, three in zip(labels, operating_points(labels, table), strict=True):
            points.setdefault(label.value, three)
    return points
