"""The review queue's cost: what claiming, listing, deciding and counting take with many items that wait.

    python -m scripts.bench.reviews --items 100000

It makes a queue of this length in a temporary SQLite database, and prints the median of each in milliseconds.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine as Database

from service.identity import UuidSource
from service.records.ledger import write_transaction
from service.records.schema import open_database
from service.records.tables import deciders, decisions
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk, Shares
from service.reviews.leases import Wanted, claim
from service.reviews.priority import queue_rank
from service.reviews.reading import claimed_details, page
from service.reviews.requests import ReviewQuery
from service.reviews.reviewer import Reviewer
from service.reviews.stats import queue_stats
from service.reviews.tables import reviews
from service.reviews.values import ReviewState, VerdictKind
from service.reviews.verdicts import Judged, decide

_MONTH_US = 30 * 86_400_000_000
_REVIEWER = Reviewer("bench")
_HATE = '[{"rule": "r", "code": "r", "category": "hate", "prob": 0.95, "threshold": 0.9, "action": "hold"}]'


def fill(database: Database, n_items: int) -> None:
    """Decisions of the last 30 days, all of them waiting for a person."""
    random, new_id, now_us = Random(7), UuidSource(), time.time_ns() // 1000
    queue: list[dict[str, Any]] = []
    made: list[dict[str, Any]] = []
    for _ in range(n_items):
        decision_id, at_us = new_id(), now_us - random.randrange(_MONTH_US)
        severity, uncertain = random.choice([0, 2, 4, 6]), random.random()
        shared = {"decision_id": decision_id, "tenant": "t", "surface": "feed", "action": "hold"}
        placed = {"review_id": new_id(), "purpose": "review", "for_reviewer": "", "category": "hate", "state": "open"}
        weight = {"severity": severity, "uncertainty": uncertain, "reach": 0, "user_reports": 0, "level": 1}
        rank = queue_rank(severity, uncertain, 0, 0, at_us)
        queue.append(shared | placed | weight | {"created_at_us": at_us, "queue_rank": rank})
        judged = {"scores": '{"hate": 0.95}', "reasons": _HATE, "review": False, "flagged": True, "decider_id": "d"}
        seen = {"decided_at_us": at_us, "modalities": "text", "content_digest": "0" * 64, "latency_ms": 1.0}
        made.append(shared | judged | seen)
    with write_transaction(database) as connection:
        decider = {"id": "d", "policy_name": "p", "policy_version": "v", "policy_text": "t", "bundles": "[]"}
        connection.execute(deciders.insert().values(decider))
        connection.execute(decisions.insert(), made)
        connection.execute(reviews.insert(), queue)


def median_ms(work: Callable[[], object], n_rounds: int) -> float:
    """The median time of some rounds, in milliseconds."""
    times = []
    for _ in range(n_rounds):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def measure(
    items: Annotated[int, typer.Option(min=1, help="Items that wait.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each is done.")] = 30,
) -> None:
    """Measure the review queue over a temporary SQLite database."""
    with tempfile.TemporaryDirectory(prefix="weir-reviews-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'weir.db'}")
        fill(database, items)
        desk = Desk(database, Keeping(ContentKept.NONE), Shares(0.0, 0.0), str, expiry_us=3 * _MONTH_US)
        table = Table("what", "median ms")

        def review() -> None:
            for item in claimed_details(desk, claim(desk, _REVIEWER, Wanted(), 1, 600)):
                verdict = Judged(VerdictKind.UPHOLD, {})
                decide(desk, _REVIEWER, None, item.decision_id, item.lease, verdict)

        for what, work in (
            ("claim 1", lambda: claim(desk, _REVIEWER, Wanted(), 1, 600)),
            ("claim 10 of one tenant", lambda: claim(desk, _REVIEWER, Wanted(tenant="t"), 10, 600)),
            ("claim 1, read it and decide", review),
            ("list 50 open by priority", lambda: page(desk, None, ReviewQuery(state=ReviewState.OPEN))),
            ("stats", lambda: queue_stats(desk, None)),
        ):
            table.add_row(what, f"{median_ms(work, rounds):.1f}")
        Console().print(table)
        database.dispose()


if __name__ == "__main__":
    typer.run(measure)
