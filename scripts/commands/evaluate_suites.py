"""`weir evaluate --suite`: named measurements with targets, on a bundle."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from scripts.commands.progress import bars

if TYPE_CHECKING:
    from models.evaluation.suites.report import Finding
    from models.evaluation.suites.running import SuitesReport
    from models.runtime.classifier import TextClassifier

USER_ERROR = 2


def evaluate_suites(
    names: Sequence[str],
    bundle: Path,
    against: Path | None,
    data: Path,
    out: Path | None,
    limit: int | None,
    card: Path | None,
    *,
    as_json: bool,
) -> None:
    """Run suites on a bundle, write the report, and print the findings."""
    from models.evaluation.scorer import ScoreError
    from models.evaluation.suites.catalogue import chosen_suites
    from models.evaluation.suites.markdown import read_report, write_card_page, write_report
    from models.evaluation.suites.report import SuiteModel
    from models.evaluation.suites.running import beside_earlier, run_suites

    try:
        chosen = chosen_suites(names)
    except ValueError as error:
        raise _refused(str(error)) from error
    model = SuiteModel(
        classifier=_open(bundle),
        data=data if data.is_dir() else None,
        limit=limit,
        against=_open(against) if against is not None else None,
    )
    folder = out or Path("build/evaluation") / model.classifier.bundle.manifest.name / "suites"
    try:
        with bars() as progress:
            report = run_suites(model, chosen, folder, progress)
    except ScoreError as error:
        raise _refused(str(error)) from error
    earlier = read_report(folder)
    whole = report if earlier is None else beside_earlier(report, earlier)
    path = write_report(whole, folder)
    page = write_card_page(whole, folder, card) if card is not None else None
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
        return
    _print(report, Console())
    Console().print(f"Report: {path}", soft_wrap=True)
    if page is not None:
        Console().print(f"Page for the model card: {page}", soft_wrap=True)


def _open(path: Path) -> "TextClassifier":
    from models.runtime.bundle import BundleError, load_text_bundle
    from models.runtime.classifier import open_classifier

    try:
        return open_classifier(load_text_bundle(path))
    except BundleError as error:
        raise _refused(str(error)) from error


def _print(report: "SuitesReport", console: Console) -> None:
    from models.evaluation.suites.markdown import target_text

    for suite in report.suites:
        table = Table("what", "value", "rows", "target", "", title=suite.title, title_justify="left")
        for one in suite.findings:
            verdict = {True: "[green]met[/green]", False: "[red]missed[/red]", None: ""}[one.is_met]
            table.add_row(one.name, _value(one), f"{one.n:,}", target_text(one), verdict)
        console.print(table)
        for name, reason in suite.skipped.items():
            console.print(f"skipped {name}: {reason}", markup=False, style="dim")
    for name, reason in report.skipped.items():
        console.print(f"skipped suite {name}: {reason}", markup=False, style="dim")
    with_target = [one for suite in report.suites for one in suite.findings if one.is_met is not None]
    console.print(f"{len(with_target) - report.n_missed} of {len(with_target)} targets met.")


def _value(finding: "Finding") -> str:
    from rich.markup import escape

    from models.evaluation.suites.markdown import value_text

    return escape(value_text(finding))


def _refused(message: str) -> typer.Exit:
    """An error that the caller can mend: one line, exit code 2, no traceback."""
    Console(stderr=True).print(message, markup=False, soft_wrap=True)
    return typer.Exit(USER_ERROR)
