"""The catalogue: every metric, its labels and buckets, known in advance so that a series is a fixed position."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Final

from models.contracts import Action, FailureCode
from service.reviews.outcomes import OutcomeKind
from service.vision.outcomes import Reading

SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
STATUSES: Final = (200, 201, 204, 400, 401, 403, 404, 405, 409, 411, 413, 415, 422, 429, 500, 503)
DECIDED: Final = "decided"
DECODED: Final = "decoded"
IMAGE_FAILURES: Final = (
    FailureCode.INVALID_IMAGE,
    FailureCode.IMAGE_TOO_LARGE,
    FailureCode.UNSUPPORTED_IMAGE_FORMAT,
    FailureCode.INTERNAL,
)


class Kind(StrEnum):
    """How a metric behaves, in the words of Prometheus."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Stage(StrEnum):
    """Where time goes between a parsed request and its answer."""

    QUEUE = "queue"
    PREPARE = "prepare"
    INFER = "infer"
    ANSWER = "answer"
    RECORD = "record"
    DECODE = "decode"
    LOOK = "look"
    READ = "read"


@dataclass(frozen=True)
class Metric:
    """One metric: a series for each value of its label.

    Attributes:
        unit: what one step of the stored integer is worth: 1e-6 for seconds kept as microseconds.
        bounds: upper bounds of a histogram's buckets, without infinity.

    """

    name: str
    help: str
    kind: Kind
    label: str | None = None
    values: tuple[str, ...] = ("",)
    bounds: tuple[float, ...] = ()
    unit: float = 1.0

    @property
    def width(self) -> int:
        """Positions a series needs: a histogram has its buckets, the one to infinity, and its sum."""
        return len(self.bounds) + 2 if self.kind is Kind.HISTOGRAM else 1

    @property
    def size(self) -> int:
        """Positions of all series."""
        return self.width * len(self.values)


REQUESTS: Final = Metric(
    "weir_requests",
    "Requests by status.",
    Kind.COUNTER,
    "status",
    (*map(str, STATUSES), "other"),
)
ITEMS: Final = Metric(
    "weir_items", "Items by outcome.", Kind.COUNTER, "outcome", (DECIDED, *(code.value for code in FailureCode))
)
DECISIONS: Final = Metric(
    "weir_decisions", "Decisions by action.", Kind.COUNTER, "action", tuple(action.value for action in Action)
)
RECORDS_WRITTEN: Final = Metric("weir_records_written", "Decisions committed to the log.", Kind.COUNTER)
QUEUE_ITEMS: Final = Metric("weir_queue_items", "Items that wait or are being scored.", Kind.GAUGE)
RECORDS_PENDING: Final = Metric("weir_records_pending", "Decisions not yet committed to the log.", Kind.GAUGE)
BATCH_WINDOWS: Final = Metric("weir_batch_windows", "Windows in one model call.", Kind.HISTOGRAM, bounds=SIZES)
STAGE_SECONDS: Final = Metric(
    "weir_stage_seconds",
    "Time by stage: waiting, preparing a turn's texts, one model call, the whole answer, one commit; for images: "
    "decoding one, one call of the image models, reading the words in an item's.",
    Kind.HISTOGRAM,
    "stage",
    tuple(stage.value for stage in Stage),
    SECONDS,
    1e-6,
)
IMAGES: Final = Metric(
    "weir_images",
    "Images by outcome of decoding.",
    Kind.COUNTER,
    "outcome",
    (DECODED, *(code.value for code in IMAGE_FAILURES)),
)
READINGS: Final = Metric(
    "weir_readings",
    "Images by what became of the words in them.",
    Kind.COUNTER,
    "outcome",
    tuple(reading.value for reading in Reading),
)
BATCH_FRAMES: Final = Metric(
    "weir_batch_frames", "Frames in one call of the image models.", Kind.HISTOGRAM, bounds=SIZES
)
QUEUE_IMAGES: Final = Metric("weir_queue_images", "Images that wait or are looked at.", Kind.GAUGE)
CACHE_LOOKUPS: Final = Metric(
    "weir_cache_lookups",
    "Texts by what the cache of scores said: held, to be scored, awaited with another, to be scored as Redis failed.",
    Kind.COUNTER,
    "outcome",
    ("hit", "miss", "coalesced", "error"),
)
CACHE_ENTRIES: Final = Metric("weir_cache_entries", "Texts whose scores are held in memory.", Kind.GAUGE)
CACHE_BYTES: Final = Metric("weir_cache_bytes", "Memory that held scores take.", Kind.GAUGE)
CACHE_IMAGES: Final = Metric(
    "weir_cache_images",
    "Images by what the cache of the image models said: held, to be looked at, awaited with another.",
    Kind.COUNTER,
    "outcome",
    ("hit", "miss", "coalesced"),
)
CACHE_IMAGE_BYTES: Final = Metric("weir_cache_image_bytes", "Memory that held images take.", Kind.GAUGE)
KNOWN: Final = Metric("weir_known", "Items that a bank of known content matched.", Kind.COUNTER)
QUARANTINES: Final = Metric(
    "weir_quarantines", "Items of banks that the flood guard stopped in a worker.", Kind.COUNTER
)
WEBHOOK_ATTEMPTS: Final = Metric(
    "weir_webhook_attempts",
    "Messages sent to webhooks by what came of it: delivered, failed and to be sent again, given up for dead.",
    Kind.COUNTER,
    "outcome",
    ("delivered", "failed", "dead"),
)
WEBHOOKS_PENDING: Final = Metric("weir_webhooks_pending", "Messages that wait for their webhook.", Kind.GAUGE)
WEBHOOKS_DEAD: Final = Metric("weir_webhooks_dead", "Messages that were given up and are kept.", Kind.GAUGE)
JOBS: Final = Metric("weir_jobs", "Jobs by how they ended.", Kind.COUNTER, "outcome", ("finished", "failed"))
JOB_ITEMS: Final = Metric("weir_job_items", "Items of jobs by outcome.", Kind.COUNTER, "outcome", ("decided", "failed"))
JOBS_OPEN: Final = Metric(
    "weir_jobs_open", "Jobs that wait for a worker, or have one.", Kind.GAUGE, "state", ("queued", "running")
)
REVIEWS_QUEUED: Final = Metric("weir_reviews_queued", "Decisions put before a person.", Kind.COUNTER)
REVIEW_OUTCOMES: Final = Metric(
    "weir_review_outcomes",
    "What came of reviews and appeals.",
    Kind.COUNTER,
    "outcome",
    tuple(kind.value for kind in OutcomeKind),
)
REVIEWS_OPEN: Final = Metric("weir_reviews_open", "Decisions that wait for a person's verdict.", Kind.GAUGE)
REVIEWS_OLDEST: Final = Metric("weir_reviews_oldest_seconds", "Age of the oldest of them.", Kind.GAUGE)
SHADOW_POLICY: Final = Metric(
    "weir_shadow_policy",
    "Decisions beside which a shadow policy ran: the same action, another one, failed.",
    Kind.COUNTER,
    "outcome",
    ("same", "differs", "failed"),
)
SHADOW_BUNDLE: Final = Metric(
    "weir_shadow_bundle",
    "Texts that a shadow bundle was to score: the same action, another one, failed, dropped as its queue was full.",
    Kind.COUNTER,
    "outcome",
    ("same", "differs", "failed", "dropped"),
)

CATALOGUE: Final = (
    REQUESTS,
    ITEMS,
    DECISIONS,
    RECORDS_WRITTEN,
    QUEUE_ITEMS,
    RECORDS_PENDING,
    BATCH_WINDOWS,
    STAGE_SECONDS,
    IMAGES,
    READINGS,
    BATCH_FRAMES,
    QUEUE_IMAGES,
    KNOWN,
    QUARANTINES,
    CACHE_LOOKUPS,
    CACHE_ENTRIES,
    CACHE_BYTES,
    CACHE_IMAGES,
    CACHE_IMAGE_BYTES,
    WEBHOOK_ATTEMPTS,
    WEBHOOKS_PENDING,
    WEBHOOKS_DEAD,
    JOBS,
    JOB_ITEMS,
    JOBS_OPEN,
    REVIEWS_QUEUED,
    REVIEW_OUTCOMES,
    REVIEWS_OPEN,
    REVIEWS_OLDEST,
    SHADOW_POLICY,
    SHADOW_BUNDLE,
)
_STARTS: Final = tuple(accumulate((metric.size for metric in CATALOGUE), initial=0))
OFFSETS: Final = dict(zip((metric.name for metric in CATALOGUE), _STARTS[:-1], strict=True))
N_SLOTS: Final = _STARTS[-1]


def position(metric: Metric, value: str = "") -> int:
    """Where a series begins."""
    return OFFSETS[metric.name] + metric.values.index(value) * metric.width
