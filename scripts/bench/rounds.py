"""The interleaved run: every round visits every scenario, and in it every system, one right after another."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.answers import count_wrong, sampled_requests
from scripts.bench.client import LoadPlan, Tally, run_load
from scripts.bench.fleet import serialised
from scripts.bench.processes import HOST, Memory, ServerProcess
from scripts.bench.raw import RawCounts, RawLimit
from scripts.bench.results import RAW, Measurement
from scripts.bench.scenarios import Scenario
from scripts.bench.summary import percentile
from scripts.bench.systems import System


@dataclass(frozen=True)
class ServeSettings:
    """What to run.

    Attributes:
        bundle: folder of the bundle that every system serves.
        systems: servers, the subject among them.
        with_raw: measure the raw limit too.
        scenarios: loads.
        repeats: rounds.
        seconds: measured window of each measurement.
        warmup_s: load before each window.
        n_workers: workers of every server: one a core.
        max_minutes: no further round begins when it would probably end after this long.

    """

    bundle: Path
    systems: tuple[System, ...]
    with_raw: bool
    scenarios: tuple[Scenario, ...]
    repeats: int = 5
    seconds: float = 2.5
    warmup_s: float = 0.6
    n_workers: int = 1
    max_minutes: float = 9.5


@dataclass(frozen=True)
class Effort:
    """What one load took from a server: processor seconds, memory, processes that did not survive it."""

    cpu_s: float
    memory: Memory
    n_lost: int


@dataclass(frozen=True)
class Bench:
    """Everything a measurement needs: the texts, their true scores, the running servers."""

    settings: ServeSettings
    texts: Sequence[str]
    reference: Mapping[str, Mapping[str, float]]
    servers: Mapping[str, ServerProcess]
    raw: RawLimit | None


def run_rounds(bench: Bench, advance: Callable[[str], None]) -> Iterator[Measurement]:
    """Measure everything, round after round.

    Args:
        bench: what to measure.
        advance: told before each measurement which one it is.

    """
    start = time.monotonic()
    for number in range(bench.settings.repeats):
        spent_s = time.monotonic() - start
        if number and spent_s * (number + 1) / number > bench.settings.max_minutes * 60.0:
            return
        for scenario in bench.settings.scenarios:
            yield from _visit(bench, scenario, number, advance)


def _visit(bench: Bench, scenario: Scenario, number: int, advance: Callable[[str], None]) -> Iterator[Measurement]:
    """One scenario of one round; who begins moves on by one each round, so that nobody always goes last."""
    names = ([RAW] if bench.raw is not None else []) + [system.name for system in bench.settings.systems]
    shift = number % len(names)
    for name in names[shift:] + names[:shift]:
        advance(f"{name} {scenario.name}")
        if name == RAW and bench.raw is not None:
            yield measure_raw(bench.raw, bench, scenario, number)
        else:
            yield measure_server(
                next(one for one in bench.settings.systems if one.name == name), bench, scenario, number
            )


def measure_server(system: System, bench: Bench, scenario: Scenario, number: int) -> Measurement:
    """Thaw a server, load it, check a sample of its answers, weigh it, and freeze it again."""
    settings, server = bench.settings, bench.servers[system.name]
    texts = scenario.requests(bench.texts)
    plan = LoadPlan(
        concurrency=scenario.concurrency,
        warmup_s=settings.warmup_s,
        seconds=settings.seconds * scenario.stretch,
        sampled=sampled_requests(len(texts), scenario.concurrency),
    )
    requests = serialised(system, scenario, bench.texts)
    server.thaw()
    try:
        cpu_start = server.cpu_s()
        tally = run_load(HOST, server.port, requests, plan)
        effort = Effort(server.cpu_s() - cpu_start, server.memory(), server.n_lost())
    finally:
        server.freeze()
    wrong = count_wrong(tally.answers, texts, system.answer, bench.reference)
    return _measurement(system.name, scenario, number, tally, effort, wrong)


def _measurement(name: str, scenario: Scenario, number: int, tally: Tally, effort: Effort, wrong: int) -> Measurement:
    n_requests = len(tally.latencies_ms)
    n_texts = (sum(tally.statuses.values()) - tally.non_2xx) * scenario.texts_per_request
    return Measurement(
        system=name,
        scenario=scenario.name,
        round=number,
        texts_per_s=tally.requests_per_s * scenario.texts_per_request,
        requests_per_s=tally.requests_per_s,
        p50_ms=percentile(tally.latencies_ms, 50) if n_requests else 0.0,
        p99_ms=percentile(tally.latencies_ms, 99) if n_requests else 0.0,
        n_requests=n_requests,
        non_2xx=tally.non_2xx,
        connection_errors=tally.connection_errors,
        timeouts=tally.timeouts,
        wrong_answers=wrong,
        n_checked=len(tally.answers),
        client_us=tally.client_cpu_s / n_requests * 1e6 if n_requests else 0.0,
        cpu_ms_per_text=effort.cpu_s * 1000.0 / n_texts if n_texts else 0.0,
        lost_processes=effort.n_lost,
        peak_rss_mb=effort.memory.peak_rss_mb,
        pss_mb=effort.memory.pss_mb,
    )


def measure_raw(raw: RawLimit, bench: Bench, scenario: Scenario, number: int) -> Measurement:
    """The raw sessions on the batches this scenario could make at best."""
    settings = bench.settings
    size = scenario.raw_batch_size(settings.n_workers)
    n_busy = scenario.raw_workers(settings.n_workers)
    counts = raw.run(size, n_busy, settings.warmup_s, settings.seconds * scenario.stretch)
    texts_per_s = raw_rate(counts)
    latencies_ms = [latency for one in counts for latency in one.latencies_ms]
    memory = raw.memory()
    return Measurement(
        system=RAW,
        scenario=scenario.name,
        round=number,
        texts_per_s=texts_per_s,
        requests_per_s=texts_per_s / scenario.texts_per_request,
        p50_ms=percentile(latencies_ms, 50),
        p99_ms=percentile(latencies_ms, 99),
        n_requests=len(latencies_ms),
        cpu_ms_per_text=sum(one.cpu_s for one in counts) * 1000.0 / sum(one.n_texts for one in counts),
        peak_rss_mb=memory.peak_rss_mb,
        pss_mb=memory.pss_mb,
    )


def raw_rate(counts: Sequence[RawCounts]) -> float:
    """Texts a second of sessions side by side: the sum of their own rates."""
    return sum(one.n_texts / one.seconds for one in counts if one.seconds > 0.0)
