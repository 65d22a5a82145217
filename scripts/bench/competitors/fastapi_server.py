"""FastAPI and onnxruntime, one request after the other: what most teams write first.

The model runs in the event loop of the worker: a thread pool was measured slower, because the worker has one core and
one session of one thread anyway.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from scripts.bench.competitors.model import as_texts, open_model, score_texts


class Texts(BaseModel):
    """The body of a request."""

    input: str | list[str]


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    """Open the model when the worker starts."""
    application.state.classifier = open_model()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/ready")
async def ready() -> dict[str, bool]:
    """Answer once the model is open."""
    return {"ready": True}


@app.post("/score")
async def score(body: Texts, request: Request) -> Response:
    """Score the texts of one request."""
    results = score_texts(request.app.state.classifier, as_texts(body.input))
    return Response(orjson.dumps({"results": results}), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        "scripts.bench.competitors.fastapi_server:app",
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        workers=int(os.environ["BENCH_WORKERS"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        timeout_worker_healthcheck=600,
    )
