"""Counting: what comes of reviews and appeals, for the metrics."""

from typing import Protocol

from sqlalchemy import Connection

from service.reviews.outcomes import Outcome


class OutcomeObserver(Protocol):
    """Who wants to know: the metrics. Called from any thread."""

    def review_outcome(self, outcome: str) -> None:
        """Something came of a review or an appeal."""
        ...


class OutcomeCounter:
    """An `OutcomeHook` that counts. It hears before the commit, so one that fails then is counted as well."""

    def __init__(self, observer: OutcomeObserver) -> None:
        self._observer = observer

    def on_outcome(self, _: Connection, outcome: Outcome) -> None:
        """Count it."""
        self._observer.review_outcome(outcome.kind.value)
