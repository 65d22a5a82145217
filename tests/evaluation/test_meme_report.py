from pathlib import Path

import numpy as np
import pytest

from models.evaluation.meme_report import MemeReport, render_meme_report, write_meme_report
from models.evaluation.memes import MemeScores, compare_systems

N = 60


@pytest.fixture(scope="module")
def report() -> MemeReport:
    random = np.random.default_rng(0)
    harmful = random.random(N) < 0.5
    scores = MemeScores(
        harmful=harmful,
        politics=np.arange(N) % 2 == 0,
        groups=np.arange(N),
        fold=np.arange(N) % 5,
        systems={"both": harmful + random.normal(0, 0.5, N), "one": random.normal(0, 1, N)},
    )
    comparison = compare_systems(scores, "both", seed=0, n_resamples=20)
    return MemeReport(read=comparison, transcribed=comparison, other_subject=comparison, label_disagreement=0.22)


def test_every_system_has_a_row_in_every_table(report: MemeReport) -> None:
    text = render_meme_report(report)
    assert text.count("\n| one | ") == 3


def test_the_judged_system_has_no_lead(report: MemeReport) -> None:
    line = next(line for line in render_meme_report(report).splitlines() if line.startswith("| both |"))
    assert line.endswith("|  |  |")


def test_contradicting_labels_are_told(report: MemeReport) -> None:
    assert "22% are labelled against each other" in render_meme_report(report)


def test_the_numbers_can_be_read_back(report: MemeReport, tmp_path: Path) -> None:
    write_meme_report(report, tmp_path)
    assert MemeReport.model_validate_json((tmp_path / "report.json").read_text(encoding="utf-8")) == report
