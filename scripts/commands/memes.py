"""`weir train memes`, `weir evaluate-memes`, `weir export-joint`: the model of words and pictures together."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from models.training.memes.words import Report

USER_ERROR = 2

Run = Annotated[Path, typer.Option(help="Folder of the run.")]
TextBundle = Annotated[Path, typer.Option(help="The text bundle whose embeddings it reads.")]
ImageBundle = Annotated[Path, typer.Option(help="The image bundle whose features it reads.")]

_RUN = Path("runs/memes")
_TEXT = Path("models/bundles/text-minilm")
_IMAGE = Path("models/bundles/image-lite0")


def train(
    mirror: Annotated[Path, typer.Option(envvar="WEIR_DATA_MIRROR", help="A folder with image and text sets.")],
    config: Annotated[Path, typer.Option(help="TOML with everything that decides the run.")] = Path(
        "configs/memes.toml"
    ),
    text_bundle: TextBundle = _TEXT,
    image_bundle: ImageBundle = _IMAGE,
    cache: Annotated[Path, typer.Option(help="Where read words, embeddings and drawn posts are kept.")] = Path(
        "build/memes"
    ),
    out: Run = _RUN,
) -> None:
    """Train the joint model on memes, and everything it has to beat, in five folds.

    Reading the words of three thousand pictures takes half an hour on one core, once; a stopped run goes on where it
    stopped. With other bundles the same command embeds everything again.
    """
    from models.runtime.bundle import load_image_bundle, load_text_bundle
    from models.runtime.classifier import open_classifier
    from models.runtime.vision.classifier import open_image_classifier
    from models.runtime.vision.reading import open_reader
    from models.training.memes.config import load_memes_config
    from models.training.memes.inputs import Embedder
    from models.training.memes.run import open_sources, train_memes

    with _user_errors(), _bars() as report:
        embedder = Embedder(
            text=open_classifier(load_text_bundle(text_bundle)),
            image=open_image_classifier(load_image_bundle(image_bundle)),
            cache_dir=cache,
            report=report,
        )
        facts = train_memes(load_memes_config(config), open_sources(mirror), embedder, open_reader, out)
    Console().print(
        f"{facts.n_memes} memes, {facts.n_ordinary} ordinary posts; see {out}. Next: weir evaluate-memes",
        soft_wrap=True,
    )


def evaluate(
    run: Run = _RUN,
    out: Annotated[Path, typer.Option(help="Report folder.")] = Path("build/evaluation/memes"),
    seed: Annotated[int, typer.Option(help="Of the resamples.")] = 0,
) -> None:
    """Compare early fusion with words alone, the picture alone and late fusion, with intervals and by subject."""
    from models.evaluation.meme_report import write_meme_report
    from models.training.memes.judgement import judge

    with _user_errors():
        path = write_meme_report(judge(run, seed), out)
    Console().print(path.read_text(encoding="utf-8"), markup=False, soft_wrap=True)
    Console().print(f"Report: {path}", soft_wrap=True)


def export(
    version: Annotated[str, typer.Option(help="The bundle's version, as 0.1.0.")],
    run: Run = _RUN,
    out: Annotated[Path, typer.Option(help="The bundle's folder; a bundle that is there is replaced.")] = Path(
        "models/bundles/meme-fusion"
    ),
    name: Annotated[str, typer.Option(help="The bundle's name: lower case, digits and hyphens.")] = "meme-fusion",
    text_bundle: TextBundle = _TEXT,
    image_bundle: ImageBundle = _IMAGE,
) -> None:
    """Convert a run to ONNX, calibrate it, choose operating points that ordinary posts hardly reach, write a bundle."""
    from models.export.joint import JointRequest, export_joint
    from models.runtime.bundle import load_image_bundle, load_text_bundle

    with _user_errors():
        request = JointRequest(
            run=run,
            out=out,
            name=name,
            version=version,
            created_on=datetime.now(tz=UTC).date(),
            text=load_text_bundle(text_bundle),
            image=load_image_bundle(image_bundle),
        )
        exported = export_joint(request)
    manifest, found = exported.bundle.manifest, exported.measurement
    Console().print(f"held out: PR-AUC {found.pr_auc:.3f}, ROC-AUC {found.roc_auc:.3f}")
    Console().print(f"{manifest.name} {manifest.version}: {exported.bundle.path}", soft_wrap=True)


@contextmanager
def _user_errors() -> Iterator[None]:
    """Errors a person can cause: one line that says what to do, exit code 2, no traceback."""
    from pydantic import ValidationError

    from models.data.errors import DataError
    from models.export.errors import ExportError
    from models.runtime.bundle import BundleError
    from models.training.errors import TrainingError

    try:
        yield
    except (TrainingError, DataError, BundleError, ExportError) as error:
        raise _refused(str(error)) from error
    except ValidationError as error:
        raise _refused(f"--name or --version: {'; '.join(one['msg'] for one in error.errors())}") from error
    except KeyboardInterrupt as stopped:
        Console(stderr=True).print("Stopped. The same command goes on where it stopped.")
        raise typer.Exit(130) from stopped


def _refused(message: str) -> typer.Exit:
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(USER_ERROR)


@contextmanager
def _bars() -> "Iterator[Report]":
    """One bar a stage, on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield report
