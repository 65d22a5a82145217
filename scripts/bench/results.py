"""What a run found: measurements, their medians, and the ratios that the project is held to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from scripts.bench.summary import median, median_ratio

RAW: Final = "raw"
RATIOS: Final[dict[str, tuple[str, str]]] = {
    "ratio_raw_single_c64": ("raw", "single_c64"),
    "ratio_raw_batch32": ("raw", "batch32"),
    "ratio_bentoml_batchable": ("bentoml_batchable", "single_c64"),
    "ratio_mosec": ("mosec", "single_c64"),
    "ratio_litserve": ("litserve", "single_c64"),
    "ratio_fastapi": ("fastapi", "single_c64"),
}
"""Key of each ratio: Weir's texts a second divided by that system's, under that scenario."""


@dataclass(frozen=True)
class Measurement:
    """One system under one scenario in one round.

    Attributes:
        system: its name.
        scenario: its name.
        round: number of the round, from 0.
        texts_per_s: texts answered a second.
        requests_per_s: requests answered a second.
        p50_ms: median latency of a request; for the raw limit, of the batches that one request's texts make.
        p99_ms: 99th percentile of the same.
        n_requests: answers inside the window.
        non_2xx: answers with another status, warm-up included.
        connection_errors: connections refused or broken, warm-up included.
        timeouts: requests without an answer in time.
        lost_processes: processes of the server that ended, whether or not something replaced them.
        wrong_answers: checked answers that did not carry the classifier's scores.
        n_checked: answers that were checked.
        client_us: processor time of the load generator a request, in microseconds.
        cpu_ms_per_text: processor time of the server a text, warm-up included; other work on the machine moves it
            far less than the rate.
        peak_rss_mb: sum over its processes of their highest resident size so far.
        pss_mb: sum of proportional set sizes after the load.

    """

    system: str
    scenario: str
    round: int
    texts_per_s: float
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    n_requests: int
    non_2xx: int = 0
    connection_errors: int = 0
    timeouts: int = 0
    lost_processes: int = 0
    wrong_answers: int = 0
    n_checked: int = 0
    client_us: float = 0.0
    cpu_ms_per_text: float = 0.0
    peak_rss_mb: float = 0.0
    pss_mb: float = 0.0

    @property
    def errors(self) -> int:
        """Everything that went wrong."""
        return self.non_2xx + self.connection_errors + self.timeouts + self.lost_processes + self.wrong_answers


@dataclass(frozen=True)
class Row:
    """Medians over the rounds of one system under one scenario; errors are summed, memory is the highest."""

    system: str
    scenario: str
    texts_per_s: float
    lowest_texts_per_s: float
    highest_texts_per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    client_us: float
    cpu_ms_per_text: float
    peak_rss_mb: float
    pss_mb: float


def rows(measurements: Iterable[Measurement]) -> list[Row]:
    """One row a system and scenario, in the order they were first measured."""
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for one in measurements:
        groups.setdefault((one.system, one.scenario), []).append(one)
    return [_row(group) for group in groups.values()]


def _row(group: Sequence[Measurement]) -> Row:
    rates = [one.texts_per_s for one in group]
    return Row(
        system=group[0].system,
        scenario=group[0].scenario,
        texts_per_s=median(rates),
        lowest_texts_per_s=min(rates),
        highest_texts_per_s=max(rates),
        p50_ms=median([one.p50_ms for one in group]),
        p99_ms=median([one.p99_ms for one in group]),
        errors=sum(one.errors for one in group),
        client_us=median([one.client_us for one in group]),
        cpu_ms_per_text=median([one.cpu_ms_per_text for one in group]),
        peak_rss_mb=max(one.peak_rss_mb for one in group),
        pss_mb=max(one.pss_mb for one in group),
    )


def rates(measurements: Iterable[Measurement], system: str, scenario: str) -> dict[int, float]:
    """Texts a second by round."""
    return {one.round: one.texts_per_s for one in measurements if (one.system, one.scenario) == (system, scenario)}


def ratios(measurements: Sequence[Measurement], subject: str = "weir") -> dict[str, float | None]:
    """The subject against every other system, divided within each round, median over rounds.

    None where one of the two was not measured.
    """
    return {
        key: median_ratio(rates(measurements, subject, scenario), rates(measurements, other, scenario))
        for key, (other, scenario) in RATIOS.items()
    }


def errors(measurements: Iterable[Measurement], system: str = "weir") -> int:
    """What went wrong with one system, over all rounds and scenarios."""
    return sum(one.errors for one in measurements if one.system == system)
