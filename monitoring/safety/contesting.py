"""Contesting: how often authors appeal, how often they are right, and how often reviewers overturn.

`overturned` and `changed` both say that the decision was wrong.

Source: Regulation (EU) 2022/2065 (Digital Services Act), articles 15(1)(d) and 24, on reporting complaints and
reversed decisions; Aminian & Xu (2022), "Machine learning system design interview", chapter 5, for valid appeals.
"""

from collections.abc import Iterator

from sqlalchemy import select

from monitoring.safety.census import ALLOW, Census
from monitoring.safety.intervals import wilson
from monitoring.safety.metric import Basis, Metric, missing
from monitoring.safety.proactive import NO_ACTIONS
from monitoring.safety.store import Store, within
from monitoring.safety.tables import REVERSED, REVIEW, appeals, decisions, review_verdicts

NO_APPEALS = (
    "no appeal is on record at all: appeals that authors make elsewhere are not known here; post them to /v1/appeals"
)


def appeal_metrics(store: Store, census: Census) -> Iterator[Metric]:
    """Of the actions of the period, and of the appeals that were decided in it."""
    if not store.rows(select(appeals.c.decision_id).where(*store.of_tenant(appeals)).limit(1)):
        yield from (missing(name, NO_APPEALS) for name in ("appeal_rate", "valid_appeal_rate", "overturn_rate"))
        return
    yield from _of_actions(store, census)
    yield _of_appeals(store)


def _of_actions(store: Store, census: Census) -> Iterator[Metric]:
    read = appeals.c
    query = select(read.decision_id, read.state, read.decided_at_us).join(
        decisions, decisions.c.decision_id == read.decision_id
    )
    chosen = (*store.decided(), decisions.c.action != ALLOW, read.opened_at_us <= store.as_of_us)
    rows = store.rows(query.where(*chosen))
    is_decided = [row.decided_at_us is not None and row.decided_at_us <= store.as_of_us for row in rows]
    appealed = {row.decision_id for row in rows}
    valid = {row.decision_id for row, done in zip(rows, is_decided, strict=True) if done and row.state in REVERSED}
    n_open = is_decided.count(False)
    note = f"{n_open} of these appeals wait for an answer" if n_open else ""
    yield _share("appeal_rate", len(appealed), census.n_actioned, NO_ACTIONS)
    yield _share("valid_appeal_rate", len(valid), census.n_actioned, NO_ACTIONS, note=note)


def _of_appeals(store: Store) -> Metric:
    read = appeals.c
    decided = (*within(read.decided_at_us, store.period), read.decided_at_us <= store.as_of_us)
    states = [row.state for row in store.rows(select(read.state).where(*decided, *store.of_tenant(appeals)))]
    wrong = sum(state in REVERSED for state in states)
    return _share("overturn_rate", wrong, len(states), "no appeal was decided in the period", basis=Basis.SELECTED)


def review_overturn_rate(store: Store) -> Metric:
    """Of the actions that the queue put before a person, those that were too strict or simply wrong."""
    said = review_verdicts.c
    query = select(said.verdict).join(decisions, decisions.c.decision_id == said.decision_id)
    when = (*within(said.at_us, store.period), said.at_us <= store.as_of_us, *store.of_tenant(review_verdicts))
    verdicts = store.rows(query.where(*when, said.source == REVIEW, decisions.c.action != ALLOW))
    wrong = sum(row.verdict == "overturn" for row in verdicts)
    name, reason = "review_overturn_rate", "no action was reviewed in the period"
    return _share(name, wrong, len(verdicts), reason, basis=Basis.SELECTED)


def _share(name: str, n_yes: int, n: int, without: str, *, basis: Basis = Basis.COUNTED, note: str = "") -> Metric:
    if not n:
        return missing(name, without)
    found = wilson(min(n_yes, n), n)
    return Metric(
        name=name,
        value=found.value,
        low=found.low,
        high=found.high,
        n=n,
        basis=basis,
        method="count, Wilson interval",
        note=note,
    )
