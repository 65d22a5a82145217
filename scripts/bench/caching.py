"""`weir bench cache`: the same traffic, half of it repeated, with the cache and without, in one interleaved run."""

import contextlib
import http.client
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from scripts.bench.client import LoadPlan, Tally, http_request, run_load
from scripts.bench.corpus import groups, load_texts
from scripts.bench.fleet import START_TIMEOUT_S, is_ready, workspace
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.paired_results import ratio_interval, ratio_of_medians
from scripts.bench.processes import HOST, ServerProcess, free_port, start_server
from scripts.bench.scenarios import SCENARIOS, Scenario
from scripts.bench.summary import median, percentile
from scripts.bench.systems import WEIR
from service.settings import Settings

Announce = Callable[[str], None]
REPEATED: Final = 0.5
"""Share of the texts that were sent before."""
DEMANDED: Final = 1.7
"""Rate with the cache over the rate without, at half repeated."""
LOADS: Final = tuple(one for one in SCENARIOS if one.name in {"single_c64", "batch32"})
WITHOUT: Final = "without"
WITH: Final = "with"
MOST_TEXTS_PER_S: Final = 6_000
"""More than any server answers: a measurement that ran out of texts would send them again and hit every time."""
LAST_DECIMAL: Final = 1.5e-6
"""Scores are rounded to six decimals, the last of which moves, rarely, with the shapes of the batches that the model
sees, whether or not there is a cache: float32 sums depend on how they are blocked."""
_CHECK_EVERY: Final = 37
_WARMUP_S: Final = 0.6


@dataclass(frozen=True)
class CacheSettings:
    """What to run.

    Attributes:
        bundles: folders of all bundles that serve, the text bundle first.
        repeats: rounds; who begins alternates.
        seconds: of each measured window.
        n_workers: of each server. Each worker has a memory of its own, so that with several a text that is sent
            twice is found by half of them; Redis is what they share.

    """

    bundles: tuple[Path, ...]
    repeats: int = 9
    seconds: float = 3.0
    n_workers: int = 1


@dataclass(frozen=True)
class Shot:
    """One server under one load in one round.

    Attributes:
        texts_per_s: answered.
        cpu_ms_per_text: processor time of the server, warm-up included.
        n_wrong: checked answers that differ between the two servers; the same for both.
        n_checked: answers that both gave and that were compared.

    """

    server: str
    load: str
    round: int
    texts_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms_per_text: float
    n_errors: int
    n_wrong: int
    n_checked: int


@dataclass(frozen=True)
class Compared:
    """One load: medians over rounds, and their ratio with its 95 % interval."""

    load: str
    without: float
    with_cache: float
    ratio: float
    low: float
    high: float
    p50_ms: tuple[float, float]
    p99_ms: tuple[float, float]
    cpu_ms: tuple[float, float]


@dataclass(frozen=True)
class CacheReport:
    """Everything one run found.

    Attributes:
        hit_rate: share of the cached server's texts that needed no model, over all rounds, by its own counters.

    """

    settings: CacheSettings
    machine: Machine
    shots: tuple[Shot, ...]
    hit_rate: float
    seconds_taken: float

    def compared(self) -> list[Compared]:
        """Every load."""
        return [_compared(self.shots, load.name) for load in LOADS]

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "repeated": REPEATED,
            "hit_rate": round(self.hit_rate, 4),
            "errors": sum(shot.n_errors for shot in self.shots),
            "checked": sum(shot.n_checked for shot in self.shots) // 2,
            "wrong": sum(shot.n_wrong for shot in self.shots) // 2,
            "compared": [asdict(one) for one in self.compared()],
            "machine": asdict(self.machine),
            "shots": [asdict(one) for one in self.shots],
            "seconds_taken": round(self.seconds_taken, 1),
        }


@dataclass
class Traffic:
    """Texts of which a share was sent before; every round's are new to both servers."""

    corpus: Sequence[str]
    seed: int = 0
    n_made: int = field(default=0, init=False)

    def texts(self, count: int) -> list[str]:
        """The next texts: each with probability `REPEATED` one of this call's earlier ones, otherwise a new one.

        A new text is one of the corpus with a serial number, so its length is that of a real one and a few tokens.
        """
        draw = random.Random(f"{self.seed}:{self.n_made}")
        new: list[str] = []
        drawn: list[str] = []
        for _ in range(count):
            if new and draw.random() < REPEATED:
                drawn.append(draw.choice(new))
            else:
                self.n_made += 1
                new.append(f"{draw.choice(self.corpus)} {self.n_made}")
                drawn.append(new[-1])
        return drawn


def run_cache(settings: CacheSettings, announce: Announce, advance: Announce) -> CacheReport:
    """Start both servers and measure them in turns on the same requests.

    Args:
        settings: what to run.
        announce: told what is being prepared.
        advance: told before each measurement which one it is.

    Raises:
        scripts.bench.processes.ServerStartError: a server did not start.

    """
    start = time.monotonic()
    machine = describe_machine()
    traffic = Traffic(load_texts())
    shots: list[Shot] = []
    with _servers(settings, announce) as servers:
        for number in range(settings.repeats):
            for load in LOADS:
                shots += _round(servers, load, traffic, settings, number, advance)
        servers[WITH].thaw()
        hit_rate = _hit_rate(servers[WITH].port)
    return CacheReport(settings, machine, tuple(shots), hit_rate, time.monotonic() - start)


def _round(
    servers: Mapping[str, ServerProcess],
    load: Scenario,
    traffic: Traffic,
    settings: CacheSettings,
    number: int,
    advance: Announce,
) -> list[Shot]:
    seconds = settings.seconds * load.stretch
    texts = traffic.texts(int((seconds + _WARMUP_S) * MOST_TEXTS_PER_S))
    requests = [http_request(HOST, WEIR.path, WEIR.body(group)) for group in groups(texts, load.texts_per_request)]
    sampled = frozenset(range(0, len(requests), max(1, _CHECK_EVERY // load.texts_per_request)))
    plan = LoadPlan(load.concurrency, _WARMUP_S, seconds, sampled=sampled)
    names = [WITHOUT, WITH] if number % 2 else [WITH, WITHOUT]
    tallies: dict[str, tuple[Tally, float]] = {}
    for name in names:
        advance(f"{name} {load.name}")
        tallies[name] = _load(servers[name], requests, plan)
    both = {name: tally.answers for name, (tally, _) in tallies.items()}
    common = both[WITH].keys() & both[WITHOUT].keys()
    n_wrong = sum(not same_answer(both[WITH][index], both[WITHOUT][index]) for index in common)
    return [_shot(name, load, number, *tallies[name], n_wrong, len(common)) for name in names]


def _load(server: ServerProcess, requests: Sequence[bytes], plan: LoadPlan) -> tuple[Tally, float]:
    server.thaw()
    try:
        before = server.cpu_s()
        return run_load(HOST, server.port, requests, plan), server.cpu_s() - before
    finally:
        server.freeze()


def _shot(name: str, load: Scenario, number: int, tally: Tally, cpu_s: float, n_wrong: int, n_checked: int) -> Shot:
    n_texts = (sum(tally.statuses.values()) - tally.non_2xx) * load.texts_per_request
    return Shot(
        server=name,
        load=load.name,
        round=number,
        texts_per_s=tally.requests_per_s * load.texts_per_request,
        p50_ms=percentile(tally.latencies_ms, 50) if tally.latencies_ms else 0.0,
        p99_ms=percentile(tally.latencies_ms, 99) if tally.latencies_ms else 0.0,
        cpu_ms_per_text=cpu_s * 1e3 / n_texts if n_texts else 0.0,
        n_errors=tally.errors,
        n_wrong=n_wrong,
        n_checked=n_checked,
    )


def same_answer(body: bytes, other: bytes) -> bool:
    """Whether two answers say the same of the content: everything but ids, scores up to `LAST_DECIMAL`."""
    results, others = (orjson.loads(one)["results"] for one in (body, other))
    return len(results) == len(others) and all(map(_same_result, results, others))


def _same_result(result: dict[str, Any], other: dict[str, Any]) -> bool:
    scores, others = result.pop("category_scores"), other.pop("category_scores")
    close = (math.isclose(scores[name], others.get(name, -1.0), rel_tol=0.0, abs_tol=LAST_DECIMAL) for name in scores)
    return result == other and scores.keys() == others.keys() and all(close)


def _compared(shots: Sequence[Shot], load: str) -> Compared:
    by_server = {
        name: {shot.round: shot for shot in shots if (shot.server, shot.load) == (name, load)}
        for name in (WITHOUT, WITH)
    }
    rounds = sorted(by_server[WITHOUT].keys() & by_server[WITH].keys())
    pairs = [(by_server[WITHOUT][one].texts_per_s, by_server[WITH][one].texts_per_s) for one in rounds]
    low, high = ratio_interval(pairs)

    def medians(value: Callable[[Shot], float]) -> tuple[float, float]:
        without, with_cache = (median([value(shot) for shot in by_server[name].values()]) for name in (WITHOUT, WITH))
        return without, with_cache

    without, with_cache = medians(lambda shot: shot.texts_per_s)
    return Compared(
        load=load,
        without=without,
        with_cache=with_cache,
        ratio=ratio_of_medians(pairs),
        low=low,
        high=high,
        p50_ms=medians(lambda shot: shot.p50_ms),
        p99_ms=medians(lambda shot: shot.p99_ms),
        cpu_ms=medians(lambda shot: shot.cpu_ms_per_text),
    )


@contextlib.contextmanager
def _servers(settings: CacheSettings, announce: Announce) -> Iterator[dict[str, ServerProcess]]:
    """Both servers, the same but for one setting; each with a workspace of its own, frozen until its turn."""
    servers: dict[str, ServerProcess] = {}
    with contextlib.ExitStack() as stack:
        entries = Settings.model_fields["cache_entries"].default
        for name, n_entries in ((WITHOUT, 0), (WITH, entries)):
            announce(f"starting the server {name} the cache")
            folder, port = stack.enter_context(workspace(*settings.bundles)), free_port()
            environment = WEIR.environment(port, settings.bundles[0], folder, settings.n_workers)
            environment["WEIR_CACHE_ENTRIES"] = str(n_entries)
            server = servers[name] = start_server(name, WEIR.command(port), environment, port)
            stack.callback(server.stop)
            server.wait_ready(lambda port: is_ready(WEIR, port), START_TIMEOUT_S)
            server.settle()
            server.freeze()
        yield servers


def _hit_rate(port: int) -> float:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", "/metrics")
    page = connection.getresponse().read().decode()
    connection.close()
    counts = {
        line.split('"')[1]: float(line.rsplit(" ", 1)[1])
        for line in page.splitlines()
        if line.startswith("weir_cache_lookups_total{")
    }
    return (counts["hit"] + counts["coalesced"]) / max(1.0, sum(counts.values()))
