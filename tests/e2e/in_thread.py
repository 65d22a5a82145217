"""A server in a thread of the test: over small models of which it is known what they say."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from service.access.gate import Gate
from service.engine import Engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from tests.e2e.conftest import free_port

START_S = 60


@contextmanager
def serve_in_thread(engine: Engine, gate: Gate | None = None) -> Iterator[str]:
    """Serve an engine behind a gate, and give its address; closes what runs beside the requests at the end."""
    product = ProductApp()
    product.api = build_api(engine, gate)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(product, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + START_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
    for worker in engine.background:  # not `engine.close`: the batcher belongs to the loop of the server, which is gone
        worker.close()
