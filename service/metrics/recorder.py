"""The recorder: what the service counts while it works."""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.contracts import Action, FailureCode
from service.metrics.catalogue import (
    BATCH_FRAMES,
    BATCH_WINDOWS,
    CACHE_BYTES,
    CACHE_ENTRIES,
    CACHE_IMAGE_BYTES,
    CACHE_IMAGES,
    CACHE_LOOKUPS,
    DECIDED,
    DECISIONS,
    DECODED,
    IMAGE_FAILURES,
    IMAGES,
    ITEMS,
    JOB_ITEMS,
    JOBS,
    JOBS_OPEN,
    KNOWN,
    N_SLOTS,
    QUARANTINES,
    QUEUE_IMAGES,
    QUEUE_ITEMS,
    READINGS,
    RECORDS_PENDING,
    RECORDS_WRITTEN,
    REQUESTS,
    REVIEW_OUTCOMES,
    REVIEWS_OLDEST,
    REVIEWS_OPEN,
    REVIEWS_QUEUED,
    SECONDS,
    SHADOW_BUNDLE,
    SHADOW_POLICY,
    SIZES,
    STAGE_SECONDS,
    STATUSES,
    WEBHOOK_ATTEMPTS,
    WEBHOOKS_DEAD,
    WEBHOOKS_PENDING,
    Metric,
    Stage,
    position,
)
from service.metrics.slots import WIDTH, open_slots
from service.vision.outcomes import Reading

_STATUS: Final = {status: position(REQUESTS, str(status)) for status in STATUSES}
_OTHER: Final = position(REQUESTS, "other")
_FAILED: Final = {code: position(ITEMS, code.value) for code in FailureCode}
_DECIDED: Final = position(ITEMS, DECIDED)
_ACTIONS: Final = {action: position(DECISIONS, action.value) for action in Action}
_WRITTEN: Final = position(RECORDS_WRITTEN)
_QUEUE: Final = position(QUEUE_ITEMS)
_PENDING: Final = position(RECORDS_PENDING)
_BATCH: Final = position(BATCH_WINDOWS)
_QUEUED: Final = position(STAGE_SECONDS, Stage.QUEUE)
_PREPARED: Final = position(STAGE_SECONDS, Stage.PREPARE)
_INFERRED: Final = position(STAGE_SECONDS, Stage.INFER)
_ANSWERED: Final = position(STAGE_SECONDS, Stage.ANSWER)
_RECORDED: Final = position(STAGE_SECONDS, Stage.RECORD)
_OPENED: Final = {code: position(IMAGES, code.value) for code in IMAGE_FAILURES}
_DECODED: Final = position(IMAGES, DECODED)
_READ: Final = {reading: position(READINGS, reading.value) for reading in Reading}
_FRAMES: Final = position(BATCH_FRAMES)
_WAITING: Final = position(QUEUE_IMAGES)
_KNOWN: Final = position(KNOWN)
_QUARANTINES: Final = position(QUARANTINES)
_HITS: Final = position(CACHE_LOOKUPS, "hit")
_MISSES: Final = position(CACHE_LOOKUPS, "miss")
_COALESCED: Final = position(CACHE_LOOKUPS, "coalesced")
_CACHE_ERRORS: Final = position(CACHE_LOOKUPS, "error")
_IMAGE_LOOKUPS: Final = {outcome: position(CACHE_IMAGES, outcome) for outcome in CACHE_IMAGES.values}
_HELD_IMAGE_BYTES: Final = position(CACHE_IMAGE_BYTES)
_HELD: Final = position(CACHE_ENTRIES)
_HELD_BYTES: Final = position(CACHE_BYTES)
_DECODING: Final = position(STAGE_SECONDS, Stage.DECODE)
_LOOKING: Final = position(STAGE_SECONDS, Stage.LOOK)
_READING: Final = position(STAGE_SECONDS, Stage.READ)


def _positions(metric: Metric) -> dict[str, int]:
    return {value: position(metric, value) for value in metric.values}


_ATTEMPTS: Final = _positions(WEBHOOK_ATTEMPTS)
_JOBS: Final = _positions(JOBS)
_JOB_ITEMS: Final = _positions(JOB_ITEMS)
_JOBS_OPEN: Final = _positions(JOBS_OPEN)
_QUEUED_REVIEWS: Final = position(REVIEWS_QUEUED)
_REVIEWED: Final = _positions(REVIEW_OUTCOMES)
_SHADOW_POLICY: Final = _positions(SHADOW_POLICY)
_SHADOW_BUNDLE: Final = _positions(SHADOW_BUNDLE)
_N_SECONDS: Final = len(SECONDS)
_N_SIZES: Final = len(SIZES)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in the database, as one worker sees it for all; all zero in the others."""

    n_webhooks_pending: int = 0
    n_webhooks_dead: int = 0
    n_jobs_queued: int = 0
    n_jobs_running: int = 0
    n_reviews_open: int = 0
    oldest_review_s: int = 0


class Recorder:
    """Counts into one worker's slots.

    Called from the event loop, but `records_written`, and what happens in threads of its own and is rare: that is
    counted under a lock.
    """

    def __init__(self, slots: memoryview, directory: Path) -> None:
        self._slots = slots
        self._rare = threading.Lock()
        self.directory = directory

    def request_answered(self, status: int) -> None:
        """A request got this status."""
        self._slots[_STATUS.get(status, _OTHER)] += 1

    def item_decided(self, action: Action) -> None:
        """An item got a decision."""
        self._slots[_DECIDED] += 1
        self._slots[_ACTIONS[action]] += 1

    def item_failed(self, code: FailureCode) -> None:
        """An item got a failure."""
        self._slots[_FAILED[code]] += 1

    def queue_changed(self, n_items: int) -> None:
        """So many items wait or are being scored."""
        self._slots[_QUEUE] = n_items

    def answered(self, seconds: float) -> None:
        """From the parsed request to its answer."""
        self._observe_seconds(_ANSWERED, seconds)

    def turn_began(self, waits_s: Sequence[float]) -> None:
        """Requests were taken from the queue."""
        for seconds in waits_s:
            self._observe_seconds(_QUEUED, seconds)

    def texts_prepared(self, n_texts: int, seconds: float) -> None:  # noqa: ARG002 - a histogram of turns needs no size
        """A turn's texts were prepared."""
        self._observe_seconds(_PREPARED, seconds)

    def batch_inferred(self, n_windows: int, seconds: float) -> None:
        """One model call."""
        slots = self._slots
        slots[_BATCH + bisect_left(SIZES, n_windows)] += 1
        slots[_BATCH + _N_SIZES + 1] += n_windows
        self._observe_seconds(_INFERRED, seconds)

    def records_written(self, n_records: int, seconds: float) -> None:
        """One commit; called from the writer's thread, the only one that touches these slots."""
        self._slots[_WRITTEN] += n_records
        self._observe_seconds(_RECORDED, seconds)

    def records_pending(self, n_records: int) -> None:
        """So many records are not in the database yet."""
        self._slots[_PENDING] = n_records

    def picture_opened(self, failure: FailureCode | None, seconds: float) -> None:
        """One image was decoded, or could not be."""
        self._slots[_DECODED if failure is None else _OPENED[failure]] += 1
        self._observe_seconds(_DECODING, seconds)

    def pictures_inferred(self, n_frames: int, seconds: float) -> None:
        """One call of the image models."""
        slots = self._slots
        slots[_FRAMES + bisect_left(SIZES, n_frames)] += 1
        slots[_FRAMES + _N_SIZES + 1] += n_frames
        self._observe_seconds(_LOOKING, seconds)

    def picture_read(self, reading: Reading) -> None:
        """What became of one image's words."""
        self._slots[_READ[reading]] += 1

    def reading_ended(self, seconds: float) -> None:
        """An item's images were read, or reading was given up."""
        self._observe_seconds(_READING, seconds)

    def images_waiting(self, n_images: int) -> None:
        """So many images wait or are looked at."""
        self._slots[_WAITING] = n_images

    def item_known(self) -> None:
        """A bank matched an item."""
        self._slots[_KNOWN] += 1

    def item_quarantined(self) -> None:
        """The flood guard stopped an item of a bank; rare enough that two threads never meet here."""
        self._slots[_QUARANTINES] += 1

    def cache_looked_up(self, n_hits: int, n_misses: int, n_coalesced: int, n_errors: int) -> None:
        """Texts were held, had to be scored, wait for another, or have to be scored as Redis failed."""
        slots = self._slots
        slots[_HITS] += n_hits
        slots[_MISSES] += n_misses
        slots[_COALESCED] += n_coalesced
        slots[_CACHE_ERRORS] += n_errors

    def cache_holds(self, n_entries: int, n_bytes: int) -> None:
        """So much is held in this worker."""
        self._slots[_HELD] = n_entries
        self._slots[_HELD_BYTES] = n_bytes

    def picture_looked_up(self, outcome: str) -> None:
        """One image was held, looked at, or awaited with another."""
        self._slots[_IMAGE_LOOKUPS[outcome]] += 1

    def pictures_held(self, n_bytes: int) -> None:
        """So much is held of images in this worker."""
        self._slots[_HELD_IMAGE_BYTES] = n_bytes

    def webhook_attempted(self, outcome: str) -> None:
        """A message was delivered, failed, or is dead; from any thread."""
        self._count_rare(_ATTEMPTS[outcome])

    def job_ended(self, outcome: str) -> None:
        """A job is finished, or failed; from any thread."""
        self._count_rare(_JOBS[outcome])

    def job_items_settled(self, n_decided: int, n_failed: int) -> None:
        """Items of jobs have their outcomes on disk; from any thread."""
        self._count_rare(_JOB_ITEMS["decided"], n_decided)
        self._count_rare(_JOB_ITEMS["failed"], n_failed)

    def review_queued(self) -> None:
        """A decision goes to the review queue with its record."""
        self._slots[_QUEUED_REVIEWS] += 1

    def review_outcome(self, outcome: str) -> None:
        """Something came of a review or an appeal; from any thread."""
        self._count_rare(_REVIEWED[outcome])

    def shadow_policy_judged(self, outcome: str) -> None:
        """A shadow policy would have done the same or something else, or failed."""
        self._slots[_SHADOW_POLICY[outcome]] += 1

    def shadow_bundle_judged(self, outcome: str) -> None:
        """The same of a shadow bundle, or a text was dropped; from any thread."""
        self._count_rare(_SHADOW_BUNDLE[outcome])

    def backlog_seen(self, backlog: Backlog) -> None:
        """So much waits in the database; from one thread."""
        slots = self._slots
        slots[position(WEBHOOKS_PENDING)] = backlog.n_webhooks_pending
        slots[position(WEBHOOKS_DEAD)] = backlog.n_webhooks_dead
        slots[_JOBS_OPEN["queued"]] = backlog.n_jobs_queued
        slots[_JOBS_OPEN["running"]] = backlog.n_jobs_running
        slots[position(REVIEWS_OPEN)] = backlog.n_reviews_open
        slots[position(REVIEWS_OLDEST)] = backlog.oldest_review_s

    def _count_rare(self, place: int, n: int = 1) -> None:
        with self._rare:
            self._slots[place] += n

    def _observe_seconds(self, start: int, seconds: float) -> None:
        slots = self._slots
        slots[start + bisect_left(SECONDS, seconds)] += 1
        slots[start + _N_SECONDS + 1] += int(seconds * 1e6)


def open_recorder(directory: Path) -> Recorder:
    """A recorder on fresh slots in a folder that the workers share."""
    return Recorder(open_slots(directory, N_SLOTS), directory)


def unread_recorder() -> Recorder:
    """A recorder that nobody reads, for work without a server."""
    return Recorder(memoryview(bytearray(N_SLOTS * WIDTH)).cast("q"), Path())
