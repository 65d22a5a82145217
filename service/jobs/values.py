"""Jobs as the API shows them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from models.contracts import NO_CONTEXT, Action, Category, Context, PolicyReference
from models.contracts.base import Value

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
UuidText = Annotated[str, StringConstraints(pattern=UUID_PATTERN)]
Count = Annotated[int, Field(ge=0, le=2**53)]


def _plain(text: str) -> str:
    """A text that every database takes."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("a text has no NUL and no lone surrogate")
    return text


PlainText = AfterValidator(_plain)


class JobFormat(StrEnum):
    """Of an input file."""

    JSONL = "jsonl"
    """One JSON object a line, as an item of `/v1/decisions`."""
    PARQUET = "parquet"
    """The columns `id`, `text` and `context`; the last is JSON."""


class JobState(StrEnum):
    """Where a job stands."""

    CREATED = "created"
    """It waits for its input and its start."""
    QUEUED = "queued"
    """It waits for a worker."""
    RUNNING = "running"
    FINISHED = "finished"
    """Every item has its decision or its failure."""
    CANCELLED = "cancelled"
    """What was decided before stays decided."""
    FAILED = "failed"
    """Its input could not be read on; `error` says why."""

    @property
    def is_over(self) -> bool:
        """Nothing more will happen."""
        return self in (JobState.FINISHED, JobState.CANCELLED, JobState.FAILED)


class JobDraft(Value):
    """A job to make.

    Attributes:
        name: for people.
        context: of every item; what an item says of itself comes first.
        webhook_id: an endpoint that is told of the end, whether or not it hears of every job.

    """

    format: JobFormat = JobFormat.JSONL
    name: Annotated[str, StringConstraints(max_length=128), PlainText] = ""
    context: Context = NO_CONTEXT
    webhook_id: UuidText | None = None


class Job(Value):
    """A job and how far it is.

    Attributes:
        n_items: known once it was started.
        progress: share of the items that have an outcome, 0 to 1.
        items_per_s: since it was started.
        eta_s: seconds that are left at this rate.

    """

    job_id: UuidText
    name: str
    format: JobFormat
    state: JobState
    tenant: str
    context: Context
    webhook_id: UuidText | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    input_bytes: Count | None
    n_items: Count | None
    n_decided: Count
    n_failed: Count
    progress: Annotated[float, Field(ge=0, le=1)] | None
    items_per_s: Annotated[float, Field(ge=0)] | None
    eta_s: Annotated[float, Field(ge=0)] | None
    error: str | None


class JobPage(Value):
    """Some jobs, the newest first; `next` is the `before` of the next page, and null on the last one."""

    jobs: tuple[Job, ...]
    next: UuidText | None


class DecidedResult(Value):
    """One line of results: a decision, without the content. What has been erased or purged since then is null."""

    outcome: Literal["decided"] = "decided"
    index: Count
    content_id: str | None
    decision_id: UuidText
    action: Action | None
    review: bool | None
    flagged: bool | None
    reasons: list[dict[str, Any]]
    scores: dict[Category, float]
    policy: PolicyReference | None
    decided_at: datetime | None


class FailedResult(Value):
    """One line of results: an item that got no decision. `code` is one of a request's items, or of its shape."""

    outcome: Literal["failed"] = "failed"
    index: Count
    content_id: str | None
    code: str
    message: str
