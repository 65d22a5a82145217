"""Proactive: how much was acted on before a user reported it, and what users reported.

Callers say how often an item was reported when they ask (`context.user_reports`). Records keep what was said, and not
that nothing was: a store without any report has a caller that sends none, or users who report nothing.

Source: Meta, "Proactive rate" (Transparency Center); Aminian & Xu (2022), "Machine learning system design interview",
chapter 5, for the sum of what was found and what was reported as its base.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from models.contracts import CATEGORIES
from monitoring.safety.census import ALLOW, Census
from monitoring.safety.intervals import wilson
from monitoring.safety.metric import Metric, missing
from monitoring.safety.reported import NO_CATEGORY, Reports
from monitoring.safety.store import Store, within
from monitoring.safety.tables import GOLDEN, STANDING, review_verdicts, reviews

NO_REPORTS: Final = (
    "no decision of the period came with a user report: either nobody reported anything, or the caller does not send "
    "context.user_reports, and the records cannot tell which"
)
NO_ACTIONS: Final = "no decision of the period has an action"


def found_by_people(store: Store) -> int:
    """Reported items that the decision allowed and that a reviewer then acted on."""
    queued, said = reviews.c, review_verdicts.c
    acted = select(said.decision_id).where(
        said.source.in_(STANDING), said.action != ALLOW, said.at_us <= store.as_of_us
    )
    chosen = (
        *within(queued.created_at_us, store.period),
        *store.of_tenant(reviews),
        queued.purpose != GOLDEN,
        queued.action == ALLOW,
        queued.user_reports > 0,
        queued.decision_id.in_(acted),
    )
    return len(store.rows(select(queued.decision_id).where(*chosen).distinct()))


def proactive_rate(census: Census, n_by_people: int) -> Metric:
    """`unreported with an action / (all with an action + reported ones that people acted on)`."""
    n = census.n_actioned + n_by_people
    if not census.n_reported:
        return missing("proactive_rate", NO_REPORTS)
    if not n:
        return missing("proactive_rate", NO_ACTIONS)
    found = wilson(census.n_actioned_unreported, n)
    return Metric(
        name="proactive_rate", value=found.value, low=found.low, high=found.high, n=n, method="count, Wilson interval"
    )


def rate_metrics(census: Census) -> Iterator[Metric]:
    """Shares of decisions with an action and with a report."""
    if not census.n_decisions:
        yield from (missing(name, "no decisions in the period") for name in ("actioned_rate", "reported_rate"))
        return
    counts = {"actioned_rate": census.n_actioned, "reported_rate": census.n_reported}
    for name, n_yes in counts.items():
        if name == "reported_rate" and not n_yes:
            yield missing(name, NO_REPORTS)
            continue
        found = wilson(n_yes, census.n_decisions)
        yield Metric(
            name=name,
            value=found.value,
            low=found.low,
            high=found.high,
            n=census.n_decisions,
            method="count, Wilson interval",
        )


def report_metrics(reports: Reports) -> Iterator[Metric]:
    """Reports: all, then by category, then those on items in which no rule of a category fired."""
    if not reports.by_item:
        yield missing("user_reports", NO_REPORTS)
        return
    yield _reports(None, sum(reports.by_item.values()), len(reports.by_item))
    for category in (*(category.value for category in CATEGORIES), NO_CATEGORY):
        if reports.n_items[category]:
            yield _reports(category, reports.by_category[category], reports.n_items[category])


def _reports(category: str | None, n_reports: int, n_items: int) -> Metric:
    return Metric(name="user_reports", category=category, value=float(n_reports), n=n_items, method="count")
