"""Golden: how often reviewers are right on items whose answer is known."""

from collections.abc import Iterator, Sequence

import orjson
from sqlalchemy import select

from monitoring.safety.intervals import wilson
from monitoring.safety.metric import Basis, Metric, missing
from monitoring.safety.sample import UNSURE
from monitoring.safety.store import Store, within
from monitoring.safety.tables import GOLDEN, golden_items, review_verdicts


def golden_metrics(store: Store) -> Iterator[Metric]:
    """Of all reviewers together; who said what is for the service's own report of agreement to show."""
    said, known = review_verdicts.c, golden_items.c
    query = select(said.action, said.labels, known.action.label("right"), known.labels.label("truth")).join(
        golden_items, known.decision_id == said.decision_id
    )
    when = (*within(said.at_us, store.period), said.at_us <= store.as_of_us, said.source == GOLDEN)
    rows = store.rows(query.where(*when, *store.of_tenant(review_verdicts)))
    yield _accuracy("golden_action_accuracy", [row.action == row.right for row in rows if row.right is not None])
    labels = []
    for row in rows:
        mine, truth = orjson.loads(row.labels), orjson.loads(row.truth)
        sure = [category for category in truth if mine.get(category, UNSURE) != UNSURE]
        labels += [mine[category] == truth[category] for category in sure]
    yield _accuracy("golden_label_accuracy", labels)


def _accuracy(name: str, right: Sequence[bool]) -> Metric:
    if not right:
        reason = "nobody answered a golden item in the period; POST /v1/labels/golden makes some, docs/reviews.md"
        return missing(name, reason)
    found = wilson(sum(right), len(right))
    return Metric(
        name=name,
        value=found.value,
        low=found.low,
        high=found.high,
        n=len(right),
        basis=Basis.SELECTED,
        method="count, Wilson interval",
    )
