"""`weir bench pictures`: items with pictures from the socket to the answer, and what the stages cost by themselves."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from scripts.bench.client import LoadPlan, run_load
from scripts.bench.fleet import START_TIMEOUT_S, is_ready, launch, workspace
from scripts.bench.machine import PACKAGES, Machine, describe_machine, versions
from scripts.bench.pictures_costs import StageCost
from scripts.bench.pictures_loads import N_REQUESTS, PictureLoad
from scripts.bench.pictures_results import PictureMeasurement, check_answers, picture_rows
from scripts.bench.pictures_stages import Order, measure_stages
from scripts.bench.processes import HOST, ServerProcess
from scripts.bench.systems import WEIR, System

PICTURE_PACKAGES: Final = ("pillow", "rapidocr", "opencv-python-headless", "usearch")
TIMEOUT_S: Final = 30.0
WITH_BANK: Final = replace(WEIR, name="weir_bank", title="Weir with a bank")
PLAIN: Final = replace(WEIR, name="weir_plain", title="Weir without a bank")

Announce = Callable[[str], None]


@dataclass(frozen=True)
class PictureSettings:
    """What to run.

    Attributes:
        bundles: folders of all bundles that serve.
        repeats: rounds; in each, every load has its turn.
        seconds: measured window of each measurement.
        warmup_s: load before each window.

    """

    bundles: tuple[Path, ...]
    loads: tuple[PictureLoad, ...]
    repeats: int = 7
    seconds: float = 4.0
    warmup_s: float = 0.6
    n_workers: int = 2


@dataclass(frozen=True)
class PictureReport:
    """Everything one run found."""

    settings: PictureSettings
    machine: Machine
    bundles: tuple[str, ...]
    measurements: tuple[PictureMeasurement, ...]
    stages: tuple[StageCost, ...]
    seconds_taken: float

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "errors": sum(one.errors for one in self.measurements),
            "results": [asdict(row) for row in picture_rows(self.measurements)],
            "stages": [asdict(cost) for cost in self.stages],
            "bundles": list(self.bundles),
            "machine": asdict(self.machine),
            "seconds_taken": round(self.seconds_taken, 1),
        }


def run_pictures(settings: PictureSettings, announce: Announce, advance: Announce) -> PictureReport:
    """Start the servers, measure every load in rounds, then the stages in a process of their own.

    Args:
        settings: what to run.
        announce: told what is being prepared.
        advance: told before each measurement which one it is.

    Raises:
        models.runtime.bundle.BundleError: a bundle cannot be used.
        scripts.bench.processes.ServerStartError: a server did not start.
        scripts.bench.pictures_stages.StagesError: the stages could not be measured.

    """
    start = time.monotonic()
    machine = replace(describe_machine(), versions=versions((*PACKAGES[:4], *PICTURE_PACKAGES)))
    with workspace(*settings.bundles) as folder:
        announce("drawing pictures")
        requests = {load.name: load.requests() for load in settings.loads}
        names = _bundle_names(folder / "bundles")
        with _servers(settings, folder, announce) as servers:
            measurements = tuple(_rounds(settings, servers, requests, advance))
        announce("measuring the stages")
        order = Order(str(folder / "bundles"), str(folder / "stages.db"), n_pictures=8, repeats=settings.repeats)
        stages = measure_stages(order)
    return PictureReport(settings, machine, names, measurements, tuple(stages), time.monotonic() - start)


def _bundle_names(folder: Path) -> tuple[str, ...]:
    from models.runtime.bundle import file_digest, read_manifest
    from service.bundles import MANIFEST

    paths = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    return tuple(
        f"{manifest.name} {manifest.version} (`{file_digest(path / MANIFEST)[:12]}`)"
        for path, manifest in ((path, read_manifest(path)) for path in paths)
    )


@contextlib.contextmanager
def _servers(settings: PictureSettings, folder: Path, announce: Announce) -> Iterator[dict[bool, ServerProcess]]:
    """A server with a bank of known pictures and one without, as far as loads need them; frozen until their turn."""
    servers: dict[bool, ServerProcess] = {}
    try:
        for with_bank in sorted({load.with_bank for load in settings.loads}):
            system = WITH_BANK if with_bank else PLAIN
            announce(f"starting {system.title}")
            if with_bank:
                _stock(system, settings, folder)
            server = servers[with_bank] = launch(system, settings.bundles[0], folder, settings.n_workers)
            server.wait_ready(lambda port, system=system: is_ready(system, port), START_TIMEOUT_S)  # type: ignore[misc]
            server.settle()
            server.freeze()
        yield servers
    finally:
        for server in servers.values():
            server.stop()


def _stock(system: System, settings: PictureSettings, folder: Path) -> None:
    """Put known pictures into the database that the server is about to open."""
    from scripts.bench.pictures_known import stock_bank
    from service.bundles import find_bundles, load_image_model
    from service.records.schema import open_database

    environment = system.environment(0, settings.bundles[0], folder, settings.n_workers)
    database = open_database(environment["WEIR_DATABASE_URL"])
    models = [load_image_model(path) for path in find_bundles(folder / "bundles").images]
    stock_bank(database, next((model for model in models if model.manifest.embedding_size is not None), None))
    database.dispose()


def _rounds(
    settings: PictureSettings,
    servers: Mapping[bool, ServerProcess],
    requests: Mapping[str, list[bytes]],
    advance: Announce,
) -> Iterator[PictureMeasurement]:
    """Every round visits every load; who begins moves on by one each round."""
    for number in range(settings.repeats):
        shift = number % len(settings.loads)
        for load in settings.loads[shift:] + settings.loads[:shift]:
            advance(load.name)
            yield _measure(load, number, settings, servers[load.with_bank], requests[load.name])


def _measure(
    load: PictureLoad, number: int, settings: PictureSettings, server: ServerProcess, requests: list[bytes]
) -> PictureMeasurement:
    """Thaw the server, load it, weigh it, freeze it, and check the answers that were kept."""
    plan = LoadPlan(
        concurrency=load.concurrency,
        warmup_s=settings.warmup_s,
        seconds=settings.seconds,
        timeout_s=TIMEOUT_S,
        sampled=frozenset(range(N_REQUESTS)),
    )
    server.thaw()
    try:
        cpu_start = server.cpu_s()
        tally = run_load(HOST, server.port, requests, plan)
        cpu_s, memory, n_lost = server.cpu_s() - cpu_start, server.memory(), server.n_lost()
    finally:
        server.freeze()
    checked = check_answers(tally.answers, load)
    n_answered = sum(tally.statuses.values()) - tally.non_2xx
    n_requests = len(tally.latencies_ms)
    return PictureMeasurement(
        load=load.name,
        round=number,
        requests_per_s=tally.requests_per_s,
        latencies_ms=tuple(tally.latencies_ms),
        cpu_ms=cpu_s * 1e3 / n_answered if n_answered else 0.0,
        client_us=tally.client_cpu_s / n_requests * 1e6 if n_requests else 0.0,
        errors=tally.errors + n_lost + checked.n_wrong,
        checked=checked,
        pss_mb=memory.pss_mb,
    )
