"""`weir bench serve`: the whole run, from texts to a report."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.bench.answers import reference_scores
from scripts.bench.client import LoadPlan, http_request, run_load
from scripts.bench.corpus import LengthProfile, length_profile, load_texts
from scripts.bench.fleet import fleet
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.processes import HOST, free_port, is_answering, start_server
from scripts.bench.raw import RawLimit
from scripts.bench.results import RAW, Measurement, errors, ratios, rows
from scripts.bench.rounds import Bench, ServeSettings, run_rounds
from scripts.bench.systems import WEIR

Advance = Callable[[str], None]


@dataclass(frozen=True)
class ClientCost:
    """The load generator against a server that does nothing: its highest rate, and its time a request."""

    requests_per_s: float
    client_us: float


@dataclass(frozen=True)
class ServeReport:
    """Everything one run found."""

    settings: ServeSettings
    machine: Machine
    bundle_name: str
    bundle_digest: str
    lengths: LengthProfile
    client: ClientCost
    measurements: tuple[Measurement, ...]
    seconds_taken: float

    def as_json(self) -> dict[str, object]:
        """Plain values: the ratios and Weir's errors on top, all results below."""
        names = [system.name for system in self.settings.systems]
        return {
            **{key: None if value is None else round(value, 4) for key, value in ratios(self.measurements).items()},
            "errors": errors(self.measurements, WEIR.name),
            "errors_by_system": {name: errors(self.measurements, name) for name in names},
            "rounds": len({one.round for one in self.measurements}),
            "seconds_taken": round(self.seconds_taken, 1),
            "machine": asdict(self.machine),
            "bundle": {"name": self.bundle_name, "digest": self.bundle_digest},
            "lengths": asdict(self.lengths),
            "client": asdict(self.client),
            "system_settings": {system.name: dict(system.settings) for system in self.settings.systems},
            "results": [asdict(row) for row in rows(self.measurements)],
            "measurements": [asdict(one) for one in self.measurements],
        }


def run_serve(settings: ServeSettings, announce: Advance, advance: Advance) -> ServeReport:
    """Start everything, measure it in rounds, and end everything.

    Args:
        settings: what to run.
        announce: told what is being prepared.
        advance: told before each measurement which one it is.

    Raises:
        models.runtime.bundle.BundleError: the bundle cannot be used.
        scripts.bench.processes.ServerStartError: a server did not start.
        scripts.bench.raw.RawWorkerError: a raw session failed.

    """
    start = time.monotonic()
    machine = describe_machine()
    name, digest, lengths = _inspect(settings.bundle, load_texts())
    announce("weighing the load generator")
    client = client_cost()
    measurements = measure_all(settings, announce, advance)
    return ServeReport(settings, machine, name, digest, lengths, client, measurements, time.monotonic() - start)


def measure_all(settings: ServeSettings, announce: Advance, advance: Advance) -> tuple[Measurement, ...]:
    """Start the servers and the raw sessions, run the rounds, end everything.

    Raises:
        scripts.bench.processes.ServerStartError: a server did not start.
        scripts.bench.raw.RawWorkerError: a raw session failed.

    """
    texts = load_texts()
    announce("scoring the corpus for reference")
    reference = reference_scores(settings.bundle, texts)
    raw = RawLimit(settings.bundle, texts, settings.n_workers, _max_batch_tokens()) if settings.with_raw else None
    try:
        with fleet(settings.systems, settings.bundle, settings.n_workers, announce) as servers:
            if raw is not None:
                announce(f"starting {RAW}")
                raw.start()
            return tuple(run_rounds(Bench(settings, texts, reference, servers, raw), advance))
    finally:
        if raw is not None:
            raw.stop()


def client_cost(seconds: float = 1.0) -> ClientCost:
    """Load the server that does nothing from 64 connections.

    Raises:
        ServerStartError: it did not start.

    """
    port = free_port()
    server = start_server("null", [sys.executable, "-m", "scripts.bench.null_server"], {"BENCH_PORT": str(port)}, port)
    try:
        server.wait_ready(lambda port: is_answering(port, "GET", "/"), timeout_s=20.0)
        requests = [http_request(HOST, "/", b'{"input": "a text of ordinary length, as in the corpus"}')]
        tally = run_load(HOST, port, requests, LoadPlan(concurrency=64, warmup_s=0.3, seconds=seconds))
    finally:
        server.stop()
    return ClientCost(tally.requests_per_s, tally.client_cpu_s / max(1, len(tally.latencies_ms)) * 1e6)


def _inspect(bundle: Path, texts: list[str]) -> tuple[str, str, LengthProfile]:
    """Name and digest of the bundle, and the token lengths of the texts under its tokenizer."""
    from models.runtime.bundle import load_text_bundle
    from models.runtime.classifier import open_classifier

    loaded = load_text_bundle(bundle)
    lengths = [sum(map(len, one.windows)) for one in open_classifier(loaded).prepare(texts)]
    return f"{loaded.manifest.name} {loaded.manifest.version}", loaded.digest, length_profile(lengths)


def _max_batch_tokens() -> int:
    """The cap that the service ships with: the raw limit cuts its batches the same way."""
    from service.settings import load_settings

    return load_settings().max_batch_tokens
