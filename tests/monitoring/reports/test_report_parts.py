"""Slices, reliability and grouping: what a report says beside the verdict."""

from datetime import UTC, datetime

import pytest

from monitoring.drift.verdicts import Slice
from monitoring.reports.grouping import group_changes
from monitoring.reports.reliability import measure_reliability
from monitoring.reports.slices import compare_slices
from tests.monitoring.conftest import make_window
from tests.monitoring.reports.conftest import make_change, make_labels, part


def test_the_traffic_of_all_slices_of_a_column_is_all_traffic() -> None:
    window = make_window(600)
    surfaces = [one for one in compare_slices(None, window) if one.part.column == "surface"]
    assert sum(one.now.traffic for one in surfaces) == pytest.approx(1)


def test_a_slice_that_the_reference_does_not_have_had_no_traffic() -> None:
    window = make_window(400, shift={"surface": "livestream"})
    one = next(one for one in compare_slices(make_window(400), window) if one.part.column == "surface")
    assert one.part.value == "livestream"
    assert one.was is not None
    assert one.was.traffic == 0
    assert one.was.flagged is None


def test_weights_count_in_shares_of_slices() -> None:
    window = make_window(400)
    window.frame.loc[window.frame["flagged"] == 1, "weight"] = 0.001
    assert all((one.now.flagged or 0) < 0.01 for one in compare_slices(None, window))


def test_an_empty_window_has_no_slices() -> None:
    assert compare_slices(make_window(100), make_window(0)) == ()


def test_calibrated_scores_lie_within_their_intervals() -> None:
    for one in measure_reliability(make_labels(400)):
        assert sum(found.low <= found.prob <= found.high for found in one.bins) >= 4
        assert sum(found.n_labels for found in one.bins) == one.n_labels == 400


def test_categories_with_few_labels_or_one_kind_of_them_are_left_out() -> None:
    labels = make_labels(60)
    labels.loc[labels["category"] == "spam", "label"] = 1.0
    assert [one.category for one in measure_reliability(labels)] == ["hate"]
    assert measure_reliability(labels.head(20)) == ()


def test_one_change_over_several_horizons_and_parts_is_told_once() -> None:
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    (group,) = group_changes(
        [
            make_change(horizon_h=24.0, since=second),
            make_change(horizon_h=1.0, since=first),
            make_change(slice=part("surface", "feed")),
        ]
    )
    assert group.change.slice == Slice()
    assert group.horizons_h == (1.0, 24.0)
    assert group.parts == (part("surface", "feed"),)
    assert group.since == first


def test_a_change_that_only_a_part_shows_is_told_of_that_part() -> None:
    feed, chat = part("surface", "feed"), part("surface", "chat")
    (group,) = group_changes([make_change(slice=feed), make_change(slice=chat)])
    assert (group.change.slice, group.parts) == (feed, (chat,))
