from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Category, OperatingPoint
from models.data.examples import Split
from models.data.labels import Auxiliary
from models.evaluation.suites.rows import SuiteSkippedError
from models.evaluation.suites.severity import levels, run

POINTS = {OperatingPoint.RECALL: 0.1, OperatingPoint.BALANCED: 0.33, OperatingPoint.PRECISION: 0.8}


def degrees(mild, severe, n=30):
    made = []
    for i in range(n):
        made += [
            (Split.TEST, "jigsaw", f"plain {i}", {Category.TOXICITY: 0, Auxiliary.SEVERE: 0}),
            (Split.TEST, "jigsaw", f"{mild} m{i}", {Category.TOXICITY: 1, Auxiliary.SEVERE: 0}),
            (Split.TEST, "jigsaw", f"{severe} s{i}", {Category.TOXICITY: 1, Auxiliary.SEVERE: 1}),
        ]
    return made


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=30))
def test_a_level_never_falls_when_the_probability_rises(probs) -> None:
    found = levels(np.sort(np.array(probs)), POINTS)
    assert (np.diff(found) >= 0).all()
    assert set(found.tolist()) <= {0, 1, 2, 3}


def test_a_level_counts_the_points_that_were_passed() -> None:
    assert levels(np.array([0.05, 0.1, 0.5, 0.8]), POINTS).tolist() == [0, 1, 2, 3]


def test_severe_rows_above_mild_ones_are_a_rise(make_model, tmp_path, progress) -> None:
    report = run(make_model(degrees("rude", "vile")), tmp_path, progress)
    found = {finding.name: finding for finding in report.findings}
    assert found["toxicity in jigsaw: mean level, severe minus mild"].value == pytest.approx(1.0)
    assert found["toxicity in jigsaw: AUC of toxicity, severe above mild"].value == 1.0
    assert (tmp_path / report.figures[0]).is_file()


def test_a_small_limit_keeps_rows_of_every_degree(make_model, tmp_path, progress) -> None:
    report = run(replace(make_model(degrees("rude", "vile")), limit=9), tmp_path, progress)
    assert report.findings[0].n == 6


def test_severe_rows_below_mild_ones_miss_the_target(make_model, tmp_path, progress) -> None:
    report = run(make_model(degrees("vile", "rude")), tmp_path, progress)
    assert report.findings[0].is_met is False


def test_a_threat_is_held_against_the_highest_level_of_any_category(make_model, tmp_path, progress) -> None:
    rows = []
    for i in range(30):
        rows += [
            (Split.TEST, "gab", f"rude m{i}", {Category.HATE: 1, Category.HATE_THREATENING: 0}),
            (Split.TEST, "gab", f"vile t{i}", {Category.HATE: 1, Category.HATE_THREATENING: 1}),
        ]
    first = run(make_model(rows), tmp_path, progress).findings[0]
    assert (first.name, first.value, first.target) == ("threats in hate: mean level, severe minus mild", 1.0, None)


def test_a_dataset_without_degrees_is_skipped(make_model, tmp_path, progress) -> None:
    with pytest.raises(SuiteSkippedError, match="severe"):
        run(make_model([(Split.TEST, "jigsaw", "plain", {Category.TOXICITY: 0})]), tmp_path, progress)
