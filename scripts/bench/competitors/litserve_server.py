"""LitServe: FastAPI processes in front of inference processes, with its own batching."""

import os
from typing import Any

import litserve

from scripts.bench.competitors.model import Scores, as_texts, open_model, score_texts, setting


class Classifier(litserve.LitAPI):  # type: ignore[misc]  # litserve is not checked here
    """The model behind LitServe's queue."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - the interface has it
        """Open the model in an inference process."""
        self.classifier = open_model()

    def decode_request(self, request: dict[str, Any]) -> list[str]:
        """The texts of one request."""
        return as_texts(request["input"])

    def batch(self, inputs: list[list[str]]) -> list[list[str]]:
        """Keep requests apart: they carry lists of different lengths."""
        return inputs

    def predict(self, x: list[list[str]]) -> list[list[Scores]]:
        """Score all texts of a batch of requests together."""
        scores = iter(score_texts(self.classifier, [text for texts in x for text in texts]))
        return [[next(scores) for _ in texts] for texts in x]

    def unbatch(self, output: list[list[Scores]]) -> list[list[Scores]]:
        """One entry a request already."""
        return output

    def encode_response(self, output: list[Scores]) -> dict[str, list[Scores]]:
        """The answer to one request."""
        return {"results": output}


if __name__ == "__main__":
    api = Classifier(
        max_batch_size=setting("MAX_BATCH_SIZE", 32),
        batch_timeout=setting("MAX_WAIT_MS", 5) / 1000.0,
        api_path="/score",
    )
    server = litserve.LitServer(
        api,
        accelerator="cpu",
        devices=1,
        workers_per_device=int(os.environ["BENCH_WORKERS"]),
        fast_queue=bool(setting("FAST_QUEUE", 0)),
        timeout=60,
    )
    server.run(
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        num_api_servers=setting("API_SERVERS", 1),
        generate_client_file=False,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )
