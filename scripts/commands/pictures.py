"""`weir train image`, `weir train image-baselines`, `weir evaluate-image`: the image model, start to numbers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.commands.progress import bars

USER_ERROR = 2

Config = Annotated[Path, typer.Option(help="TOML with everything that decides the run.")]
Data = Annotated[Path, typer.Option(help="A set that `weir data build-images` made.")]
Mirror = Annotated[
    Path, typer.Option(envvar="WEIR_DATA_MIRROR", help="Folder of the data sets, the one with labels.csv or above it.")
]
Out = Annotated[Path | None, typer.Option(help="Folder of the run; runs/<name of the config> by default.")]


def train_image(
    mirror: Mirror,
    config: Config = Path("configs/image.toml"),
    data: Data = Path("build/data/image"),
    out: Out = None,
    only: Annotated[
        str | None, typer.Option(help="Train one part: the name of a round, `all` (the model itself) or `copies`.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume/--fresh", help="Go on where a killed run of the same config stopped, or start over."),
    ] = True,
) -> None:
    """Train the image model: first its rounds without some sources, then on everything, then the copy embedding.

    The rounds are what calibration, thresholds and every published number come from: each leaves out whole sources and
    says what it thinks of them. Two processes with different --only share two cores well.

    Examples:
        weir train image --mirror ~/data
        weir train image --mirror ~/data --only privacy

    """
    from models.training.vision.config import load_vision_config
    from models.training.vision.finish import finish_image
    from models.training.vision.run import clear, open_set, train_image

    with user_errors(), bars() as report:
        loaded = load_vision_config(config)
        run_dir = out or Path("runs") / loaded.name
        chosen = open_set(data, mirror)
        if not resume:
            clear(run_dir)
        for held_out in loaded.rounds:
            if only in (None, held_out.name):
                train_image(loaded, chosen, run_dir / "rounds" / held_out.name, report, held_out=held_out)
        if only in (None, "all"):
            train_image(loaded, chosen, run_dir, report)
        if only in (None, "copies"):
            finish_image(loaded, chosen, run_dir, report)


def train_image_baselines(
    mirror: Mirror,
    config: Config = Path("configs/image.toml"),
    data: Data = Path("build/data/image"),
    out: Out = None,
) -> None:
    """Fit what the image model has to beat on the same rounds: frozen features + regression, and ImageNet's classes."""
    from models.training.vision.baselines import speak_for_baselines
    from models.training.vision.config import load_vision_config
    from models.training.vision.run import open_set

    with user_errors(), bars() as report:
        loaded = load_vision_config(config)
        speak_for_baselines(loaded, open_set(data, mirror), out or Path("runs") / loaded.name, report)


def evaluate_image(
    config: Config = Path("configs/image.toml"),
    data: Data = Path("build/data/image"),
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/<name of the config> by default.")] = None,
    document: Annotated[Path, typer.Option(help="Document whose marked tables are rewritten.")] = Path(
        "docs/vision.md"
    ),
) -> None:
    """Measure the image model and its baselines on the sources that each round left out, and write the tables.

    Writes assessment.json into the run: numbers with intervals, and the calibration, operating points, region
    thresholds and text gate that the export puts into the bundle.
    """
    from models.data.images.store import load_pictures
    from models.evaluation.pictures import report
    from models.export.vision.findings import FIGURE, assess_run
    from models.training.vision.config import load_vision_config
    from scripts.bench.document import write_section

    with user_errors():
        loaded = load_vision_config(config)
        run_dir = run or Path("runs") / loaded.name
        found = assess_run(load_pictures(data), loaded, run_dir)
    where = f"Measured with `weir evaluate-image`, {datetime.now(tz=UTC).date()}."
    for name, table in (
        ("unseen sources", report.unseen_table(found)),
        ("false alarms", report.alarms_table(found)),
        ("operating points", report.thresholds_table(found)),
        ("places", report.places_table(found)),
        ("text gate", report.gate_table(found)),
    ):
        write_section(document, name, f"{table}\n\n{where}")
    shutil.copyfile(run_dir / FIGURE, document.parent / "figures" / "image-unseen.png")
    Console().print(f"Tables written to {document}", soft_wrap=True)


@contextmanager
def user_errors() -> Iterator[None]:
    """Errors a person can cause: one line that says what to do, exit code 2, no traceback."""
    from models.data.errors import DataError
    from models.training.errors import TrainingError

    try:
        yield
    except (TrainingError, DataError, FileNotFoundError) as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(USER_ERROR) from error
    except KeyboardInterrupt as stopped:
        Console(stderr=True).print("Stopped. The same command goes on from the last snapshot.")
        raise typer.Exit(130) from stopped
