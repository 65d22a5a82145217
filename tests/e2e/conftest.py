"""A real server: `weir serve` with two workers, the shipped bundle, its own database, and everything it prints."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
START_S = 180
CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SERVE = "import typer; from scripts.commands.serve import serve; typer.run(serve)"


@dataclass
class Server:
    """A running server.

    Attributes:
        url: where it listens.
        output: file with all it has printed.
        database: path of its SQLite file.

    """

    process: subprocess.Popen[bytes]
    url: str
    output: Path
    database: Path

    def stop(self) -> int:
        """SIGTERM, and the exit code once it is gone."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def printed(self) -> str:
        """All it has printed so far."""
        return self.output.read_text(encoding="utf-8")


def find_bundles() -> Path:
    """The shipped bundles, or those of `WEIR_TEST_BUNDLES`; without either, the test is skipped."""
    shipped = ROOT / "models" / "bundles"
    if list(shipped.glob("*/manifest.json")):
        return shipped
    if chosen := os.environ.get("WEIR_TEST_BUNDLES"):
        return Path(chosen)
    pytest.skip("no bundle in models/bundles, and WEIR_TEST_BUNDLES is not set")


def has_image_bundle() -> bool:
    """Whether the bundles that are served look at images."""
    manifests = find_bundles().glob("*/manifest.json")
    return any(json.loads(path.read_text(encoding="utf-8"))["modality"] == "image" for path in manifests)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(folder: Path, **settings: str) -> Server:
    """Start a server and wait until it is ready."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WEIR_")},
        "WEIR_BUNDLES": str(find_bundles()),
        "WEIR_DATABASE_URL": f"sqlite:///{folder / 'weir.db'}",
        "BENTOML_HOME": str(folder / "bentoml"),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "WORKERS": "2",
        **settings,
    }
    output = folder / "output.log"
    with output.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", SERVE], cwd=ROOT, env=environment, stdout=file, stderr=file)
    server = Server(process, f"http://127.0.0.1:{port}", output, folder / "weir.db")
    _wait_until_ready(server)
    return server


def _wait_until_ready(server: Server) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert server.process.poll() is None, server.printed()
        try:
            if httpx.get(f"{server.url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    server.process.kill()
    pytest.fail(f"the server is not ready after {START_S} s:\n{server.printed()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as they found it."""
    server = start_server(tmp_path_factory.mktemp("server"))
    yield server
    assert server.stop() == 0, server.printed()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server of one's own, to stop or overload."""
    started: list[Server] = []

    def start(**settings: str) -> Server:
        started.append(start_server(tmp_path, **settings))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One Chromium for a module."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
