"""Migrations on stores that are filled: old records hold, and nothing waits where an older version does not look."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, text

from service.accountability.verification import verify
from service.records import schema
from service.records.schema import open_database
from service.reviews.tables import reviews
from tests.service.rows import add_decider, decision_row, write_decisions

BEFORE_MONITORING = "0008"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    add_decider(engine)
    yield engine
    engine.dispose()


def migrate(database: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    with database.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if revision != schema.HEAD else command.upgrade)(config, revision)


def queued(decision_id: str, purpose: str) -> dict[str, Any]:
    return {
        "review_id": f"review of {decision_id}",
        "decision_id": decision_id,
        "purpose": purpose,
        "for_reviewer": "",
        "tenant": "t",
        "surface": "s",
        "action": "allow",
        "severity": 0,
        "uncertainty": 0.0,
        "reach": 0,
        "user_reports": 0,
        "created_at_us": 1,
        "queue_rank": 0.0,
        "state": "open",
        "level": 1,
    }


def test_records_from_before_monitoring_still_verify(database: Engine) -> None:
    write_decisions(database, decision_row(), decision_row())
    migrate(database, BEFORE_MONITORING)
    assert "text_vector" not in {column["name"] for column in inspect(database).get_columns("decisions")}
    migrate(database, schema.HEAD)
    write_decisions(database, decision_row(language="en", cached=True, text_vector=b"v" * 32))
    assert verify(database).valid


def test_what_was_drawn_or_suggested_waits_as_any_other_for_an_older_version(database: Engine) -> None:
    ids = write_decisions(database, decision_row(), decision_row(), decision_row())
    with database.begin() as connection:
        for decision_id, purpose in zip(ids, ("sample", "suggest", "second"), strict=True):
            connection.execute(reviews.insert().values(queued(decision_id, purpose)))
    migrate(database, BEFORE_MONITORING)
    with database.connect() as connection:
        found = connection.execute(text("SELECT purpose FROM reviews ORDER BY purpose")).scalars().all()
    assert found == ["review", "review", "second"]
