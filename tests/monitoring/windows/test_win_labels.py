import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from monitoring.windows.exporting import export_parquet
from monitoring.windows.labels import COLUMNS, read_labels
from monitoring.windows.reading import read_window
from monitoring.windows.source import open_source
from monitoring.windows.window import HOUR_US, Period
from service.records.schema import open_database
from service.records.tables import decisions
from service.reviews.tables import review_labels, reviews
from tests.monitoring.conftest import BUNDLE_DIGEST, START_US, make_records, write_store

DAY = Period(START_US, START_US + 24 * HOUR_US)
Said = Sequence[tuple[int, str, str, str]]
"""Place of the decision, category, value, reviewer; in the order of time."""


def say(engine: Engine, records: Sequence[dict[str, Any]], said: Said, purposes: Sequence[str] = ()) -> None:
    """Labels of some decisions, and the queue that they came through."""
    with engine.begin() as connection:
        for number, (place, category, value, reviewer) in enumerate(said):
            connection.execute(
                review_labels.insert().values(
                    label_id=f"{number:04d}", decision_id=records[place]["decision_id"], tenant="t0",
                    category=category, value=value, reviewer=reviewer, source="review", is_derived=False, at_us=number,
                    policy_name="p", policy_version="v", bundles=json.dumps([BUNDLE_DIGEST]), prob=0.25,
                )
            )  # fmt: skip
        for place, purpose in enumerate(purposes):
            connection.execute(
                reviews.insert().values(
                    review_id=f"r{place}", decision_id=records[place % len(records)]["decision_id"], purpose=purpose,
                    for_reviewer="", tenant="t", surface="feed", action="allow", severity=0, uncertainty=0.0, reach=0,
                    user_reports=0, created_at_us=records[place % len(records)]["decided_at_us"], queue_rank=0.0,
                    state="pending", level=1,
                )
            )  # fmt: skip


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'weir.db'}"
    pattern: str = request.getfixturevalue("postgres")
    import psycopg

    name = f"t{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(pattern.format(name="postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return pattern.format(name=name)


def labels(url: str, records: Sequence[dict[str, Any]], said: Said, purposes: Sequence[str] = ()) -> pd.DataFrame:
    write_store(url, records)
    engine = open_database(url)
    say(engine, records, said, purposes or ["review"] * len(records))
    engine.dispose()
    with open_source(url) as source:
        return read_labels(source, DAY)


def test_the_majority_of_the_reviewers_last_words_is_the_label(url: str) -> None:
    said = [(0, "hate", "no", "a"), (0, "hate", "yes", "b"), (0, "hate", "yes", "c"), (0, "hate", "yes", "a")]
    said += [(1, "hate", "yes", "a"), (1, "hate", "unsure", "a"), (2, "hate", "yes", "a"), (2, "hate", "no", "b")]
    said += [(2, "hate", "no", "c")]
    found = labels(url, make_records(3), said)
    assert found["label"].tolist() == [1.0, 0.0]
    np.testing.assert_allclose(found["agreement"], [1.0, 2 / 3])


def test_the_last_word_breaks_a_tie(url: str) -> None:
    found = labels(url, make_records(1), [(0, "hate", "no", "a"), (0, "hate", "yes", "b")])
    assert found[["label", "agreement"]].to_numpy().tolist() == [[1.0, 0.5]]


def test_a_label_says_where_it_came_from_and_the_random_sample_goes_first(url: str) -> None:
    records = make_records(4)
    said = [(place, "spam", "yes", "a") for place in range(4)]
    found = labels(
        url, records, said, ["review", "sample", "suggest", "review", "second", "second", "second", "sample"]
    )
    assert found["origin"].tolist() == ["review", "sample", "suggested", "sample"]
    assert found.columns.tolist() == list(COLUMNS)
    assert found["bundle"].tolist() == [BUNDLE_DIGEST] * 4


def test_decisions_of_other_periods_have_no_labels_here(url: str) -> None:
    records = make_records(2)
    records[1]["decided_at_us"] = DAY.end_us
    found = labels(url, records, [(0, "spam", "yes", "a"), (1, "spam", "yes", "a")])
    assert found["decision_id"].tolist() == [records[0]["decision_id"]]


def test_a_decision_that_was_purged_keeps_its_labels(url: str) -> None:
    records = make_records(2)
    write_store(url, records)
    engine = open_database(url)
    say(engine, records, [(0, "spam", "yes", "a"), (1, "spam", "no", "a")], ["review", "review"])
    with engine.begin() as connection:
        connection.execute(decisions.delete().where(decisions.c.decision_id == records[0]["decision_id"]))
    engine.dispose()
    with open_source(url) as source:
        assert read_labels(source, DAY)["label"].tolist() == [1.0, 0.0]


def test_without_labels_the_frame_is_empty_and_typed(url: str) -> None:
    found = labels(url, make_records(1), [])
    assert found.empty
    assert found.columns.tolist() == list(COLUMNS)


def test_a_window_and_its_export_are_the_same_from_every_database(url: str, tmp_path) -> None:
    records = make_records(400)
    write_store(url, records)
    with open_source(url) as source:
        window = read_window(source, DAY, max_rows=150)
        export_parquet(source, DAY, tmp_path / "all.parquet")
    with open_source(write_store(f"sqlite:///{tmp_path / 'other.db'}", records)) as source:
        other = read_window(source, DAY, max_rows=150)
    with open_source(str(tmp_path / "all.parquet")) as source:
        exported = read_window(source, DAY, max_rows=150)
        assert read_labels(source, DAY).empty
    pd.testing.assert_frame_equal(window.frame, other.frame)
    pd.testing.assert_frame_equal(window.frame, exported.frame)
    np.testing.assert_array_equal(window.text_vectors, exported.text_vectors)


def test_no_statement_through_a_source_can_write(url: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    write_store(url, make_records(1))
    with open_source(url) as source:
        assert source.database is not None
        with source.database.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text("DELETE FROM decisions"))
