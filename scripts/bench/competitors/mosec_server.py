"""mosec: an HTTP server in Rust that collects batches and hands each to a Python worker."""

import os
from typing import Any

import orjson
from mosec import Server, Worker

from scripts.bench.competitors.model import Scores, as_texts, open_model, score_texts, setting


class Classifier(Worker):  # type: ignore[misc]  # mosec is not checked here
    """One worker: one session of one thread."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = open_model()

    def deserialize(self, data: bytes) -> dict[str, Any]:
        """Parse a request; orjson instead of the default, which is slower."""
        request: dict[str, Any] = orjson.loads(data)
        return request

    def forward(self, data: list[dict[str, Any]]) -> list[dict[str, list[Scores]]]:
        """Score all texts of a batch of requests together."""
        requests = [as_texts(one["input"]) for one in data]
        scores = iter(score_texts(self.classifier, [text for texts in requests for text in texts]))
        return [{"results": [next(scores) for _ in texts]} for texts in requests]

    def serialize(self, data: dict[str, list[Scores]]) -> bytes:
        """Serialise an answer; the default indents it."""
        return orjson.dumps(data)


if __name__ == "__main__":
    server = Server()
    server.append_worker(
        Classifier,
        num=int(os.environ["BENCH_WORKERS"]),
        max_batch_size=setting("MAX_BATCH_SIZE", 32),
        max_wait_time=setting("MAX_WAIT_MS", 1),
        timeout=60,
        route="/score",
    )
    server.run()
