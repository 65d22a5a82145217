"""The routes under `/v1/jobs`: make a job, give it its file, start it, watch it, and read its results."""

from asyncio import to_thread
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from service.access.principal import Principal
from service.errors import RequestError, invalid
from service.http.management import Decider
from service.idempotency.keys import REPLAYED, Keyed, owner_of, reused
from service.idempotency.store import AnswerStore, Stored
from service.identity import UuidSource
from service.jobs.files import JobFiles
from service.jobs.reading import InputReader
from service.jobs.store import JobStore
from service.jobs.uploading import receive
from service.jobs.values import UUID_PATTERN, Job, JobDraft, JobPage, JobState
from service.jobs.views import result_lines
from service.records.ledger import write_transaction
from service.wire.schemas import ErrorEnvelope

PREFIX: Final = "/v1/jobs"
NDJSON: Final = "application/x-ndjson"
ANY_FILE: Final = "application/octet-stream"
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {404: {"model": ErrorEnvelope, "description": "No such job."}}
_CONFLICT: Final = _NOT_FOUND | {409: {"model": ErrorEnvelope, "description": "The job is in another state."}}

JobId = Annotated[str, Path(pattern=UUID_PATTERN)]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,255}$", description="Repeats get the first job."),
]
WebhookCheck = Callable[[str, Principal], bool]
"""Whether there is an endpoint of that id that the principal may use."""


class JobDesk:
    """What the routes do. Handlers run in threads, besides the upload."""

    def __init__(
        self,
        store: JobStore,
        files: JobFiles,
        reader: InputReader,
        answers: AnswerStore,
        fingerprint: Callable[[str, bytes], bytes],
        has_webhook: WebhookCheck,
        default_tenant: str,
        max_bytes: int,
    ) -> None:
        self.store = store
        self.files = files
        self.max_bytes = max_bytes
        self._reader = reader
        self._answers = answers
        self._fingerprint = fingerprint
        self._has_webhook = has_webhook
        self._default_tenant = default_tenant

    def create(self, draft: JobDraft, principal: Principal, key: str | None) -> tuple[Job, bool]:
        """Make a job, or find the one that was made under this key; whether it was found.

        Raises:
            RequestError: The context names another tenant (403), there is no such webhook (400), or the key came with
                something else (422).

        """
        tenant = principal.tenant or draft.context.tenant or self._default_tenant
        if draft.context.tenant not in (None, tenant):
            raise RequestError(403, "tenant_mismatch", "the key belongs to one tenant, and the context names another")
        if draft.webhook_id is not None and not self._has_webhook(draft.webhook_id, principal):
            raise invalid("unknown_webhook", "there is no such webhook", "webhook_id")
        if key is None:
            with write_transaction(self.store.engine) as connection:
                return self.store.create(connection, draft, tenant, principal), False
        printed = self._fingerprint("jobs", draft.model_dump_json().encode())
        return self._create_once(draft, tenant, principal, Keyed(owner_of(principal), key, printed))

    def _create_once(self, draft: JobDraft, tenant: str, principal: Principal, keyed: Keyed) -> tuple[Job, bool]:
        while True:
            if (stored := self._answers.find(keyed)) is not None:
                if stored.fingerprint != keyed.fingerprint:
                    raise reused()
                return Job.model_validate_json(stored.answer), True
            if (job := self._make(draft, tenant, principal, keyed)) is not None:
                return job, False

    def _make(self, draft: JobDraft, tenant: str, principal: Principal, keyed: Keyed) -> Job | None:
        """Make a job under a key; None when somebody was first."""
        with write_transaction(self.store.engine) as connection:
            job = self.store.create(connection, draft, tenant, principal)
            stored = Stored(keyed.fingerprint, 1, True, 201, job.model_dump_json().encode())
            if not self._answers.complete(connection, keyed, stored):
                connection.rollback()
                return None
        return job

    def start(self, job_id: str, principal: Principal) -> Job:
        """Count a job's items and let workers take it.

        Raises:
            RequestError: The input is missing (409) or not of its format (400), or the state is another (404, 409).

        """
        job = self.store.get(job_id, principal.tenant)
        name = self.store.input_name(job_id)
        if job.state is not JobState.CREATED:
            raise RequestError(409, "wrong_state", f"the job is {job.state}; this needs one that is {JobState.CREATED}")
        if name is None:
            raise RequestError(409, "no_input", f"the job has no input yet: PUT {PREFIX}/{{job_id}}/input")
        try:
            n_items = self._reader.count(self.files.path(name), job.format)
        except OSError:
            raise RequestError(409, "no_input", "the input was deleted, as it waited too long; send it again") from None
        return self.store.start(job_id, principal.tenant, n_items, name)

    def delete(self, job_id: str, principal: Principal) -> None:
        """Delete a job, its input and its list of results."""
        self.files.delete(self.store.delete(job_id, principal.tenant))


def build_job_router(desk: JobDesk) -> APIRouter:
    """The router over a desk."""
    router = APIRouter(prefix=PREFIX, tags=["jobs"])
    new_upload = UuidSource()

    @router.post(
        "",
        operation_id="createJob",
        status_code=201,
        responses={422: {"model": ErrorEnvelope, "description": "The key came before with another job."}},
    )
    def create(decider: Decider, draft: JobDraft, response: Response, key: IdempotencyKey = None) -> Job:
        """Make a job. It starts when it has its input and `start` was called."""
        job, is_replay = desk.create(draft, decider, key)
        if is_replay:
            response.headers.raw.append(REPLAYED)
        return job

    @router.get("", operation_id="listJobs")
    def list_jobs(
        decider: Decider,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[str | None, Query(pattern=UUID_PATTERN, description="`next` of the page before.")] = None,
        state: JobState | None = None,
    ) -> JobPage:
        """Jobs, the newest first."""
        found = desk.store.page(decider.tenant, limit + 1, before, state)
        return JobPage(jobs=tuple(found[:limit]), next=found[limit - 1].job_id if len(found) > limit else None)

    @router.get("/{job_id}", operation_id="getJob", responses=_NOT_FOUND)
    def get(decider: Decider, job_id: JobId) -> Job:
        """One job, and how far it is."""
        return desk.store.get(job_id, decider.tenant)

    @router.put(
        "/{job_id}/input",
        operation_id="putJobInput",
        responses=_CONFLICT | {507: {"model": ErrorEnvelope, "description": "The disk is full."}},
        openapi_extra={"requestBody": {"required": True, "content": {ANY_FILE: _BINARY}}},
    )
    async def put_input(decider: Decider, job_id: JobId, request: Request) -> Job:
        """Send the input as the body, of any length and type. Sending again replaces it, until the job is started."""
        return await _store_input(desk, job_id, decider, request, new_upload())

    @router.post("/{job_id}/start", operation_id="startJob", responses=_CONFLICT | {501: {"model": ErrorEnvelope}})
    def start(decider: Decider, job_id: JobId) -> Job:
        """Check and count the input, and queue the job."""
        return desk.start(job_id, decider)

    @router.post("/{job_id}/cancel", operation_id="cancelJob", responses=_NOT_FOUND)
    def cancel(decider: Decider, job_id: JobId) -> Job:
        """Stop a job. What was decided stays decided; a job that is over stays as it is."""
        return desk.store.cancel(job_id, decider.tenant)

    @router.get(
        "/{job_id}/results",
        operation_id="listJobResults",
        response_class=StreamingResponse,
        responses=_NOT_FOUND
        | {
            200: {
                "description": "One `DecidedResult` or `FailedResult` a line, by index; while the job runs, those "
                "that are there by now: the next page starts behind the last index.",
                "content": {NDJSON: {"schema": {"type": "string"}}},
            }
        },
    )
    def results(
        decider: Decider,
        job_id: JobId,
        start: Annotated[int, Query(ge=0, le=2**53, description="First index.")] = 0,
        limit: Annotated[int | None, Query(ge=1, le=2**53, description="Lines at most; all without it.")] = None,
    ) -> StreamingResponse:
        """What every item got, as JSON lines, without content."""
        desk.store.get(job_id, decider.tenant)
        return StreamingResponse(result_lines(desk.store.engine, job_id, start, limit), media_type=NDJSON)

    @router.delete("/{job_id}", operation_id="deleteJob", status_code=204, responses=_NOT_FOUND)
    def delete(decider: Decider, job_id: JobId) -> Response:
        """Delete a job with its input and its list of results, stopping it first. The decisions stay in the log."""
        desk.delete(job_id, decider)
        return Response(status_code=204)

    return router


async def _store_input(desk: JobDesk, job_id: str, principal: Principal, request: Request, upload_id: str) -> Job:
    job = await to_thread(desk.store.get, job_id, principal.tenant)
    if job.state is not JobState.CREATED:
        raise RequestError(409, "wrong_state", f"the job is {job.state}; this needs one that is {JobState.CREATED}")
    upload = await to_thread(desk.files.begin, job_id, upload_id)
    n_bytes = await receive(request.stream(), upload, desk.max_bytes)
    name = await to_thread(desk.files.complete, upload)
    try:
        replaced = await to_thread(desk.store.set_input, job_id, principal.tenant, name, n_bytes)
    except BaseException:
        await to_thread(desk.files.delete, name)
        raise
    await to_thread(desk.files.delete, replaced)
    return await to_thread(desk.store.get, job_id, principal.tenant)
