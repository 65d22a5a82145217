"""What a run of the benchmark of pictures found: measurements, and their medians over rounds."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scripts.bench.pictures_loads import PictureLoad
from scripts.bench.summary import median, percentile


@dataclass(frozen=True)
class Checked:
    """What the checked answers of one load said.

    Attributes:
        n_wrong: answers without a decision, without one entry a picture, or with words that were found and not read.
        n_pictures: in the right answers.
        n_read: of these, those whose words were read.

    """

    n_wrong: int = 0
    n_pictures: int = 0
    n_read: int = 0


@dataclass(frozen=True)
class PictureMeasurement:
    """One load in one round.

    Attributes:
        load: its name.
        round: number of the round, from 0.
        latencies_ms: of the 2xx answers inside the window.
        cpu_ms: processor time of the server a request, warm-up included.
        client_us: processor time of the load generator a request, in microseconds.
        errors: answers that were not 2xx, broken connections, timeouts, processes that ended, wrong answers.
        pss_mb: proportional memory of the server after the load.

    """

    load: str
    round: int
    requests_per_s: float
    latencies_ms: tuple[float, ...]
    cpu_ms: float
    client_us: float
    errors: int
    checked: Checked
    pss_mb: float


@dataclass(frozen=True)
class PictureRow:
    """One load over all rounds: medians of rates and costs, latencies of all requests together, errors summed."""

    load: str
    n_requests: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    lowest_cpu_ms: float
    highest_cpu_ms: float
    errors: int
    n_read: int
    n_checked: int
    pss_mb: float


def picture_rows(measurements: Iterable[PictureMeasurement]) -> list[PictureRow]:
    """One row a load, in the order in which they were first measured."""
    groups: dict[str, list[PictureMeasurement]] = {}
    for one in measurements:
        groups.setdefault(one.load, []).append(one)
    return [_row(group) for group in groups.values()]


def _row(group: Sequence[PictureMeasurement]) -> PictureRow:
    latencies_ms = [latency for one in group for latency in one.latencies_ms]
    costs = [one.cpu_ms for one in group]
    return PictureRow(
        load=group[0].load,
        n_requests=len(latencies_ms),
        requests_per_s=median([one.requests_per_s for one in group]),
        p50_ms=percentile(latencies_ms, 50) if latencies_ms else 0.0,
        p99_ms=percentile(latencies_ms, 99) if latencies_ms else 0.0,
        cpu_ms=median(costs),
        lowest_cpu_ms=min(costs),
        highest_cpu_ms=max(costs),
        errors=sum(one.errors for one in group),
        n_read=sum(one.checked.n_read for one in group),
        n_checked=sum(one.checked.n_pictures for one in group),
        pss_mb=max(one.pss_mb for one in group),
    )


def check_answers(answers: Mapping[int, bytes], load: PictureLoad) -> Checked:
    """Read the kept answers of a load."""
    n_wrong = n_pictures = n_read = 0
    for body in answers.values():
        reads = _reads(body, load.n_pictures)
        if reads is None:
            n_wrong += 1
        else:
            n_pictures += len(reads)
            n_read += sum(reads)
    return Checked(n_wrong, n_pictures, n_read)


def _reads(body: bytes, n_pictures: int) -> list[bool] | None:
    """Whether each picture's words were read; None for a wrong answer."""
    try:
        (result,) = json.loads(body)["results"]
        if result["outcome"] != "decided" or len(result["evidence"]["images"]) != n_pictures:
            return None
        seen = [(bool(one["text_found"]), bool(one["text_read"])) for one in result["evidence"]["images"]]
    except (ValueError, KeyError, TypeError):
        return None
    return None if any(found and not read for found, read in seen) else [read for _, read in seen]
