"""`weir evaluate`: measure a bundle or a training run against labelled data and the baselines."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.commands.evaluate_suites import evaluate_suites
from scripts.commands.progress import bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from models.contracts import Category
    from models.evaluation.results import Estimate, EvaluationResult
    from models.evaluation.scorer import Scorer
    from models.evaluation.suite import Question
    from models.training.classifier import TextClassifier

USER_ERROR = 2


@dataclass(frozen=True)
class RunScorer:
    """The best checkpoint of a training run; calibration and thresholds are fitted on the calibration split."""

    name: str
    digest: str
    classifier: "TextClassifier"
    labels: "Sequence[Category]"
    auxiliary_labels: "Sequence[str]"
    calibration: None = None
    thresholds: None = None

    def logits(self, texts: "Sequence[str]") -> "NDArray[np.float32]":
        """Raw outputs. *Shape:* `(n, k)`."""
        from models.training.predict import predict_logits

        return predict_logits(self.classifier, list(texts))


def evaluate(  # noqa: PLR0917 - one parameter an option
    bundle: Annotated[Path | None, typer.Option(help="A bundle folder, such as models/bundles/weir-text.")] = None,
    run: Annotated[Path | None, typer.Option(help="A training run's folder, such as runs/text.")] = None,
    data: Annotated[Path, typer.Option(help="The dataset that `weir data build` wrote.")] = Path("build/data/text"),
    split: Annotated[str, typer.Option(help="The split to measure on.")] = "test",
    baselines: Annotated[Path, typer.Option(help="Folder with the baselines' probabilities.")] = Path("runs/baselines"),
    out: Annotated[Path | None, typer.Option(help="Report folder. Default: build/evaluation/<name>.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many rows a split, the same ones always.")
    ] = None,
    suite: Annotated[
        list[str] | None, typer.Option(help="Run this suite on the bundle; can be given several times; or all.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="With --suite: a bundle to compare with on the same rows.")
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option(help="With --suite: also write the findings to this page, such as docs/model-card-text.md."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers of report.json.")] = False,
) -> None:
    """Measure a bundle or a run: ranking, calibration, operating points, slices, official tasks, and the baselines.

    With --suite it runs named measurements with targets instead: held-out, official, fairness, ... or all of them.
    """
    if suite:
        if bundle is None or run is not None:
            raise _refused("Suites measure a bundle: give --bundle <folder>.")
        evaluate_suites(suite, bundle, against, data, out, limit, card, as_json=as_json)
        return
    if against is not None or card is not None:
        raise _refused("--against and --card belong to --suite; name one, or all.")
    from models.evaluation.baselines import BaselineError
    from models.evaluation.report import write_report
    from models.evaluation.scorer import ScoreError
    from models.evaluation.suite import evaluate as run_suite

    scorer = _open(bundle, run)
    folder = out or Path("build/evaluation") / scorer.name
    question = _question(data, split, baselines, folder, limit)
    try:
        with bars() as report:
            evaluation = run_suite(scorer, question, report)
    except (ScoreError, BaselineError) as error:
        raise _refused(str(error)) from error
    path = write_report(evaluation, folder)
    if as_json:
        typer.echo(evaluation.result.model_dump_json(indent=2))
        return
    _print(evaluation.result, Console())
    Console().print(f"Report: {path}", soft_wrap=True)


def _open(bundle: Path | None, run: Path | None) -> "Scorer":
    if (bundle is None) == (run is None):
        raise _refused("Give one of --bundle <folder> and --run <folder>.")
    return _open_bundle(bundle) if bundle is not None else _open_run(run or Path())


def _open_bundle(path: Path) -> "Scorer":
    from models.evaluation.bundles import BundleScorer
    from models.runtime.bundle import BundleError, load_text_bundle
    from models.runtime.classifier import open_classifier

    try:
        return BundleScorer(open_classifier(load_text_bundle(path)))
    except BundleError as error:
        raise _refused(str(error)) from error


def _open_run(path: Path) -> RunScorer:
    from models.training.checkpoint import load_classifier
    from models.training.errors import CheckpointError

    best = path / "best"
    files = [best / "model.safetensors", best / "head.json"]
    if missing := [file for file in files if not file.is_file()]:
        raise _refused(f"{missing[0]} is not there; train first with `weir train text`.")
    try:
        classifier = load_classifier(best)
    except CheckpointError as error:
        raise _refused(str(error)) from error
    return RunScorer(
        name=path.resolve().name,
        digest=hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest(),
        classifier=classifier,
        labels=classifier.labels,
        auxiliary_labels=classifier.auxiliary_labels,
    )


def _question(data: Path, split: str, baselines: Path, folder: Path, limit: int | None) -> "Question":
    from models.data.errors import DataError
    from models.data.examples import Split
    from models.data.labels import AUXILIARY_LABELS
    from models.data.store import load_dataset_digest, load_split
    from models.evaluation.arrays import sample
    from models.evaluation.suite import CALIBRATION, VALIDATION, Question

    if split not in list(Split):
        raise _refused(f"--split is one of {', '.join(Split)}.")
    try:
        digest = load_dataset_digest(data)
        rows = {name: load_split(data, Split(name)) for name in dict.fromkeys((VALIDATION, CALIBRATION, split))}
    except DataError as error:
        raise _refused(str(error)) from error
    return Question(
        split=split,
        rows={name: sample(loaded, limit) if limit else loaded for name, loaded in rows.items()},
        auxiliary_labels=AUXILIARY_LABELS,
        dataset_digest=digest,
        baselines=baselines,
        cache_dir=folder / "cache",
    )


def _print(result: "EvaluationResult", console: Console) -> None:
    from models.contracts import OperatingPoint

    names = list(dict.fromkeys(name for category in result.categories for name in category.systems))
    table = Table("category", "positives", *(f"PR-AUC {name}" for name in names), "F1", "ECE")
    for category in result.categories:
        balanced = category.points.get(OperatingPoint.BALANCED)
        table.add_row(
            category.category + ("" if category.in_macro else " *"),
            f"{category.n_positives:,} / {category.n_rows:,}",
            *(_cell(category.systems[n].pr_auc) if n in category.systems else "" for n in names),
            f"{balanced.f1:.3f}" if balanced and category.systems else "",
            f"{category.calibration.ece_after:.3f}" if category.calibration else "",
        )
    mean = result.comparison or result.macro
    if mean:
        cells = (_cell(mean.systems[n].pr_auc) if n in mean.systems else "" for n in names)
        table.add_row(f"mean of {len(mean.categories)}", "", *cells, "", "", style="bold")
    console.print(table)
    tasks = Table("task", "system", "output", "metric", "score", "rows")
    for task in result.tasks:
        tasks.add_row(task.task, task.system, task.output, task.metric, _cell(task.score), f"{task.n_rows:,}")
    if result.tasks:
        console.print(tasks)


def _cell(estimate: "Estimate") -> str:
    return rf"{estimate.value:.3f} \[{estimate.low:.2f}, {estimate.high:.2f}]"


def _refused(message: str) -> typer.Exit:
    """An error that the caller can mend: one line, exit code 2, no traceback."""
    Console(stderr=True).print(message, markup=False, soft_wrap=True)
    return typer.Exit(USER_ERROR)
