"""Exporting statements: all restricting decisions of a time, in batches that the Transparency Database takes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, and_, or_, select

from models.contracts import Action
from service.accountability.dsa.platform import Platform
from service.accountability.dsa.statement import Human, Statement, StatementWriter
from service.accountability.dsa.vocabulary import MAX_BATCH
from service.records.tables import deciders, decisions
from service.reviews.involvement import human_involvement
from service.reviews.tables import review_verdicts

PAGE: Final = 500
"""Decisions that are read at a time."""


class Span(NamedTuple):
    """Which decisions.

    Attributes:
        since_us: made from this time on, microseconds since 1970, UTC.
        until_us: made before this time.
        tenant: of this tenant; None for all.

    """

    since_us: int
    until_us: int
    tenant: str | None = None


class Place(NamedTuple):
    """A decision that was dealt with: the next page begins after it."""

    at_us: int
    decision_id: str


class Exported(NamedTuple):
    """What was written."""

    n_statements: int
    n_batches: int
    n_decisions: int


class DecisionPage(NamedTuple):
    """The statements of one page of decisions, and where the next begins; None after the last."""

    statements: list[Statement]
    n_decisions: int
    next_after: Place | None


def read_page(
    connection: Connection, writer: StatementWriter, span: Span, after: Place | None, limit: int = PAGE
) -> DecisionPage:
    """The statements of the next decisions that may restrict."""
    query = (
        select(decisions, deciders.c.policy_name, deciders.c.policy_version)
        .join(deciders, deciders.c.id == decisions.c.decider_id)
        .where(*_within(span, after))
        .order_by(decisions.c.decided_at_us, decisions.c.decision_id)
        .limit(limit)
    )
    rows: Sequence[Any] = connection.execute(query).mappings().all()
    humans = _humans(connection, rows)
    made = [
        writer.write(row, f"{row['policy_name']} {row['policy_version']}", humans.get(row["decision_id"]))
        for row in rows
    ]
    last = Place(rows[-1]["decided_at_us"], rows[-1]["decision_id"]) if len(rows) == limit else None
    return DecisionPage([statement for statement in made if statement is not None], len(rows), last)


def read_statements(
    engine: Engine, platform: Platform, span: Span, report: Callable[[int], None] = lambda _n: None
) -> Iterator[Statement]:
    """All statements of a time, the oldest decision first; `report` is told how many decisions were read."""
    writer, after, n_read = StatementWriter(platform), None, 0
    with engine.connect() as connection:
        while True:
            page = read_page(connection, writer, span, after)
            n_read += page.n_decisions
            report(n_read)
            yield from page.statements
            if page.next_after is None:
                return
            after = page.next_after


def export(
    engine: Engine, platform: Platform, span: Span, folder: Path, report: Callable[[int], None] = lambda _n: None
) -> Exported:
    """Write `statements-00001.json` and so on, each the body of one request to the database's batch endpoint.

    Args:
        engine: of the database.
        platform: what the deployment adds.
        span: which decisions.
        folder: made where it is missing; must hold no statements yet.
        report: told how many decisions were read.

    Raises:
        FileExistsError: There are statements in the folder.

    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.glob("statements-*.json")):
        raise FileExistsError(17, "it holds statements already", str(folder))
    counted = [0]

    def count(n_read: int) -> None:
        counted[0] = n_read
        report(n_read)

    n_statements = n_batches = 0
    for batch in _batches(read_statements(engine, platform, span, count)):
        n_batches += 1
        n_statements += len(batch)
        written = orjson.dumps({"statements": batch}, option=orjson.OPT_INDENT_2)
        (folder / f"statements-{n_batches:05}.json").write_bytes(written)
    return Exported(n_statements, n_batches, counted[0])


def _within(span: Span, after: Place | None) -> list[ColumnElement[bool]]:
    at, own_id = decisions.c.decided_at_us, decisions.c.decision_id
    judged = own_id.in_(select(review_verdicts.c.decision_id))  # a person may restrict what a machine allowed
    where = [at >= span.since_us, at < span.until_us, or_(decisions.c.action != Action.ALLOW.value, judged)]
    if span.tenant is not None:
        where.append(decisions.c.tenant == span.tenant)
    if after is not None:
        where.append(or_(at > after.at_us, and_(at == after.at_us, own_id > after.decision_id)))
    return where


def _humans(connection: Connection, rows: Sequence[Any]) -> dict[str, Human]:
    found = human_involvement(connection, [row["decision_id"] for row in rows])
    machine = {row["decision_id"]: row["action"] for row in rows}
    return {
        decision_id: Human(Action(one.action), str(one.action) != machine[decision_id], one.at_us)
        for decision_id, one in found.items()
    }


def _batches(statements: Iterator[Statement]) -> Iterator[list[Statement]]:
    batch: list[Statement] = []
    for statement in statements:
        batch.append(statement)
        if len(batch) == MAX_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
