"""Measuring: the verdicts on record, made into numbers of agreement.

A label `unsure` says nothing and is left out. Opinions on golden items count for the reviewers' own numbers and not
for their agreement with each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from service.reviews.agreement import cohen_kappa, krippendorff_alpha, pairwise_agreement, raw_agreement
from service.reviews.desk import Desk
from service.reviews.golden import count_golden
from service.reviews.tables import golden_items, review_verdicts
from service.reviews.values import LabelValue, Purpose
from service.reviews.views import AgreementReport, PairAgreement, ReviewerAgreement, moment

_OPINIONS = (Purpose.REVIEW.value, Purpose.SECOND.value, "appeal")


def agreement_report(desk: Desk, tenant: str | None, since_us: int) -> AgreementReport:
    """Of the verdicts that a principal of this tenant may see, from a time on."""
    with desk.database.connect() as connection:
        golden = _rows(connection, tenant, since_us, (Purpose.GOLDEN.value,))
        opinions = _rows(connection, tenant, since_us, _OPINIONS)
        known = _known(connection, {row.decision_id for row in golden})
        n_golden = count_golden(connection, tenant)
    by_reviewer: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in golden:
        if row.decision_id in known:
            by_reviewer[row.reviewer].append(row)
    return AgreementReport(
        n_golden=n_golden,
        reviewers=[_measured(name, rows, known) for name, rows in sorted(by_reviewer.items())],
        actions=_pair(_units((row.decision_id, row.reviewer, row.action) for row in opinions)),
        labels=_pair(_units(_said(opinions))),
        since=moment(since_us) if since_us else None,
    )


def _rows(connection: Connection, tenant: str | None, since_us: int, sources: Sequence[str]) -> Sequence[Row[Any]]:
    query = select(review_verdicts).where(review_verdicts.c.source.in_(sources), review_verdicts.c.at_us >= since_us)
    if tenant is not None:
        query = query.where(review_verdicts.c.tenant == tenant)
    return connection.execute(query.order_by(review_verdicts.c.at_us, review_verdicts.c.verdict_id)).all()


def _known(connection: Connection, decision_ids: Iterable[str]) -> dict[str, Row[Any]]:
    wanted = set(decision_ids)
    return {row.decision_id: row for row in connection.execute(select(golden_items)) if row.decision_id in wanted}


def _measured(name: str, rows: Sequence[Row[Any]], known: dict[str, Row[Any]]) -> ReviewerAgreement:
    actions = [(known[row.decision_id].action, row.action) for row in rows if known[row.decision_id].action is not None]
    labels = []
    for row in rows:
        expected, said = orjson.loads(known[row.decision_id].labels), orjson.loads(row.labels)
        both = [category for category in expected if said.get(category, LabelValue.UNSURE) != LabelValue.UNSURE]
        labels += [(expected[category], said[category]) for category in both]
    return ReviewerAgreement(
        reviewer=name,
        n_items=len(rows),
        action_agreement=raw_agreement(actions),
        n_labels=len(labels),
        label_agreement=raw_agreement(labels),
        kappa=cohen_kappa(labels),
    )


def _said(rows: Sequence[Row[Any]]) -> Iterable[tuple[str, str, str]]:
    for row in rows:
        for category, value in orjson.loads(row.labels).items():
            if value != LabelValue.UNSURE:
                yield f"{row.decision_id} {category}", row.reviewer, value


def _units(opinions: Iterable[tuple[str, str, str]]) -> list[list[str]]:
    """Values by unit, one a reviewer: the last that each said."""
    units: dict[str, dict[str, str]] = defaultdict(dict)
    for unit, reviewer, value in opinions:
        units[unit][reviewer] = value
    return [list(values.values()) for values in units.values()]


def _pair(units: Sequence[Sequence[str]]) -> PairAgreement:
    return PairAgreement(
        n_units=sum(len(values) > 1 for values in units),
        agreement=pairwise_agreement(units),
        alpha=krippendorff_alpha(units),
    )
