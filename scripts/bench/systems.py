"""The systems under test: how each is started, asked and read. Settings are the best of the grids in `tuning`."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

Answer = list[dict[str, float]]
"""One map from category to score a text of the request."""


@dataclass(frozen=True)
class System:
    """A server to measure.

    Attributes:
        name: key in results and on the command line.
        title: heading in tables.
        module: what has to be installed for it.
        command: program and arguments for a port.
        path: where texts are posted.
        body: the JSON body for the texts of one request.
        answer: reads the body of an answer.
        settings: the knobs it runs with, as `BENCH_<key>` in its environment.
        note: how it is set up, for the document.

    """

    name: str
    title: str
    module: str
    command: Callable[[int], list[str]]
    path: str
    body: Callable[[Sequence[str]], bytes]
    answer: Callable[[bytes], Answer]
    note: str
    settings: Mapping[str, int] = field(default_factory=dict)

    def environment(self, port: int, bundle: Path, folder: Path, n_workers: int) -> dict[str, str]:
        """What the server reads from its environment; what it writes goes into `folder`."""
        return {
            "BENCH_PORT": str(port),
            "BENCH_WORKERS": str(n_workers),
            "BENCH_BUNDLE": str(bundle),
            **{f"BENCH_{key}": str(value) for key, value in self.settings.items()},
            "WORKERS": str(n_workers),
            "WEIR_BUNDLES": str(folder / "bundles"),
            "WEIR_DATABASE_URL": f"sqlite:///{folder / self.name}.db",
            "WEIR_METRICS_DIR": str(folder / "metrics"),
            "WEIR_CACHE_ENTRIES": "0",  # texts are sent again and again, and every one goes through the model
            "BENTOML_DO_NOT_TRACK": "True",
        }


def _input_body(texts: Sequence[str]) -> bytes:
    return orjson.dumps({"input": texts[0] if len(texts) == 1 else list(texts)})


def _texts_body(texts: Sequence[str]) -> bytes:
    return orjson.dumps({"texts": list(texts)})


def _results(body: bytes) -> Answer:
    results: Answer = json.loads(body)["results"]
    return results


def _bare_list(body: bytes) -> Answer:
    results: Answer = json.loads(body)
    return results


def _category_scores(body: bytes) -> Answer:
    return [result["category_scores"] for result in json.loads(body)["results"]]


def _competitor(module: str) -> Callable[[int], list[str]]:
    return lambda _port: [sys.executable, "-m", f"scripts.bench.competitors.{module}"]


def _mosec(port: int) -> list[str]:
    return [
        *_competitor("mosec_server")(port),
        *("--address", "127.0.0.1", "--port", str(port), "--timeout", "60000", "--log-level", "error"),
    ]


def _bentoml(port: int) -> list[str]:
    target = "scripts.bench.competitors.bentoml_service:Batchable"
    return [sys.executable, "-m", "bentoml", "serve", target, "--host", "127.0.0.1", "--port", str(port)]


def _weir(port: int) -> list[str]:
    serve = "from scripts.cli import main; main()"
    return [sys.executable, "-c", serve, "serve", "--host", "127.0.0.1", "--port", str(port)]


WEIR = System(
    name="weir",
    title="Weir",
    module="bentoml",
    command=_weir,
    path="/v1/moderations",
    body=_input_body,
    answer=_category_scores,
    note="`weir serve`: a worker a core, micro-batching, policy, every decision recorded in SQLite, and no cache",
)

SYSTEMS: tuple[System, ...] = (
    WEIR,
    System(
        name="bentoml_batchable",
        title="BentoML batchable",
        module="bentoml",
        command=_bentoml,
        path="/score",
        body=_texts_body,
        answer=_bare_list,
        settings={"MAX_BATCH_SIZE": 32},
        note="`@bentoml.api(batchable=True)`, a worker a core, no access log or metrics, default latency budget",
    ),
    System(
        name="fastapi",
        title="FastAPI + onnxruntime",
        module="fastapi",
        command=_competitor("fastapi_server"),
        path="/score",
        body=_input_body,
        answer=_results,
        note="uvicorn with uvloop and httptools, a worker a core, request after request, no access log",
    ),
    System(
        name="litserve",
        title="LitServe",
        module="litserve",
        command=_competitor("litserve_server"),
        path="/score",
        body=_input_body,
        answer=_results,
        settings={"MAX_BATCH_SIZE": 32, "MAX_WAIT_MS": 5, "FAST_QUEUE": 1, "API_SERVERS": 2},
        note="a CPU device with a worker a core, its own batching, ZeroMQ queue where FAST_QUEUE is 1",
    ),
    System(
        name="mosec",
        title="mosec",
        module="mosec",
        command=_mosec,
        path="/score",
        body=_input_body,
        answer=_results,
        settings={"MAX_BATCH_SIZE": 32, "MAX_WAIT_MS": 1},
        note="a worker a core behind its Rust server, dynamic batching, orjson instead of its indenting default",
    ),
)
