"""BentoML's own adaptive batching: a service with one batchable endpoint.

Access log and metrics are off, as in Weir's own service. `max_latency_ms` stays at its default of a minute: a
smaller budget makes the dispatcher answer 503 under these loads.
"""

import os

import bentoml

from scripts.bench.competitors.model import Scores, open_model, score_texts, setting


@bentoml.service(
    name="bench_batchable",
    workers=int(os.environ.get("BENCH_WORKERS", "1")),
    traffic={"timeout": 60},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
class Batchable:
    """The classifier behind BentoML's dispatcher."""

    def __init__(self) -> None:
        self.classifier = open_model()

    @bentoml.api(batchable=True, max_batch_size=setting("MAX_BATCH_SIZE", 64), max_latency_ms=60_000)  # type: ignore[untyped-decorator]
    def score(self, texts: list[str]) -> list[Scores]:
        """Score texts that the dispatcher collected from several requests."""
        return score_texts(self.classifier, texts)
