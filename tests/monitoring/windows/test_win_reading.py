from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from monitoring.drift.verdicts import Slice
from monitoring.errors import SourceError
from monitoring.windows.columns import COLUMNS, KEYS, Kind
from monitoring.windows.reading import join_periods, read_window, read_windows
from monitoring.windows.source import open_source
from monitoring.windows.window import HOUR_US, Period
from tests.monitoring.conftest import BUNDLE_DIGEST, START_US, make_records, make_window, write_store

DAY = Period(START_US, START_US + 24 * HOUR_US)
EVENING = Period(DAY.end_us - 6 * HOUR_US, DAY.end_us)
Store = Callable[..., str]


def test_a_window_has_every_column_in_its_type(make_store: Store) -> None:
    with open_source(make_store(300)) as source:
        frame = read_window(source, DAY).frame
    assert set(frame.columns) == {*KEYS, *(column.name for column in COLUMNS)}
    types = {Kind.CATEGORY: "category", Kind.PROBABILITY: "float32"}
    assert all(frame[column.name].dtype == types.get(column.kind, "float64") for column in COLUMNS)


def test_a_window_from_a_store_is_the_one_from_its_records(make_store: Store) -> None:
    with open_source(make_store(500, 3)) as source:
        read = read_window(source, DAY)
    made = make_window(500, 3)
    pd.testing.assert_frame_equal(read.frame, made.frame)
    np.testing.assert_array_equal(read.text_vectors, made.text_vectors)
    assert (read.totals, read.bundles, read.n_decisions) == (made.totals, made.bundles, made.n_decisions)


def test_a_period_begins_with_its_start_and_ends_before_its_end(tmp_path) -> None:
    records = make_records(3)
    for record, at_us in zip(records, (10, 20, 30), strict=True):
        record["decided_at_us"] = at_us
    with open_source(write_store(f"sqlite:///{tmp_path / 's.db'}", records)) as source:
        assert read_window(source, Period(10, 30)).frame["decided_at_us"].tolist() == [10, 20]


def test_chunks_make_no_difference(make_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_store(1_000)
    with open_source(url) as source:
        at_once = read_window(source, DAY, max_rows=200)
        monkeypatch.setattr("monitoring.windows.database.CHUNK", 37)
        in_chunks = read_window(source, DAY, max_rows=200)
    pd.testing.assert_frame_equal(at_once.frame, in_chunks.frame)
    assert at_once.totals == in_chunks.totals


def test_decisions_of_one_microsecond_are_all_read(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [record | {"decided_at_us": START_US} for record in make_records(50)]
    monkeypatch.setattr("monitoring.windows.database.CHUNK", 7)
    with open_source(write_store(f"sqlite:///{tmp_path / 's.db'}", records)) as source:
        assert sorted(read_window(source, DAY).frame["decision_id"]) == sorted(r["decision_id"] for r in records)


def test_nested_windows_of_one_pass_are_those_of_several(make_store: Store) -> None:
    with open_source(make_store(800)) as source:
        together = read_windows(source, [DAY, EVENING], max_rows=200)
        alone = [read_window(source, period, max_rows=200) for period in (DAY, EVENING)]
    for one, other in zip(together, alone, strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame)
        assert one.totals == other.totals


def test_the_same_seed_gives_the_same_rows_and_another_one_others(make_store: Store) -> None:
    with open_source(make_store(800)) as source:
        ids = [set(read_window(source, DAY, max_rows=100, seed=seed).frame["decision_id"]) for seed in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]


def test_a_slice_holds_that_part_alone_and_counts_it(make_store: Store) -> None:
    with open_source(make_store(800)) as source:
        whole = read_window(source, DAY)
        part = read_window(source, DAY, part=Slice(column="surface", value="chat"))
    assert set(part.frame["surface"]) == {"chat"}
    assert part.n_decisions == whole.totals.counts["surface"]["chat"]


def test_a_slice_by_what_is_no_word_is_refused(make_store: Store) -> None:
    with open_source(make_store(10)) as source, pytest.raises(SourceError, match="no slices by n_chars"):
        read_window(source, DAY, part=Slice(column="n_chars", value="1"))


def test_everything_is_counted_however_small_the_sample(make_store: Store) -> None:
    with open_source(make_store(2_000)) as source:
        whole, sample = read_window(source, DAY), read_window(source, DAY, max_rows=100)
    assert sample.n_rows <= 100
    assert sample.is_sampled
    assert sample.totals == whole.totals
    assert sum(sample.totals.by_hour.values()) == sample.n_decisions == 2_000
    assert sample.frame["weight"].sum() == pytest.approx(2_000)


def test_an_empty_window_is_one_without_decisions(make_store: Store) -> None:
    with open_source(make_store(10)) as source:
        window = read_window(source, Period(0, HOUR_US))
    assert (window.n_decisions, window.n_rows) == (0, 0)
    assert set(window.frame.columns) == {*KEYS, *(column.name for column in COLUMNS)}


def test_one_decision_is_a_window(make_store: Store) -> None:
    with open_source(make_store(1)) as source:
        window = read_window(source, DAY)
    assert window.frame["weight"].tolist() == [1.0]


def test_bundles_are_named_by_their_digests(make_store: Store) -> None:
    with open_source(make_store(10)) as source:
        assert read_window(source, DAY).bundles == {BUNDLE_DIGEST: "text-test 1.0.0"}


def test_content_that_came_before_is_repeated(tmp_path) -> None:
    records = make_records(4)
    for record, digest in zip(records, ("a" * 64, "b" * 64, "a" * 64, ""), strict=True):
        record["content_digest"] = digest
    with open_source(write_store(f"sqlite:///{tmp_path / 's.db'}", records)) as source:
        repeated = read_window(source, DAY).frame["repeated"]
    np.testing.assert_array_equal(repeated, [0.0, 0.0, 1.0, np.nan])


def test_what_the_caller_said_is_read_and_what_was_erased_is_not_zero(tmp_path) -> None:
    said = '{"user_reports":3,"reach":70,"kind":"post","locale":"de-AT"}'
    records = make_records(3)
    records[0]["context"], records[1]["context"] = said, None
    records[2] |= {"context": None, "erased_at_us": START_US}
    with open_source(write_store(f"sqlite:///{tmp_path / 's.db'}", records)) as source:
        frame = read_window(source, DAY).frame
    np.testing.assert_array_equal(frame["user_reports"], [3.0, 0.0, np.nan])
    np.testing.assert_array_equal(frame["reach"], [70.0, np.nan, np.nan])
    assert frame["kind"].tolist()[0] == "post"


def test_scores_that_cannot_be_read_are_missing_and_told_of(tmp_path) -> None:
    records = make_records(5)
    records[1]["scores"] = "{broken"
    records[2]["scores"] = '{"hate": 7}'
    with open_source(write_store(f"sqlite:///{tmp_path / 's.db'}", records)) as source:
        window = read_window(source, DAY)
    assert window.frame["score:hate"].isna().tolist() == [False, True, True, False, False]
    assert window.notes == ("the scores of 2 decisions cannot be read; they are missing here",)


def test_a_category_that_was_not_scored_is_missing_and_not_zero(tmp_path) -> None:
    records = make_records(2)
    records[1]["scores"] = '{"hate":0.3}'
    with open_source(write_store(f"sqlite:///{tmp_path / 's.db'}", records)) as source:
        frame = read_window(source, DAY).frame
    assert frame["score:spam"].isna().tolist() == [False, True]
    assert frame["n_scored"].tolist() == [6.0, 1.0]


def test_periods_are_joined_where_they_touch() -> None:
    periods = [Period(5, 9), Period(0, 3), Period(2, 5), Period(12, 13), Period(20, 20)]
    assert join_periods(periods) == [Period(0, 9), Period(12, 13)]


def test_a_number_that_is_none_is_missing(tmp_path) -> None:
    records = make_records(3)
    records[1]["n_chars"] = "many"
    with open_source(write_store(f"sqlite:///{tmp_path / 's.db'}", records)) as source:
        assert read_window(source, DAY).frame["n_chars"].isna().tolist() == [False, True, False]
