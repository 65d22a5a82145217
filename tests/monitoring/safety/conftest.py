"""A store as the service makes it, filled with decisions whose truth is known, and reviewers who look at some."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from monitoring.windows.source import Source, open_source
from monitoring.windows.window import DAY_US, Period
from service.identity import UuidSource
from service.records.schema import open_database
from service.records.tables import deciders, decisions
from service.reviews.tables import appeals, golden_items, review_labels, review_verdicts, reviews

START_US = 1_790_000_000_000_000
PERIOD = Period(START_US, START_US + DAY_US)
NOW_US = PERIOD.end_us
new_id = UuidSource()


@dataclass
class Town:
    """A deployment: rows to write, and the store that they end up in."""

    url: str
    database: Engine
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: Any, **values: Any) -> None:
        self.rows.setdefault(table.name, []).append(values)

    def decide(self, at_us: int = START_US, action: str = "allow", **given: Any) -> str:
        """A decision; returns its id."""
        usual: dict[str, Any] = {
            "decision_id": new_id(),
            "decided_at_us": at_us,
            "tenant": "t",
            "surface": "feed",
            "modalities": "text",
            "content_digest": "0" * 64,
            "scores": "{}",
            "action": action,
            "review": False,
            "flagged": action != "allow",
            "decider_id": "d",
            "latency_ms": 10.0,
            "content_id": None,
            "context": None,
            "reasons": None,
        }
        row = {**usual, **given}
        self.add(decisions, **row)
        return str(row["decision_id"])

    def queue(self, decision_id: str, purpose: str = "sample", at_us: int = START_US, **given: Any) -> None:
        usual: dict[str, Any] = {
            "review_id": new_id(),
            "decision_id": decision_id,
            "purpose": purpose,
            "for_reviewer": "",
            "tenant": "t",
            "surface": "feed",
            "action": "allow",
            "severity": 0,
            "uncertainty": 0.0,
            "reach": 0,
            "user_reports": 0,
            "created_at_us": at_us,
            "queue_rank": 0.0,
            "state": "open",
            "level": 1,
            "sample_share": None,
            "decided_at_us": None,
        }
        self.add(reviews, **(usual | given))

    def judge(self, decision_id: str, action: str, at_us: int = START_US + 1, **given: Any) -> None:
        usual: dict[str, Any] = {
            "verdict_id": new_id(),
            "decision_id": decision_id,
            "tenant": "t",
            "source": "review",
            "verdict": "uphold",
            "action": action,
            "labels": "{}",
            "reviewer": "anna",
            "level": 1,
            "at_us": at_us,
        }
        self.add(review_verdicts, **(usual | given))

    def label(self, decision_id: str, category: str, value: str, at_us: int = START_US + 1, **given: Any) -> None:
        usual: dict[str, Any] = {
            "label_id": new_id(),
            "decision_id": decision_id,
            "tenant": "t",
            "category": category,
            "value": value,
            "reviewer": "anna",
            "source": "review",
            "is_derived": False,
            "at_us": at_us,
            "policy_name": "p",
            "policy_version": "v",
            "bundles": "[]",
            "prob": None,
        }
        self.add(review_labels, **(usual | given))

    def appeal(self, decision_id: str, state: str, opened_at_us: int, decided_at_us: int | None) -> None:
        self.add(
            appeals,
            appeal_id=new_id(),
            decision_id=decision_id,
            tenant="t",
            state=state,
            has_statement=False,
            opened_by="k",
            opened_at_us=opened_at_us,
            decided_at_us=decided_at_us,
        )

    def mark_golden(self, decision_id: str, action: str | None, labels: dict[str, str]) -> None:
        at_us, known = START_US, json.dumps(labels)
        self.add(
            golden_items, decision_id=decision_id, tenant="t", action=action, labels=known, marked_by="m", at_us=at_us
        )

    def write(self) -> None:
        """Bring what was added into the store."""
        tables = {
            table.name: table for table in (decisions, reviews, review_verdicts, review_labels, appeals, golden_items)
        }
        with self.database.begin() as connection:
            for name, rows in self.rows.items():
                connection.execute(tables[name].insert(), rows)
        self.rows.clear()


def open_town(url: str) -> Town:
    database = open_database(url)
    with database.begin() as connection:
        connection.execute(
            deciders.insert().values(id="d", policy_name="p", policy_version="v", policy_text="t", bundles="[]")
        )
    return Town(url, database)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, as migrations take most of the time of a small test."""
    path = tmp_path_factory.mktemp("store") / "weir.db"
    made = open_town(f"sqlite:///{path}")
    with made.database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.database.dispose()
    return path


@pytest.fixture
def town(tmp_path: Path, empty_store: Path) -> Iterator[Town]:
    path = shutil.copy(empty_store, tmp_path / "weir.db")
    made = Town(f"sqlite:///{path}", open_database(f"sqlite:///{path}"))
    yield made
    made.database.dispose()


@pytest.fixture
def source(town: Town) -> Iterator[Source]:
    with open_source(town.url) as opened:
        yield opened


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
