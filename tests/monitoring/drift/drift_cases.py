"""Windows of simulated traffic for the tests of the detector and of references, small and fast."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from models.contracts.records import VECTOR_SIZE
from monitoring.windows.window import DAY_US, HOUR_US, Period, Totals, Window

BUNDLES = {"digest-1": "text-minilm 0.1.1"}
Change = Callable[[np.random.Generator, pd.DataFrame], None]


def traffic(
    n: int = 3_000,
    seed: int = 0,
    *,
    hours: int = 24,
    start_us: int = 100 * DAY_US,
    change: Change | None = None,
    topic: float = 0.0,
) -> Window:
    """Decisions spread evenly over some hours; `change` may alter the frame, `topic` of the texts are about news."""
    rng = np.random.default_rng(seed)
    at_us = np.sort(rng.integers(start_us, start_us + hours * HOUR_US, n))
    frame = pd.DataFrame({"decision_id": [f"d{seed}-{row}" for row in range(n)], "decided_at_us": at_us, "weight": 1.0})
    frame["content_digest"] = frame["decision_id"]
    frame["surface"] = pd.Categorical(rng.choice(["feed", "chat", "bio"], n, p=[0.6, 0.3, 0.1]))
    frame["language"] = pd.Categorical(rng.choice(["en", "es", "und"], n, p=[0.9, 0.05, 0.05]))
    frame["n_chars"] = np.round(np.exp(4 + rng.normal(0, 1, n)))
    frame["n_urls"] = rng.poisson(0.1, n).astype(float)
    frame["disguised_share"] = np.where(rng.random(n) < 0.02, rng.beta(1, 5, n), 0.0)
    frame["score:toxicity"] = (1 / (1 + np.exp(4 - 1.8 * rng.normal(0, 1, n)))).astype(np.float32)
    frame["flagged"] = (frame["score:toxicity"] > 0.5).astype(float)
    frame["repeated"] = (rng.random(n) < 0.02).astype(float)
    vectors = rng.normal(0, 0.12, (n, VECTOR_SIZE))
    vectors[rng.random(n) < topic] += 0.15
    if change is not None:
        change(rng, frame)
    hour, count = np.unique(at_us // HOUR_US * HOUR_US, return_counts=True)
    return Window(
        period=Period(start_us, start_us + hours * HOUR_US),
        n_decisions=n,
        frame=frame,
        text_vectors=vectors.astype(np.float32),
        image_vectors=np.full((n, VECTOR_SIZE), np.nan, np.float32),
        totals=Totals(by_hour=dict(zip(hour.tolist(), count.tolist(), strict=True))),
        bundles=BUNDLES,
    )


def last(window: Window, hours: int) -> Window:
    """The end of a window."""
    start_us = window.period.end_us - hours * HOUR_US
    rows = (window.frame["decided_at_us"] >= start_us).to_numpy()
    return replace(
        window,
        period=Period(start_us, window.period.end_us),
        n_decisions=int(rows.sum()),
        frame=window.frame[rows].reset_index(drop=True),
        text_vectors=window.text_vectors[rows],
        image_vectors=window.image_vectors[rows],
    )
