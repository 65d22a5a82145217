"""Markdown of suites: `REPORT.md`, and the page beside the model card that the same findings make."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from models.evaluation.suites.report import Finding, SuiteReport
from models.evaluation.suites.running import SuitesReport

JSON_FILE: Final = "report.json"
MARKDOWN_FILE: Final = "REPORT.md"
VERDICTS: Final = {True: "met", False: "**missed**", None: ""}


def write_report(report: SuitesReport, out: Path) -> Path:
    """Write `report.json` and `REPORT.md` beside the figures; the answer is the path of the latter."""
    (out / JSON_FILE).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    path = out / MARKDOWN_FILE
    path.write_text(render(report), encoding="utf-8")
    return path


def read_report(out: Path) -> SuitesReport | None:
    """The report that lies in a folder; None where there is none that this version can read."""
    try:
        return SuitesReport.model_validate_json((out / JSON_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def render(report: SuitesReport, figures: str = "") -> str:
    """The whole report. `figures` goes before every file name of a picture."""
    dataset = f"dataset `{report.dataset_digest[:12]}`" if report.dataset_digest else "without a dataset"
    title = (
        f"# What the suites found: {report.model}\n\n"
        f"Bundle `{report.model_digest[:12]}`, {dataset}. Square brackets: 95 % intervals. A target is a floor (≥) or "
        "a ceiling (≤); numbers without one are there for orientation."
    )
    sections = [title, *(section(suite, figures) for suite in report.suites), _skipped(report.skipped)]
    return "\n\n".join(part for part in sections if part) + "\n"


def write_card_page(report: SuitesReport, out: Path, page: Path) -> Path:
    """Write the findings as a page beside the model card, with copies of the pictures in `figures/` next to it.

    A bundle's own `CARD.md` is among the files that its manifest names by digest, so that nothing can be added to it
    after the export: the card points here instead.

    Args:
        report: what the suites found.
        out: folder where their pictures lie.
        page: the page to write; a page that is there is replaced.

    """
    prefix = f"{report.model}-"
    pictures = page.parent / "figures"
    pictures.mkdir(parents=True, exist_ok=True)
    for suite in report.suites:
        for name in suite.figures:
            shutil.copyfile(out / name, pictures / f"{prefix}{name}")
    page.write_text(render(report, f"figures/{prefix}"), encoding="utf-8")
    return page


def section(suite: SuiteReport, figures: str = "") -> str:
    """One suite: its findings, its tables and words, its pictures, and what it left out."""
    pictures = "\n\n".join(f"![{suite.title}: {_caption(name)}]({figures}{name})" for name in suite.figures)
    left_out = "\n".join(f"- {name}: {reason}" for name, reason in suite.skipped.items())
    parts = [
        f"## {suite.title}",
        "" if suite.limit is None else f"On a sample: `--limit {suite.limit}`.",
        findings_table(suite.findings),
        suite.body.strip(),
        pictures,
        f"Left out:\n\n{left_out}" if left_out else "",
    ]
    return "\n\n".join(part for part in parts if part)


def findings_table(findings: Sequence[Finding]) -> str:
    """Findings as a table; empty without any."""
    if not findings:
        return ""
    lines = ["| what | value | rows | target | | |", "| --- | --- | --- | --- | --- | --- |"]
    lines += [
        f"| {_cell(one.name)} | {value_text(one)} | {one.n:,} | {target_text(one)} | {VERDICTS[one.is_met]} "
        f"| {_cell(one.note)} |"
        for one in findings
    ]
    return "\n".join(lines)


def value_text(finding: Finding) -> str:
    """The number with its interval."""
    if finding.low is None or finding.high is None:
        return f"{finding.value:.3f}"
    return f"{finding.value:.3f} [{finding.low:.3f}, {finding.high:.3f}]"


def target_text(finding: Finding) -> str:
    """The target with its direction; empty without one."""
    return "" if finding.target is None else f"{'≥' if finding.at_least else '≤'} {finding.target:g}"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells; pipes in them are escaped."""
    lines = [[_cell(cell) for cell in line] for line in (header, *rows)]
    lines.insert(1, ["---"] * len(header))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _caption(name: str) -> str:
    return Path(name).stem.replace("-", " ")


def _skipped(skipped: dict[str, str]) -> str:
    if not skipped:
        return ""
    return "## Suites that did not run\n\n" + "\n".join(f"- `{name}`: {reason}" for name, reason in skipped.items())
