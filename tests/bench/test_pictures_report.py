"""The section of the benchmark of pictures."""

import json
from pathlib import Path

import pytest

from scripts.bench.machine import Machine
from scripts.bench.pictures import PictureReport, PictureSettings
from scripts.bench.pictures_costs import KINDS, STAGES, StageCost
from scripts.bench.pictures_loads import LOADS
from scripts.bench.pictures_report import picture_section, picture_sheets
from scripts.bench.pictures_results import Checked, PictureMeasurement

MACHINE = Machine("2026-01-02", "Some CPU", 2, 8.0, "3.11.0", "6.1", {"numpy": "2.4.0"}, 0.02)


def report(cpu_ms: float = 20.0) -> PictureReport:
    measurements = tuple(
        PictureMeasurement(load.name, number, 30.0, (5.0, 6.0), cpu_ms, 50.0, 0, Checked(0, 16, 0), 700.0)
        for number in range(3)
        for load in LOADS
    )
    stages = tuple(
        StageCost(kind, stage, None if stage == "OCR" and kind != "meme" else 1.5, 1.0, 2.0)
        for stage in STAGES
        for kind in KINDS
    )
    settings = PictureSettings((Path("image-lite0"),), LOADS, repeats=3)
    return PictureReport(settings, MACHINE, ("image-lite0 0.1.0",), measurements, stages, 60.0)


def test_the_section_has_a_row_a_load_a_row_a_stage_and_the_date():
    section = picture_section(report())
    for name in [*(load.title for load in LOADS), *STAGES]:
        assert section.count(f"| {name} |") == 1
    assert "2026-01-02" in section
    assert "image-lite0 0.1.0" in section


@pytest.mark.parametrize(("cpu_ms", "verdict"), [(39.9, "The demand is met"), (40.0, "Missed by: a photograph, JPEG")])
def test_the_section_says_whether_the_demand_is_met(cpu_ms, verdict):
    assert verdict in picture_section(report(cpu_ms))


def test_a_stage_that_was_skipped_is_no_zero():
    stages = picture_sheets(report())[1]
    (ocr,) = [row for row in stages.rows if row[0] == "OCR"]
    assert ocr[1:] == ("-", "-", "1.50 (1.00 to 2.00)")


def test_the_last_row_of_stages_is_their_sum():
    stages = picture_sheets(report())[1]
    n_stages = len(STAGES)
    assert stages.rows[-1][1:] == (*[f"{1.5 * (n_stages - 1):.2f}"] * 2, f"{1.5 * n_stages:.2f}")


def test_json_survives_serialisation():
    numbers = json.loads(json.dumps(report().as_json()))
    assert numbers["errors"] == 0
    assert len(numbers["results"]) == len(LOADS)
    assert len(numbers["stages"]) == len(STAGES) * len(KINDS)
