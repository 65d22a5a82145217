"""Views: rows of the database as what the API shows."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from sqlalchemy import Engine, RowMapping, select

from models.contracts import Context, PolicyReference
from service.jobs.tables import job_results
from service.jobs.values import DecidedResult, FailedResult, Job, JobFormat, JobState
from service.records.tables import deciders, decisions

PAGE: Final = 1_000
"""Lines that are read from the database at a time."""
_R: Final = job_results.c
_D: Final = decisions.c


def job_of(row: RowMapping) -> Job:
    """A job, and how far it is."""
    state, n_done, n_items = JobState(row["state"]), row["n_decided"] + row["n_failed"], row["n_items"]
    rate = _rate(row, n_done)
    is_going = state in (JobState.QUEUED, JobState.RUNNING)
    return Job(
        job_id=row["job_id"],
        name=row["name"],
        format=JobFormat(row["format"]),
        state=state,
        tenant=row["tenant"],
        context=Context.model_validate_json(row["context"]),
        webhook_id=row["webhook_id"],
        created_at=moment(row["created_at_us"]),
        started_at=None if row["started_at_us"] is None else moment(row["started_at_us"]),
        finished_at=None if row["finished_at_us"] is None else moment(row["finished_at_us"]),
        input_bytes=row["input_bytes"],
        n_items=n_items,
        n_decided=row["n_decided"],
        n_failed=row["n_failed"],
        progress=None if n_items is None else min(1.0, round(n_done / n_items, 6)) if n_items else 1.0,
        items_per_s=rate,
        eta_s=round(max(0, n_items - n_done) / rate, 1) if is_going and rate and n_items is not None else None,
        error=row["error"],
    )


def result_lines(engine: Engine, job_id: str, start: int, limit: int | None) -> Iterator[bytes]:
    """The results of a job by index, a line of JSON each, from `start` on: as many as there are by now."""
    n_left = limit
    while n_left is None or n_left > 0:
        n_page = PAGE if n_left is None else min(PAGE, n_left)
        with engine.connect() as connection:
            rows = connection.execute(_page(job_id, start, n_page)).mappings().all()
        if rows:
            yield b"".join(_line(row) for row in rows)
        if len(rows) < n_page:
            return
        start = rows[-1]["index"] + 1
        n_left = None if n_left is None else n_left - len(rows)


def moment(at_us: int) -> datetime:
    """A time of the database."""
    return datetime.fromtimestamp(at_us / 1e6, UTC)


def _rate(row: RowMapping, n_done: int) -> float | None:
    if row["started_at_us"] is None or not n_done:
        return None
    until: int = row["finished_at_us"] or time.time_ns() // 1000
    rate: float = round(n_done / max(1e-3, (until - row["started_at_us"]) / 1e6), 3)
    return rate


def _page(job_id: str, start: int, limit: int) -> Any:  # noqa: ANN401 - the type of a joined select has no short name
    joined = job_results.outerjoin(decisions, _R.decision_id == _D.decision_id).outerjoin(
        deciders, _D.decider_id == deciders.c.id
    )
    columns = (
        _R.index,
        _R.decision_id,
        _R.content_id.label("failed_content_id"),
        _R.code,
        _R.message,
        _D.content_id,
        _D.action,
        _D.review,
        _D.flagged,
        _D.reasons,
        _D.scores,
        _D.decided_at_us,
        deciders.c.policy_name,
        deciders.c.policy_version,
    )
    chosen = select(*columns).select_from(joined).where(_R.job_id == job_id, _R.index >= start)
    return chosen.order_by(_R.index).limit(limit)


def _line(row: RowMapping) -> bytes:
    result = _decided(row) if row["decision_id"] is not None else _failed(row)
    return result.model_dump_json().encode() + b"\n"


def _failed(row: RowMapping) -> FailedResult:
    return FailedResult(
        index=row["index"], content_id=row["failed_content_id"], code=row["code"], message=row["message"] or ""
    )


def _decided(row: RowMapping) -> DecidedResult:
    at_us, name = row["decided_at_us"], row["policy_name"]
    return DecidedResult(
        index=row["index"],
        content_id=row["content_id"],
        decision_id=row["decision_id"],
        action=row["action"],
        review=row["review"],
        flagged=row["flagged"],
        reasons=orjson.loads(row["reasons"]) if row["reasons"] else [],
        scores=orjson.loads(row["scores"]) if row["scores"] else {},
        policy=None if name is None else PolicyReference(name=name, version=row["policy_version"]),
        decided_at=None if at_us is None else moment(at_us),
    )
