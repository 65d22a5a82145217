"""The same metrics of SQLite and Postgres, and of exported Parquet what decisions alone tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from monitoring.safety.measuring import measure_safety
from monitoring.safety.report import SafetyReport
from monitoring.windows.exporting import export_parquet
from monitoring.windows.source import open_source
from tests.monitoring.safety.conftest import NOW_US, PERIOD, START_US, Town, open_town


def fill(town: Town) -> None:
    for number in range(200):
        at_us = START_US + number * 1_000_000
        reached = '{"reach":100,"user_reports":2}' if number % 20 == 0 else '{"surface":"feed","reach":7}'
        action = "hold" if number % 4 == 0 else "allow"
        key = town.decide(at_us, action, context=reached, scores='{"hate":0.25}')
        if number % 2 == 0:
            town.queue(key, at_us=at_us, action=action, reach=7, sample_share=0.5)
            town.judge(key, "hold" if number % 8 == 0 else "allow", at_us)
        if number % 40 == 0:
            town.appeal(key, "overturned", at_us, at_us + 5_000_000)
    town.write()


def measured(where: str) -> SafetyReport:
    with open_source(where) as source:
        return measure_safety(source, PERIOD, now_us=NOW_US)


@pytest.fixture
def on_postgres(postgres: str) -> Iterator[Town]:
    engine = create_engine(postgres.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE safety"))
    town = open_town(postgres.format(name="safety"))
    yield town
    town.database.dispose()
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE safety WITH (FORCE)"))
    engine.dispose()


def test_postgres_and_sqlite_say_the_same(town: Town, on_postgres: Town) -> None:
    for each in (town, on_postgres):
        fill(each)
    lite, big = measured(town.url), measured(on_postgres.url)
    assert lite.values == pytest.approx(big.values)
    assert {"prevalence", "harmful_impressions", "proactive_rate", "valid_appeal_rate"} <= lite.values.keys()


def test_parquet_tells_what_decisions_alone_tell_and_says_what_the_rest_needs(town: Town, tmp_path: Path) -> None:
    fill(town)
    with open_source(town.url) as source:
        export_parquet(source, PERIOD, tmp_path / "day.parquet")
    store, file = measured(town.url), measured(str(tmp_path / "day.parquet"))
    assert file.n_decisions == 200
    assert file.values["actioned_rate"] == pytest.approx(store.values["actioned_rate"])
    assert file.values["reported_rate"] == pytest.approx(store.values["reported_rate"])
    assert file.values["user_reports"] == pytest.approx(store.values["user_reports"])
    assert "name the store instead" in (file.find("prevalence").reason or "")  # type: ignore[union-attr]
