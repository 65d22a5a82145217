"""An assessment of made-up rounds: the model that knows wins, and the tables follow from its scores."""

import numpy as np
import pytest

from models.contracts import Box, Category, OperatingPoint, RegionKind
from models.evaluation.pictures import report
from models.evaluation.pictures.assessment import Assessment, GateSaid, Spoken, assess

N = 300


@pytest.fixture(scope="module")
def found() -> Assessment:
    rng = np.random.default_rng(2)
    labels = np.zeros((N, 3), dtype=np.int8)
    labels[::3, 0], labels[1::3, 1] = 1, 1
    rounds = np.array(["a", "b", "c"])[(np.arange(N) // 3) % 3]
    knows = rng.normal(size=(N, 3)) + 5 * labels
    boxes = [[Box(x0=0.1, y0=0.1, x1=0.6, y1=0.6)] if row[0] == 1 else [] for row in labels]
    regions = np.full((N, 1, 28, 28), 0.02)
    regions[::3, 0, 2:18, 2:18] = 0.9
    spoken = Spoken(
        rounds=rounds,
        sources=np.char.add(rounds, np.where(labels[:, 0] == 1, "-gun", np.where(labels[:, 1] == 1, "-fire", "-no"))),
        groups=np.arange(N),
        photographs=np.ones(N, dtype=bool),
        for_scores=np.ones(N, dtype=bool),
        labels=labels,
        names=("weapons", "fire", "text"),
        boxes={RegionKind.WEAPONS: boxes},
    )
    has_text = np.arange(N) % 2 == 0
    said = GateSaid(rng.normal(size=N) + 8 * has_text, has_text, rounds)
    systems = {"knows": knows, "guesses": rng.normal(size=(N, 3))}
    return assess(spoken, systems, regions, said, said, (Category.WEAPONS, Category.FIRE), seed=0)


def test_the_system_that_knows_ranks_higher(found: Assessment) -> None:
    areas = {row.system: row.roc_auc.value for row in found.unseen if row.category == "fire" and row.source == "all"}
    assert areas["knows"] > 0.98
    assert 0.4 < areas["guesses"] < 0.6


def test_every_unseen_source_of_positives_has_a_row(found: Assessment) -> None:
    sources = {row.source for row in found.unseen if row.system == "knows" and row.category == "weapons"}
    assert sources == {"all", "a-gun", "b-gun", "c-gun"}


def test_operating_points_are_ordered_probabilities(found: Assessment) -> None:
    for points in found.thresholds.categories.values():
        assert (
            0 < points[OperatingPoint.RECALL] <= points[OperatingPoint.BALANCED] <= points[OperatingPoint.PRECISION] < 1
        )


def test_places_are_measured_with_the_threshold_of_other_rounds(found: Assessment) -> None:
    assert [(row.nested, row.covered) for row in found.places] == [(True, 1.0)] * 3


def test_the_gate_misses_few_and_skips_most(found: Assessment) -> None:
    assert all(row.read_with_text >= 0.9 and row.read_without_text <= 0.1 for row in found.gate)


def test_an_assessment_survives_json_and_becomes_tables(found: Assessment) -> None:
    again = Assessment.model_validate_json(found.model_dump_json())
    assert again == found
    tables = (report.unseen_table, report.alarms_table, report.places_table, report.gate_table, report.thresholds_table)
    for table in tables:
        lines = table(again).splitlines()
        assert len({line.count("|") for line in lines}) == 1
        assert len(lines) > 2
