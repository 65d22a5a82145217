"""Rows of decisions for tests: whole, plausible, with a true commitment."""

import time
from typing import Any, Final

from sqlalchemy import Engine

from service.identity import UuidSource
from service.records.commitments import COLUMNS, PERSONAL, commit
from service.records.committing import commit_group
from service.records.tables import Row, deciders
from service.records.unit import Unit

NEW_ID: Final = UuidSource()
DECIDER: Final = "d" * 16
BUNDLES: Final = '[{"digest": "%s", "name": "hashing", "version": "1.0.0"}]' % ("0" * 64)


def decision_row(**given: Any) -> Row:
    """One decision on a text; what is given replaces what is usual."""
    values: dict[str, Any] = {
        **dict.fromkeys(COLUMNS),
        "decision_id": NEW_ID(),
        "decided_at_us": time.time_ns() // 1000,
        "tenant": "t",
        "surface": "s",
        "modalities": "text",
        "content_digest": "0" * 64,
        "n_chars": 1,
        "n_tokens": 1,
        "n_windows": 1,
        "ascii_share": 1.0,
        "upper_share": 0.0,
        "digit_share": 0.0,
        "scores": '{"toxicity":0.123457}',
        "action": "allow",
        "review": False,
        "flagged": False,
        "decider_id": DECIDER,
        "latency_ms": 1.5,
        "salt": b"s" * 16,
    }
    values |= given
    if values["salt"] is not None and "personal" not in given:
        values["personal"] = commit([values[name] for name in PERSONAL], values["salt"])
    return tuple(values[name] for name in COLUMNS)


def add_decider(database: Engine) -> None:
    """Whom the rows name."""
    with database.begin() as connection:
        connection.execute(
            deciders.insert().values(
                id=DECIDER, policy_name="p", policy_version="v", policy_text="t", bundles=BUNDLES, thresholds="{}"
            )
        )


def write_decisions(database: Engine, *rows: Row) -> list[str]:
    """Write and chain rows in one transaction; returns their ids."""
    unit = Unit(rows)
    commit_group(database, [unit])
    return [str(row[0]) for row in rows]
