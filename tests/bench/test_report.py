"""The JSON, the tables, the section and the chart of a run."""

import json
from pathlib import Path

import pytest

from scripts.bench.corpus import length_profile
from scripts.bench.machine import Machine
from scripts.bench.report import serve_section, serve_tables
from scripts.bench.results import RATIOS, Measurement
from scripts.bench.rounds import ServeSettings
from scripts.bench.scenarios import SCENARIOS
from scripts.bench.serving import ClientCost, ServeReport
from scripts.bench.systems import SYSTEMS


@pytest.fixture
def report() -> ServeReport:
    names = ["raw", *(system.name for system in SYSTEMS)]
    measurements = tuple(
        Measurement(name, scenario.name, number, 100.0 * (index + 1) + number, 50.0, 1.5, 2.5, 10)
        for number in range(3)
        for scenario in SCENARIOS
        for index, name in enumerate(names)
    )
    return ServeReport(
        settings=ServeSettings(Path("bundle"), SYSTEMS, with_raw=True, scenarios=SCENARIOS, n_workers=2),
        machine=Machine("2026-01-02", "Some CPU", 2, 8.0, "3.11.0", "6.1", {"numpy": "2.4.0"}, 0.02),
        bundle_name="text 1.0.0",
        bundle_digest="ab" * 32,
        lengths=length_profile([3, 20, 200]),
        client=ClientCost(50_000.0, 10.0),
        measurements=measurements,
        seconds_taken=12.0,
    )


def test_json_has_the_promised_keys_and_survives_serialisation(report):
    numbers = json.loads(json.dumps(report.as_json()))
    assert {*RATIOS, "errors"} <= set(numbers)
    assert numbers["ratio_raw_single_c64"] == pytest.approx(201 / 101, abs=1e-4)
    assert numbers["errors"] == 0
    assert len(numbers["results"]) == len(SCENARIOS) * (len(SYSTEMS) + 1)


def test_the_section_names_date_machine_versions_settings_and_every_system(report):
    section = serve_section(report, "figures/chart.png")
    assert "2026-01-02" in section
    assert "2 cores of Some CPU" in section
    assert "numpy 2.4.0" in section
    assert "MAX_BATCH_SIZE=" in section
    assert "(figures/chart.png)" in section
    for system in SYSTEMS:
        assert section.count(f"| {system.title} |") >= len(SCENARIOS)


def test_there_is_a_table_for_each_load_and_one_of_ratios(report):
    assert len(serve_tables(report)) == len(SCENARIOS) + 1


def test_the_chart_is_a_png(report, tmp_path):
    pytest.importorskip("matplotlib")
    from scripts.bench.chart import draw_serving

    draw_serving(report, tmp_path / "figures" / "chart.png")
    assert (tmp_path / "figures" / "chart.png").read_bytes().startswith(b"\x89PNG")
