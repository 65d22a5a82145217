"""Waiting: how long it takes from a request, a report, a place in the queue or an appeal until somebody acts.

What still waits is counted as waiting until now (`monitoring.safety.survival`), not left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from sqlalchemy import Row, select

from monitoring.safety.census import ALLOW
from monitoring.safety.metric import Basis, Metric, missing
from monitoring.safety.part import Part
from monitoring.safety.proactive import NO_ACTIONS, NO_REPORTS
from monitoring.safety.store import Store, within
from monitoring.safety.survival import quantiles
from monitoring.safety.tables import GOLDEN, REVIEW, SAMPLE, STANDING, appeals, review_verdicts, reviews

SHARES: Final = (0.5, 0.9)
_SUFFIXES: Final = ("p50", "p90")
_PEOPLE: Final = ("hold", "demote")
_METHOD: Final = "Kaplan-Meier, Brookmeyer-Crowley interval"
_MICRO: Final = 1e6


@dataclass
class Waits:
    """Times in seconds, and whether they had an end."""

    seconds: list[float] = field(default_factory=list)
    is_over: list[bool] = field(default_factory=list)

    def add(self, began_us: int, ended_us: int | None, as_of_us: int) -> None:
        """From its beginning to its end, or to now."""
        over = ended_us is not None and ended_us <= as_of_us
        until = ended_us if ended_us is not None and over else as_of_us
        self.seconds.append(max(0, until - began_us) / _MICRO)
        self.is_over.append(over)

    def metrics(self, name: str, without: str, basis: Basis = Basis.COUNTED) -> Iterator[Metric]:
        """Median and 90 %; without a value where too much still waits."""
        n, n_waiting = len(self.seconds), self.is_over.count(False)
        names = [f"{name}_{suffix}" for suffix in _SUFFIXES]
        if not n:
            yield from (missing(each, without) for each in names)
            return
        found = quantiles(np.array(self.seconds), np.array(self.is_over, dtype=np.bool_), SHARES)
        note = f"{n_waiting} of {n} still wait" if n_waiting else ""
        for each, time in zip(names, found, strict=True):
            if time.value is None:
                yield missing(each, f"{n_waiting} of {n} still wait: too many to tell", n=n)
                continue
            yield Metric(
                name=each, value=time.value, low=time.low, high=time.high, n=n, basis=basis, method=_METHOD, note=note
            )


def acted_at(store: Store) -> dict[str, int]:
    """When a person first acted on a decision, by its id; verdicts that allow are no action."""
    read = review_verdicts.c
    acts = (read.source.in_(STANDING), read.action.is_not(None), read.action != ALLOW)
    when = (read.at_us >= store.period.start_us, read.at_us <= store.as_of_us, *store.of_tenant(review_verdicts))
    query = select(read.decision_id, read.at_us).where(*acts, *when).order_by(read.at_us.desc())
    return {row.decision_id: row.at_us for row in store.rows(query)}


def time_to_action(part: Part, acted: dict[str, int]) -> Iterator[Metric]:
    """From the request to the first action: the decision's own, or a person's on what had been allowed."""
    waits = Waits()
    for key, at_us, action, wait_s in zip(
        part.decision_ids, part.decided_at_us, part.actions, part.waits_s.tolist(), strict=True
    ):
        if action != ALLOW or key in acted:
            by_person = 0.0 if action != ALLOW else max(0, acted[key] - at_us) / _MICRO
            waits.seconds.append(wait_s + by_person)
            waits.is_over.append(True)
    return waits.metrics("time_to_action", NO_ACTIONS, Basis.SAMPLED)


class ReportWaits:
    """From a decision that came with a user report to the action; reports that led to none are not waited for.

    Args:
        store: where to look who acts.
        acted: when a person acted, by decision.

    """

    def __init__(self, store: Store, acted: dict[str, int]) -> None:
        self._acted = acted
        self._as_of_us = store.as_of_us
        self._waiting = _waiting(store)
        self._waits = Waits()
        self._n_reported = 0

    def add(self, row: Row[Any]) -> None:
        """One reported decision."""
        self._n_reported += 1
        if row.action != ALLOW:
            self._waits.seconds.append(row.latency_ms / 1e3)
            self._waits.is_over.append(True)
        elif row.decision_id in self._acted or row.decision_id in self._waiting:
            self._waits.add(row.decided_at_us, self._acted.get(row.decision_id), self._as_of_us)

    def metrics(self) -> Iterator[Metric]:
        """Median and 90 %."""
        without = "no reported item had an action" if self._n_reported else NO_REPORTS
        return self._waits.metrics("report_to_action", without)


def _waiting(store: Store) -> set[str]:
    """Reported items that were allowed and wait for a person."""
    read = reviews.c
    chosen = (read.purpose != GOLDEN, read.action == ALLOW, read.user_reports > 0, read.state != "decided")
    when = (*within(read.created_at_us, store.period), *store.of_tenant(reviews))
    return {row.decision_id for row in store.rows(select(read.decision_id).where(*chosen, *when))}


def time_to_verdict(store: Store) -> Iterator[Metric]:
    """From the decision that queued an item to the verdict; of what the policy queued, not of the random sample."""
    read, waits = reviews.c, Waits()
    queued = (read.purpose == REVIEW) | ((read.purpose == SAMPLE) & read.action.in_(_PEOPLE))
    when = (*within(read.created_at_us, store.period), *store.of_tenant(reviews))
    for row in store.rows(select(read.created_at_us, read.decided_at_us).where(queued, *when)):
        waits.add(row.created_at_us, row.decided_at_us, store.as_of_us)
    return waits.metrics("time_to_verdict", "nothing was queued for review in the period")


def appeal_answer(store: Store) -> Iterator[Metric]:
    """From the opening of an appeal to its answer; of appeals that were opened in the period."""
    read, waits = appeals.c, Waits()
    when = (*within(read.opened_at_us, store.period), *store.of_tenant(appeals))
    for row in store.rows(select(read.opened_at_us, read.decided_at_us).where(*when)):
        waits.add(row.opened_at_us, row.decided_at_us, store.as_of_us)
    return waits.metrics("appeal_answer", "no appeal was opened in the period")
