"""A store for the benchmark of monitoring: a day of any number of decisions, in the shape in which the service writes.

Scores follow those of real traffic loosely: low for most, high for one in ten, and a category that is flagged once in
fifty thousand decisions, so that a sample which loses what is rare is caught. The day before holds as many decisions as
a reference wants. There is no chain over them, as monitoring does not read it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Engine

from models.contracts import BundleReference
from models.contracts.records import VECTOR_SIZE
from service.records.inserting import insert_rows
from service.records.ledger import write_transaction
from service.records.schema import open_database
from service.records.tables import Row, deciders, decisions

DAY_US: Final = 86_400_000_000
START_US: Final = 1_767_225_600_000_000
"""2026-01-01T00:00Z: the day begins. What the reference is made of lies in the day before."""
N_REFERENCE: Final = 20_000
GROUP: Final = 50_000
"""Rows of a transaction."""
DRAWN: Final = 500_000
"""Decisions that are drawn one by one. A longer day repeats them block by block, with times, ids and digests of their
own: the database copies a row five times as fast as it can be drawn."""
RARE: Final = "illicit/violent"
RARE_SHARE: Final = 2e-5
BUNDLE: Final = BundleReference(name="text-bench", version="1.0.0", digest="be" * 32)
LABELS: Final = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", RARE, "self-harm"),
    *("self-harm/intent", "sexual", "violence", "toxicity", "profanity", "spam"),
)
POINTS: Final = {"recall": 0.2, "balanced": 0.5, "precision": 0.9}
SPAM: Final = f"{7:016x}" * 4
"""Digest of one content in twenty."""
_DECIDER: Final = "b" * 16
_N_TEMPLATES: Final = 4_000
_N_TENANTS: Final = 20
_SURFACES: Final = np.array(["feed", "comments", "chat", "listings"], dtype=object)
_LANGUAGES: Final = np.array(["en", "es", "de", "pt", "und"], dtype=object)


@dataclass(frozen=True)
class Template:
    """Scores and what followed from them."""

    scores: str
    action: str
    review: bool
    flagged: bool


def make_store(path: Path, n_decisions: int, advance: Callable[[int], None] = lambda _: None, seed: int = 0) -> str:
    """Write a store; returns its URL.

    Args:
        path: of the SQLite file, a new one.
        n_decisions: of the day.
        advance: told how many more are written.
        seed: of everything drawn.

    """
    engine = open_database(f"sqlite:///{path}")
    rng = np.random.default_rng(seed)
    with engine.begin() as connection:
        connection.execute(deciders.insert().values(_decider()))
    maker = Maker(rng, *_templates(rng))
    _write(engine, maker, START_US - DAY_US, N_REFERENCE, advance)
    n_blocks = -(-n_decisions // DRAWN)
    _write(engine, maker, START_US, min(n_decisions, DRAWN), advance, DAY_US // n_blocks)
    for block in range(1, n_blocks):
        _repeat(engine, block, n_blocks, min(DRAWN, n_decisions - block * DRAWN))
        advance(min(DRAWN, n_decisions - block * DRAWN))
    engine.dispose()
    return f"sqlite:///{path}"


@dataclass(frozen=True)
class Maker:
    """Makes rows."""

    rng: np.random.Generator
    usual: list[Template]
    rare: Template

    def rows(self, times: np.ndarray) -> list[Row]:
        """Decisions at these times, in order."""
        n, rng = len(times), self.rng
        chars = (rng.lognormal(4.0, 0.8, n) + 1).astype(int).tolist()
        ids = _ids(times, rng)
        vectors = np.clip(rng.normal(0, 22, (n, VECTOR_SIZE)), -127, 127).astype(np.int8)
        digests = rng.integers(0, 1 << 63, n)
        digests[rng.random(n) < 0.05] = int(SPAM[:16], 16)  # noqa: PLR2004
        picked = rng.integers(0, len(self.usual), n).tolist()
        is_rare = (rng.random(n) < RARE_SHARE).tolist()
        tenants = rng.integers(0, _N_TENANTS, n).tolist()
        surfaces = rng.choice(_SURFACES, n, p=[0.5, 0.3, 0.15, 0.05]).tolist()
        languages = rng.choice(_LANGUAGES, n, p=[0.8, 0.08, 0.05, 0.03, 0.04]).tolist()
        shares = rng.beta(1.0, 20.0, (n, 4)).round(4).tolist()
        latencies = rng.lognormal(1.0, 0.4, n).round(3).tolist()
        counts = rng.poisson([0.05, 0.2], (n, 2)).tolist()
        chances = rng.random((n, 2)).tolist()
        reports = rng.integers(1, 9, n).tolist()
        rows: list[Row] = []
        for at in range(n):
            template = self.rare if is_rare[at] else self.usual[picked[at]]
            said = f'{{"user_reports":{reports[at]},"reach":{chars[at] * 3}}}' if chances[at][0] < 0.2 else None  # noqa: PLR2004
            disguised = shares[at][3] if chances[at][1] < 0.1 else 0.0  # noqa: PLR2004
            rows.append((
                ids[at], int(times[at]), f"tenant-{tenants[at]}", surfaces[at], "text", f"{digests[at]:016x}" * 4,
                chars[at], chars[at] // 4 + 2, 1, 1.0 - shares[at][0], shares[at][1], shares[at][2],
                template.scores, template.action, template.review, template.flagged, _DECIDER, latencies[at],
                None, None, None, None, None, None, None, None, None, said, None, None, None, None, None, None, None,
                languages[at], "Latn", counts[at][0], counts[at][1], 0.0, disguised,
                chances[at][0] > 0.9, vectors[at].tobytes(), None,  # noqa: PLR2004
            ))  # fmt: skip
        return rows


def _write(
    engine: Engine, maker: Maker, start_us: int, n_rows: int, advance: Callable[[int], None], span_us: int = DAY_US
) -> None:
    for first in range(0, n_rows, GROUP):
        places = np.arange(first, min(first + GROUP, n_rows))
        rows = maker.rows(start_us + places * span_us // n_rows)
        with write_transaction(engine) as connection:
            insert_rows(connection, decisions, rows)
        advance(len(rows))


def _repeat(engine: Engine, block: int, n_blocks: int, n_rows: int) -> None:
    """The first block once more, later in the day."""
    shift_us = block * (DAY_US // n_blocks)
    names = decisions.columns.keys()
    new = {
        "decision_id": (
            f"printf('%08x-%04x-', ((decided_at_us + {shift_us}) / 1000) >> 16,"
            f" ((decided_at_us + {shift_us}) / 1000) & 65535) || substr(decision_id, 15)"
        ),
        "decided_at_us": f"decided_at_us + {shift_us}",
        "content_digest": (
            f"CASE WHEN content_digest = '{SPAM}' THEN content_digest"
            f" ELSE printf('%04x', {block}) || substr(content_digest, 5) END"
        ),
    }
    chosen = ", ".join(new.get(name, name) for name in names)
    with write_transaction(engine) as connection:
        connection.exec_driver_sql(
            f"INSERT INTO decisions ({', '.join(names)}) SELECT {chosen} FROM decisions "  # noqa: S608 - names from above
            f"WHERE decided_at_us >= {START_US} AND decided_at_us < {START_US + DAY_US // n_blocks} "
            f"ORDER BY decision_id LIMIT {n_rows}"
        )


def _ids(times: np.ndarray, rng: np.random.Generator) -> list[str]:
    """UUIDs of version 7, as the service makes them."""
    milliseconds = (times // 1000).tolist()
    first, second = rng.integers(0, 1 << 12, (2, len(times))).tolist()
    last = rng.integers(0, 1 << 48, len(times)).tolist()
    return [
        f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7{a:03x}-8{b:03x}-{c:012x}"
        for ms, a, b, c in zip(milliseconds, first, second, last, strict=True)
    ]


def _templates(rng: np.random.Generator) -> tuple[list[Template], Template]:
    probs = rng.beta(0.3, 12.0, (_N_TEMPLATES, len(LABELS)))
    probs[:, LABELS.index(RARE)] /= 10.0
    harmful = np.flatnonzero(rng.random(_N_TEMPLATES) < 0.1)  # noqa: PLR2004 - one in ten
    usual_labels = [place for place, label in enumerate(LABELS) if label != RARE]
    probs[harmful, rng.choice(usual_labels, len(harmful))] = rng.beta(6.0, 3.0, len(harmful))
    rare = np.full(len(LABELS), 0.01)
    rare[LABELS.index(RARE)] = 0.95
    return [_template(row) for row in probs.clip(0, 0.999999)], _template(rare)


def _template(probs: np.ndarray) -> Template:
    top = float(probs.max())
    scores = json.dumps(dict(zip(LABELS, probs.round(6).tolist(), strict=True)), separators=(",", ":"))
    action = "remove" if top >= POINTS["precision"] else "hold" if top >= POINTS["balanced"] else "allow"
    return Template(scores, action, review=action == "hold", flagged=top >= POINTS["balanced"])


def _decider() -> dict[str, str]:
    return {
        "id": _DECIDER,
        "policy_name": "bench",
        "policy_version": "0" * 16,
        "policy_text": "",
        "bundles": json.dumps([BUNDLE.model_dump(mode="json")]),
        "thresholds": json.dumps({BUNDLE.digest: dict.fromkeys(LABELS, POINTS)}),
    }
