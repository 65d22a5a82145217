"""Jobs over the small engine: made through the API, and run in an event loop of their own."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from service.access.gate import OpenGate
from service.engine import Engine, open_engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.http.management import build_management
from service.jobs.opening import build_jobs_router, no_webhooks, open_job_runner
from service.settings import Settings
from tests.service.conftest import Ask, asker
from tests.service.hashing import loaded_model

JOBS = "/v1/jobs"
LONGEST_S = 60


@pytest.fixture(scope="session")
def job_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("jobs")
    return Settings(
        database_url=f"sqlite:///{folder / 'weir.db'}",
        metrics_dir=folder / "metrics",
        max_text_chars=2_000,
        max_body_bytes=20_000,
        max_job_bytes=1_000_000,
    )


@pytest.fixture(scope="session")
def job_engine(job_settings: Settings) -> Iterator[Engine]:
    engine = open_engine(job_settings, loaded_model)
    yield engine
    assert asyncio.run(engine.close()) == 0


@pytest.fixture(scope="session")
def job_product(job_engine: Engine) -> ProductApp:
    app, gate = ProductApp(), OpenGate()
    app.api = build_api(job_engine, gate)
    app.management = build_management(gate, [build_jobs_router(job_engine, no_webhooks)])
    return app


@pytest.fixture(scope="session")
def tell(job_product: ProductApp) -> Ask:
    return asker("asgi", job_product)


def jsonl(items: Sequence[Any]) -> bytes:
    return b"".join((item if isinstance(item, bytes) else json.dumps(item).encode()) + b"\n" for item in items)


def make(tell: Ask, content: bytes, **draft: Any) -> str:
    """A job that is ready to run; its id."""
    job_id: str = tell("POST", JOBS, json=draft).json()["job_id"]
    assert tell("PUT", f"{JOBS}/{job_id}/input", content=content).status_code == 200
    started = tell("POST", f"{JOBS}/{job_id}/start")
    assert started.status_code == 200, started.text
    return job_id


def run_until(engine: Engine, is_done: Callable[[], bool], n_runners: int = 1) -> None:
    """Let runners work until something is so."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        runners = [open_job_runner(engine, loop) for _ in range(n_runners)]
        until = time.monotonic() + LONGEST_S
        while not await asyncio.to_thread(is_done):
            assert time.monotonic() < until, "the job does not get there"
            await asyncio.sleep(0.01)
        for runner in runners:
            await asyncio.to_thread(runner.close)

    asyncio.run(work())


def run(engine: Engine, tell: Ask, job_id: str, n_runners: int = 1) -> dict[str, Any]:
    """Run a job to its end, and say how it ended."""
    from service.jobs.store import JobStore

    store = JobStore(engine.database, engine.new_id)
    run_until(engine, lambda: store.get(job_id, None).state.is_over, n_runners)
    ended: dict[str, Any] = tell("GET", f"{JOBS}/{job_id}").json()
    return ended


def results(tell: Ask, job_id: str, **params: Any) -> list[dict[str, Any]]:
    answer = tell("GET", f"{JOBS}/{job_id}/results", params=params)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.fixture
def input_folder(job_settings: Settings) -> Path:
    return Path(job_settings.database_url.removeprefix("sqlite:///")).parent / "jobs"
