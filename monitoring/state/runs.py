"""Runs: what each look found, kept, so that history has no holes that nobody knows of."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, JsonValue
from sqlalchemy import Connection, Row, delete, insert, select

from models.contracts.base import Value
from monitoring.alarms.looks import Measure
from monitoring.drift.verdicts import DriftVerdict, Status
from monitoring.state.tables import measures, runs

_R: Final = runs.c
_JSON: Final = ("safety", "quality")
_N_TESTS_KEPT: Final = 40
"""Tests of a run that are kept beside those that are real; a report has them all."""
KEPT_US: Final = 400 * 24 * 3_600_000_000
"""So long runs are kept: a year, and the month to compare it with."""

NOT_SEEN: Final = "not seen: "
"""Before notes on parts of a look that broke, such as slices; a report that could not be drawn is none of them."""


class RunStatus(StrEnum):
    """What came of a look: what a check says, or that it failed."""

    CLEAR = "clear"
    CHANGED = "changed"
    UNDETERMINED = "undetermined"
    FAILED = "failed"
    """It could not be finished; `error` says why. Never an all-clear."""


class Run(Value):
    """One look at the traffic.

    Attributes:
        run_id: 0 until it is kept.
        at_us: the end of what was looked at, microseconds since 1970, UTC.
        started_us, ended_us: when the look was made.
        is_catch_up: made after its time, as the monitor was down.
        bundle, bundle_digest: the text bundle that decided.
        n_decisions: in the longest window.
        verdict: of all traffic; None where the look failed.
        slices: of its parts.
        safety, quality: their reports as JSON; None where there are none.
        report: name of the report's folder in the home's.
        error: why it failed.
        notes: what could not be done beside it, such as a report.

    """

    run_id: int = 0
    at_us: int
    started_us: int
    ended_us: int
    status: RunStatus
    is_catch_up: bool = False
    bundle: str | None = None
    bundle_digest: str | None = None
    reference_id: str | None = None
    n_decisions: Annotated[int, Field(ge=0)] = 0
    verdict: DriftVerdict | None = None
    slices: tuple[DriftVerdict, ...] = ()
    safety: JsonValue = None
    quality: JsonValue = None
    report: str | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """The end of what was looked at."""
        return datetime.fromtimestamp(self.at_us / 1e6, UTC)

    @property
    def looked_at(self) -> datetime:
        """When it was looked."""
        return datetime.fromtimestamp(self.ended_us / 1e6, UTC)

    @property
    def has_changes(self) -> bool:
        """Something changed, in all of the traffic or in a part of it."""
        return self.status is RunStatus.CHANGED or any(verdict.real for verdict in self.slices)

    @property
    def is_whole(self) -> bool:
        """Nothing that was to be looked at broke: what was not seen is not clear."""
        return not any(note.startswith(NOT_SEEN) for note in self.notes)


def status_of(verdict: DriftVerdict | None) -> RunStatus:
    """The status of a look with this verdict."""
    return RunStatus.FAILED if verdict is None else RunStatus(Status(verdict.status).value)


def keep_run(connection: Connection, run: Run, found: tuple[Measure, ...]) -> int:
    """Write a run with its measures; returns its id. A run of the same moment is replaced, as a replay repeats it."""
    old = connection.execute(select(_R.run_id).where(_R.at_us == run.at_us)).scalars().all()
    for run_id in old:
        connection.execute(delete(runs).where(_R.run_id == run_id))
        connection.execute(delete(measures).where(measures.c.run_id == run_id))
    kept = connection.execute(insert(runs).values(_row(run)))
    run_id = int((kept.inserted_primary_key or (0,))[0])
    rows = [{"run_id": run_id, "at_us": run.at_us, **one.model_dump()} for one in found]
    if rows:
        connection.execute(insert(measures), rows)
    return run_id


def purge_runs(connection: Connection, before_us: int) -> None:
    """Delete runs and measures of looks before a moment."""
    connection.execute(delete(runs).where(_R.at_us < before_us))
    connection.execute(delete(measures).where(measures.c.at_us < before_us))


def note_report(connection: Connection, run_id: int, report: str | None, notes: tuple[str, ...]) -> None:
    """Add what was made of a run after it was kept."""
    values = {"report": report, "notes": json.dumps(notes)}
    connection.execute(runs.update().where(_R.run_id == run_id).values(values))


def read_runs(connection: Connection, since_us: int, limit: int | None = None) -> list[Run]:
    """Runs whose look ends at or after a moment, oldest first; the newest of them where there are more than `limit`."""
    chosen = select(runs).where(_R.at_us >= since_us).order_by(_R.at_us.desc(), _R.run_id.desc()).limit(limit)
    return [_run(row) for row in reversed(connection.execute(chosen).all())]


def _row(run: Run) -> dict[str, object]:
    row = run.model_dump(exclude={"run_id", "verdict", "slices", "notes", *_JSON})
    row["verdict"] = None if run.verdict is None else _brief(run.verdict, _N_TESTS_KEPT).model_dump_json()
    slices = [_brief(verdict, 0).model_dump(mode="json") for verdict in run.slices]
    row["slices"] = json.dumps(slices) if slices else None
    row["notes"] = json.dumps(run.notes)
    for name in _JSON:
        value = getattr(run, name)
        row[name] = None if value is None else json.dumps(value)
    return row


def _brief(verdict: DriftVerdict, n_others: int) -> DriftVerdict:
    others = [change for change in verdict.changes if not change.is_real][:n_others]
    return verdict.model_copy(update={"changes": (*verdict.real, *others)})


def _run(row: Row[tuple[object, ...]]) -> Run:
    found = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's mapping
    for name in ("verdict", "slices", "notes", *_JSON):
        found[name] = json.loads(found[name]) if found[name] is not None else ([] if name == "slices" else None)
    return Run.model_validate_json(json.dumps(found))
