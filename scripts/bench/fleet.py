"""All servers of a run, started once and frozen whenever it is not their turn."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.bench.processes import HOST, ServerProcess, free_port, is_answering, start_server
from scripts.bench.scenarios import Scenario
from scripts.bench.systems import System

START_TIMEOUT_S = 90.0
_PROBE = "hello"

Announce = Callable[[str], None]


def is_ready(system: System, port: int) -> bool:
    """Whether it answers a request for scores: a health page may be up before the model is."""
    return is_answering(port, "POST", system.path, system.body([_PROBE]))


def launch(system: System, bundle: Path, folder: Path, n_workers: int) -> ServerProcess:
    """Start one system on a free port, its database and view of the bundles inside `folder`."""
    port = free_port()
    environment = system.environment(port, bundle, folder, n_workers)
    return start_server(system.name, system.command(port), environment, port)


@contextmanager
def workspace(*bundles: Path) -> Iterator[Path]:
    """A temporary folder in which `bundles/` holds the bundles under test and nothing else."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as name:
        folder = Path(name)
        (folder / "bundles").mkdir()
        (folder / "metrics").mkdir()
        for bundle in bundles:
            (folder / "bundles" / bundle.name).symlink_to(bundle, target_is_directory=True)
        yield folder


@contextmanager
def fleet(
    systems: Sequence[System], bundle: Path, n_workers: int, announce: Announce
) -> Iterator[dict[str, ServerProcess]]:
    """Start every system, one after another, and leave each frozen; end all of them however the block is left.

    Raises:
        ServerStartError: one of them did not answer.

    """
    servers: dict[str, ServerProcess] = {}
    with workspace(bundle) as folder:
        try:
            for system in systems:
                announce(f"starting {system.title}")
                server = servers[system.name] = launch(system, bundle, folder, n_workers)
                server.wait_ready(lambda port, system=system: is_ready(system, port), START_TIMEOUT_S)  # type: ignore[misc]
                server.settle()
                server.freeze()
            yield servers
        finally:
            for server in servers.values():
                with contextlib.suppress(OSError):
                    server.stop()


def serialised(system: System, scenario: Scenario, texts: Sequence[str]) -> list[bytes]:
    """The requests of a scenario as this system wants them."""
    from scripts.bench.client import http_request

    return [http_request(HOST, system.path, system.body(group)) for group in scenario.requests(texts)]
