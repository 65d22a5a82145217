"""The store of jobs: what is known of each, who works on it, and which item got which decision.

A worker holds a job by a lease. What it writes is refused once the lease is another's, in the transaction of the
decisions themselves, so that two workers never give one item two decisions.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, and_, delete, func, insert, or_, select, update

from models.contracts import Context
from service.access.principal import Principal, Scope
from service.errors import RequestError
from service.jobs.tables import job_results, jobs
from service.jobs.values import Job, JobDraft, JobFormat, JobState
from service.jobs.views import job_of
from service.records.ledger import record_event, write_transaction

LEASE_US: Final = 15_000_000
"""A worker that has not been heard of for so long has died, and another goes on."""
_J: Final = jobs.c
_R: Final = job_results.c
_NO_JOB: Final = RequestError(404, "not_found", "there is no such job")


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker runs until its lease ends.

    Attributes:
        token: of this claim; never the same twice.
        last_index: of the items that have an outcome already; -1 when none has.

    """

    job_id: str
    token: str
    format: JobFormat
    tenant: str
    principal: Principal
    context: Context
    webhook_id: str | None
    input_name: str
    last_index: int


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What one item got: a decision, or a failure."""

    index: int
    decision_id: str | None
    content_id: str | None = None
    code: str | None = None
    message: str | None = None


class JobStore:
    """Reads and writes jobs. Blocks on the database: not for the event loop."""

    def __init__(self, engine: Engine, new_id: Callable[[], str]) -> None:
        self.engine = engine
        self._new_id = new_id

    def create(self, connection: Connection, draft: JobDraft, tenant: str, principal: Principal) -> Job:
        """Make a job, in a transaction that is open."""
        values = {
            "job_id": self._new_id(),
            "tenant": tenant,
            "key_id": principal.key_id,
            "key_tenant": principal.tenant,
            "name": draft.name,
            "format": draft.format.value,
            "context": draft.context.model_dump_json(exclude_defaults=True),
            "webhook_id": draft.webhook_id,
            "state": JobState.CREATED.value,
            "n_decided": 0,
            "n_failed": 0,
            "created_at_us": now_us(),
            "lease_until_us": 0,
        }
        connection.execute(insert(jobs).values(values))
        return self._get(connection, str(values["job_id"]), None)

    def get(self, job_id: str, tenant: str | None) -> Job:
        """One job.

        Raises:
            RequestError: There is none, or it is another tenant's (404).

        """
        with self.engine.connect() as connection:
            return self._get(connection, job_id, tenant)

    def page(self, tenant: str | None, limit: int, before: str | None, state: JobState | None) -> list[Job]:
        """The newest jobs first, older than `before`."""
        chosen = select(jobs).order_by(_J.job_id.desc()).limit(limit)
        for wanted, column in ((tenant, _J.tenant), (state.value if state else None, _J.state)):
            chosen = chosen if wanted is None else chosen.where(column == wanted)
        chosen = chosen if before is None else chosen.where(_J.job_id < before)
        with self.engine.connect() as connection:
            return [job_of(row) for row in connection.execute(chosen).mappings()]

    def input_name(self, job_id: str) -> str | None:
        """The name of a job's input file."""
        with self.engine.connect() as connection:
            return connection.execute(select(_J.input_name).where(_J.job_id == job_id)).scalar()

    def set_input(self, job_id: str, tenant: str | None, name: str, n_bytes: int) -> str | None:
        """Give a job its input; returns the name of the one that it replaces.

        Raises:
            RequestError: There is no such job (404), or it has been started (409).

        """
        with write_transaction(self.engine) as connection:
            self._require(connection, job_id, tenant, JobState.CREATED)
            before = connection.execute(select(_J.input_name).where(_J.job_id == job_id)).scalar()
            self._set(connection, job_id, input_name=name, input_bytes=n_bytes)
        return before

    def start(self, job_id: str, tenant: str | None, n_items: int, input_name: str) -> Job:
        """Let workers take a job.

        Raises:
            RequestError: There is no such job (404), it has been started, or its input was replaced meanwhile (409).

        """
        with write_transaction(self.engine) as connection:
            self._require(connection, job_id, tenant, JobState.CREATED)
            if connection.execute(select(_J.input_name).where(_J.job_id == job_id)).scalar() != input_name:
                raise RequestError(409, "input_changed", "the input was replaced while the job was being started")
            self._set(connection, job_id, state=JobState.QUEUED, n_items=n_items, started_at_us=now_us())
            return self._get(connection, job_id, tenant)

    def cancel(self, job_id: str, tenant: str | None) -> Job:
        """Stop a job; one that is over stays as it is.

        Raises:
            RequestError: There is no such job (404).

        """
        with write_transaction(self.engine) as connection:
            if not self._get(connection, job_id, tenant).state.is_over:
                self._set(connection, job_id, state=JobState.CANCELLED, finished_at_us=now_us())
            return self._get(connection, job_id, tenant)

    def delete(self, job_id: str, tenant: str | None) -> str | None:
        """Delete a job and its list of results; the decisions stay. Returns the name of its input.

        Raises:
            RequestError: There is no such job (404).

        """
        with write_transaction(self.engine) as connection:
            self._get(connection, job_id, tenant)
            name = connection.execute(select(_J.input_name).where(_J.job_id == job_id)).scalar()
            connection.execute(delete(jobs).where(_J.job_id == job_id))
            connection.execute(delete(job_results).where(_R.job_id == job_id))
        return name

    def claim(self) -> Claim | None:
        """Take a job that nobody works on: one that was queued, or whose worker has died."""
        free = or_(
            _J.state == JobState.QUEUED,
            and_(_J.state == JobState.RUNNING, _J.lease_until_us < now_us()),
        )
        chosen = select(_J.job_id).where(free).order_by(_J.job_id).limit(1)
        with self.engine.connect() as connection:
            if connection.execute(chosen).scalar() is None:
                return None
        with write_transaction(self.engine) as connection:
            job_id = connection.execute(chosen).scalar()
            token = self._new_id()
            taken = update(jobs).where(_J.job_id == job_id, free)
            values = {"state": JobState.RUNNING.value, "lease_owner": token, "lease_until_us": now_us() + LEASE_US}
            if job_id is None or connection.execute(taken.values(values)).rowcount != 1:
                return None
            row = connection.execute(select(jobs).where(_J.job_id == job_id)).mappings().one()
            last = connection.execute(select(func.max(_R.index)).where(_R.job_id == job_id)).scalar()
            return _claim_of(row, token, -1 if last is None else last)

    def done_indexes(self, job_id: str, first: int, last: int) -> set[int]:
        """Which items of a range have an outcome."""
        chosen = select(_R.index).where(_R.job_id == job_id, _R.index >= first, _R.index <= last)
        with self.engine.connect() as connection:
            return set(connection.execute(chosen).scalars())

    def is_open(self, connection: Connection, claim: Claim, indexes: Sequence[int]) -> bool:
        """Whether these items may get their outcome by this claim: asked in the transaction that writes it."""
        mine = select(_J.job_id).where(*_held(claim))
        if connection.execute(mine).scalar() is None:
            return False
        done = select(_R.index).where(_R.job_id == claim.job_id, _R.index.in_(indexes)).limit(1)
        return connection.execute(done).scalar() is None

    def write_results(self, connection: Connection, claim: Claim, results: Sequence[ItemResult]) -> None:
        """Write outcomes, count them, and renew the lease."""
        rows = [
            {
                "job_id": claim.job_id,
                "index": result.index,
                "decision_id": result.decision_id,
                "content_id": result.content_id,
                "code": result.code,
                "message": result.message,
            }
            for result in results
        ]
        connection.execute(insert(job_results), rows)
        n_decided = sum(result.decision_id is not None for result in results)
        counted: dict[str, Any] = {
            "n_decided": _J.n_decided + n_decided,
            "n_failed": _J.n_failed + len(results) - n_decided,
            "lease_until_us": now_us() + LEASE_US,
        }
        connection.execute(update(jobs).where(_J.job_id == claim.job_id).values(counted))

    def write_alone(self, claim: Claim, result: ItemResult) -> bool:
        """Write an outcome that has no decision; False when the job is no longer this claim's."""
        with write_transaction(self.engine) as connection:
            if not self.is_open(connection, claim, [result.index]):
                return False
            self.write_results(connection, claim, [result])
        return True

    def renew(self, claim: Claim) -> bool:
        """Hold a job for longer; False when it is no longer this claim's."""
        with write_transaction(self.engine) as connection:
            held = update(jobs).where(*_held(claim)).values(lease_until_us=now_us() + LEASE_US)
            return connection.execute(held).rowcount == 1

    def release(self, claim: Claim) -> None:
        """Let another worker go on at once."""
        with write_transaction(self.engine) as connection:
            connection.execute(update(jobs).where(*_held(claim)).values(lease_until_us=0))

    def end(self, claim: Claim, state: JobState, error: str | None = None) -> bool:
        """Finish or fail a job, and say so in an event; False when it is no longer this claim's."""
        with write_transaction(self.engine) as connection:
            values = {"state": state.value, "error": error, "finished_at_us": now_us()}
            if connection.execute(update(jobs).where(*_held(claim)).values(values)).rowcount != 1:
                return False
            job = self._get(connection, claim.job_id, None)
            said: dict[str, object] = {
                "job_id": job.job_id,
                "state": state.value,
                "n_items": job.n_items,
                "n_decided": job.n_decided,
                "n_failed": job.n_failed,
                "webhook_id": claim.webhook_id,
            }
            record_event(connection, f"job.{state.value}", claim.principal.actor, claim.tenant, said)
        return True

    def _get(self, connection: Connection, job_id: str, tenant: str | None) -> Job:
        row = connection.execute(select(jobs).where(_J.job_id == job_id)).mappings().first()
        if row is None or (tenant is not None and row["tenant"] != tenant):
            raise _NO_JOB
        return job_of(row)

    def _require(self, connection: Connection, job_id: str, tenant: str | None, state: JobState) -> None:
        found = self._get(connection, job_id, tenant).state
        if found is not state:
            raise RequestError(409, "wrong_state", f"the job is {found}; this needs one that is {state}")

    def _set(self, connection: Connection, job_id: str, **values: object) -> None:
        connection.execute(update(jobs).where(_J.job_id == job_id).values(values))


def now_us() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


def _held(claim: Claim) -> tuple[Any, ...]:
    return _J.job_id == claim.job_id, _J.lease_owner == claim.token, _J.state == JobState.RUNNING


def _claim_of(row: RowMapping, token: str, last_index: int) -> Claim:
    return Claim(
        job_id=row["job_id"],
        token=token,
        format=JobFormat(row["format"]),
        tenant=row["tenant"],
        principal=Principal(row["key_id"], row["key_tenant"], frozenset({Scope.DECIDE})),
        context=Context.model_validate_json(row["context"]),
        webhook_id=row["webhook_id"],
        input_name=row["input_name"] or "",
        last_index=last_index,
    )
