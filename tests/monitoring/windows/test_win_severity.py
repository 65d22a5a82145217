"""Severity is the service's: what it answers with is what monitoring reads back."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import CATEGORIES
from monitoring.windows.deciders import read_deciders
from monitoring.windows.records import window_from_records
from monitoring.windows.scores import severities
from service.policy.severity import severity
from tests.monitoring.conftest import DECIDER_ROW, LABELS, known_deciders, make_records

probs = st.floats(0, 1)
points = st.tuples(probs, probs, probs).map(lambda three: tuple(sorted(three)))


@given(probs, points)
def test_severity_is_the_one_of_the_service(prob: float, rising: tuple[float, float, float]) -> None:
    assert severities(np.array([[prob]]), np.array([rising]))[0, 0] == severity(prob, rising)


def test_a_probability_on_a_point_has_passed_it() -> None:
    rising = np.array([[0.2, 0.5, 0.9]])
    given = np.array([[0.2], [0.5], [0.9], [np.nan]])
    assert severities(given, rising).ravel().tolist() == [2, 4, 6, -1]


def test_the_highest_severity_of_all_categories_is_the_decisions() -> None:
    record = make_records(1)[0] | {"scores": json.dumps(dict.fromkeys(LABELS, 0.1) | {"spam": 0.6})}
    assert window_from_records([record], deciders=known_deciders()).frame["severity"].tolist() == ["4"]


def test_every_part_is_judged_by_the_thresholds_of_its_own_bundle() -> None:
    image = "cd" * 32
    tables = {image: {"weapons": {"recall": 0.01, "balanced": 0.02, "precision": 0.03}}}
    row = DECIDER_ROW | {"thresholds": json.dumps(json.loads(str(DECIDER_ROW["thresholds"])) | tables)}
    record = make_records(1)[0] | {
        "scores": '{"weapons":0.025}',
        "signals": json.dumps([[image, "image", [0.025]]]),
    }
    assert window_from_records([record], deciders=read_deciders([row])).frame["severity"].tolist() == ["4"]


def test_known_content_is_of_the_highest_severity() -> None:
    record = make_records(1)[0] | {"scores": '{"hate":1.0}', "sources": '{"hate":"known_content"}', "signals": "[]"}
    assert window_from_records([record], deciders=known_deciders()).frame["severity"].tolist() == ["6"]


def test_without_thresholds_severity_is_not_known() -> None:
    assert window_from_records(make_records(1)).frame["severity"].isna().tolist() == [True]


def test_the_columns_of_scores_follow_the_taxonomy() -> None:
    record = make_records(1)[0] | {"scores": json.dumps({category.value: 0.5 for category in CATEGORIES})}
    assert window_from_records([record]).frame["n_scored"].tolist() == [float(len(CATEGORIES))]
