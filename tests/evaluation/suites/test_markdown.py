from pathlib import Path

from models.evaluation.suites.markdown import findings_table, markdown_table, render, write_card_page, write_report
from models.evaluation.suites.report import Finding, SuiteReport
from models.evaluation.suites.running import SuitesReport

FINDING = Finding(name="hate: PR-AUC", value=0.5, low=0.4, high=0.6, n=1200, target=0.6, note="a | b")
SUITE = SuiteReport(
    suite="held-out",
    title="Held-out",
    findings=(FINDING,),
    body="Words.",
    figures=("a-figure.png",),
    skipped={"spam": "no rows"},
)
REPORT = SuitesReport(
    model="tiny",
    model_digest="a" * 64,
    dataset_digest="b" * 64,
    suites=(SUITE,),
    skipped={"context": "this version has no such suite yet"},
)


def test_a_finding_is_one_line_with_its_interval_target_and_verdict() -> None:
    line = findings_table([FINDING]).splitlines()[-1]
    assert line == r"| hate: PR-AUC | 0.500 [0.400, 0.600] | 1,200 | ≥ 0.6 | **missed** | a \| b |"


def test_a_ceiling_that_is_kept_is_met() -> None:
    ceiling = FINDING.model_copy(update={"at_least": False})
    assert "| ≤ 0.6 | met |" in findings_table([ceiling])


def test_a_report_names_what_was_left_out() -> None:
    text = render(REPORT)
    assert "- spam: no rows" in text
    assert "- `context`: this version has no such suite yet" in text
    assert REPORT.n_missed == 1


def test_the_report_is_written_for_people_and_for_programs(tmp_path: Path) -> None:
    path = write_report(REPORT, tmp_path)
    assert path.read_text(encoding="utf-8") == render(REPORT)
    assert SuitesReport.model_validate_json((tmp_path / "report.json").read_text()) == REPORT


def test_the_page_beside_the_card_has_its_pictures_in_a_folder_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a-figure.png").write_bytes(b"png")
    page = write_card_page(REPORT, tmp_path, tmp_path / "docs" / "model-card-text.md")
    assert "(figures/tiny-a-figure.png)" in page.read_text(encoding="utf-8")
    assert (tmp_path / "docs" / "figures" / "tiny-a-figure.png").read_bytes() == b"png"


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert markdown_table(["a"], [["x|y"]]).splitlines()[-1] == r"| x\|y |"
