"""Stores and windows for tests of monitoring: synthetic decisions in the shape in which the service writes them."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from sqlalchemy import Engine

from models.contracts.records import VECTOR_SIZE
from monitoring.windows.deciders import Decider, read_deciders
from monitoring.windows.records import window_from_records
from monitoring.windows.window import HOUR_US, Period, Window
from service.records.inserting import insert_rows
from service.records.ledger import write_transaction
from service.records.schema import open_database
from service.records.tables import deciders, decisions
from tests.service.accountability.conftest import postgres

__all__ = ["postgres"]

START_US: Final = 1_767_225_600_000_000
"""2026-01-01T00:00Z."""
DECIDER_ID: Final = "d" * 16
BUNDLE_DIGEST: Final = "ab" * 32
LABELS: Final = ("harassment", "hate", "sexual", "violence", "toxicity", "spam")
TABLE: Final = {label: {"recall": 0.2, "balanced": 0.5, "precision": 0.9} for label in LABELS}
DECIDER_ROW: Final = {
    "id": DECIDER_ID,
    "policy_name": "default",
    "policy_version": "0123456789abcdef",
    "policy_text": "",
    "bundles": json.dumps([{"name": "text-test", "version": "1.0.0", "digest": BUNDLE_DIGEST}]),
    "thresholds": json.dumps({BUNDLE_DIGEST: TABLE}),
}
_SURFACES: Final = ("feed", "comments", "chat")

Records = list[dict[str, Any]]


def make_records(
    n: int,
    seed: int = 0,
    *,
    start_us: int = START_US,
    hours: float = 24.0,
    shift: Mapping[str, Any] | None = None,
    harmful: float = 0.1,
    topic: float = 0.0,
) -> Records:
    """Decisions by columns of the store, spread over some hours.

    Args:
        n: how many.
        seed: of everything drawn.
        start_us: when they begin.
        hours: how long they take.
        shift: columns that hold this instead of what is usual: a value, or a function of the generator.
        harmful: share with a high score.
        topic: how far all embeddings are moved in one direction.

    """
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(start_us, start_us + round(hours * HOUR_US), n))
    return [_record(rng, int(at_us), harmful, topic) | _shifted(rng, shift or {}) for at_us in times]


def make_window(n: int, seed: int = 0, *, failures: Mapping[str, int] | None = None, **given: Any) -> Window:
    """A window of such decisions; further arguments as for `make_records`."""
    start_us, hours = given.get("start_us", START_US), given.get("hours", 24.0)
    period = Period(start_us, start_us + round(hours * HOUR_US))
    return window_from_records(
        make_records(n, seed, **given), period=period, deciders=known_deciders(), failures=failures or {}
    )


def known_deciders() -> dict[str, Decider]:
    """Who decided in all of these."""
    return read_deciders([DECIDER_ROW])


def write_store(url: str, records: Sequence[Mapping[str, Any]]) -> str:
    """Write decisions into a new store, as rows of the service's own table; returns the URL."""
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(deciders.insert().values(DECIDER_ROW))
    add_records(engine, records)
    engine.dispose()
    return url


def add_records(engine: Engine, records: Sequence[Mapping[str, Any]]) -> None:
    """Write more decisions."""
    names = decisions.columns.keys()
    if not records:
        return
    with write_transaction(engine) as connection:
        insert_rows(connection, decisions, [tuple(record.get(name) for name in names) for record in records])


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., str]:
    """Makes an SQLite store of so many decisions, by the arguments of `make_records`; gives its URL."""

    def make(n: int, seed: int = 0, **given: Any) -> str:
        name = f"store-{len(list(tmp_path.glob('store-*.db')))}.db"
        return write_store(f"sqlite:///{tmp_path / name}", make_records(n, seed, **given))

    return make


def _record(rng: np.random.Generator, at_us: int, harmful: float, topic: float) -> dict[str, Any]:
    probs = dict(zip(LABELS, np.round(rng.beta(0.3, 12.0, len(LABELS)), 6).tolist(), strict=True))
    if rng.random() < harmful:
        probs[str(rng.choice(LABELS))] = round(float(rng.beta(6, 3)), 6)
    top = max(probs.values())
    digits = f"{at_us // 1000:012x}7{rng.bytes(9).hex()[:3]}8{rng.bytes(9).hex()[:15]}"
    n_chars = int(rng.lognormal(4.0, 0.8)) + 1
    vector = rng.normal(0.0, 0.17, VECTOR_SIZE) + topic
    return {
        "decision_id": f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}",
        "decided_at_us": at_us,
        "tenant": f"t{rng.integers(3)}",
        "surface": str(rng.choice(_SURFACES)),
        "modalities": "text",
        "content_digest": rng.bytes(32).hex(),
        "n_chars": n_chars,
        "n_tokens": n_chars // 4 + 2,
        "n_windows": 1,
        "ascii_share": 1.0,
        "upper_share": round(float(rng.beta(1, 20)), 4),
        "digit_share": round(float(rng.beta(1, 40)), 4),
        "scores": json.dumps(probs, separators=(",", ":")),
        "action": "remove" if top >= 0.9 else "hold" if top >= 0.5 else "allow",
        "review": 0.4 <= top < 0.9,
        "flagged": top >= 0.5,
        "decider_id": DECIDER_ID,
        "latency_ms": round(float(rng.lognormal(1.0, 0.4)), 3),
        "context": json.dumps({"user_reports": 1, "reach": 500}) if rng.random() < 0.1 else None,
        "language": "en" if rng.random() < 0.9 else "es",
        "script": "Latn",
        "n_urls": int(rng.random() < 0.05),
        "n_emoji": int(rng.poisson(0.2)),
        "altered_share": 0.0,
        "disguised_share": round(float(rng.beta(1, 30)), 4) if rng.random() < 0.1 else 0.0,
        "cached": bool(rng.random() < 0.2),
        "text_vector": np.clip(np.rint(vector * 127), -127, 127).astype(np.int8).tobytes(),
    }


def _shifted(rng: np.random.Generator, shift: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value(rng) if callable(value) else value for name, value in shift.items()}
