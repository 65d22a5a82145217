"""`weir data`: the text and picture sets, and what training reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from models.data.building import Dataset
    from models.data.images.report import Report
    from models.data.origin import Origin
    from models.data.registry import SourceFile

app = typer.Typer(help="Build the training data, and list the sets it is made of.", no_args_is_help=True)

_MIRROR_HELP = (
    "Folder that holds the sets as `<set>/<file>[.gz]` and, at its top, `exclude.sha256` "
    "(digests of texts that must never be trained on). Every file is checked against the registry."
)
_DOWNLOAD_HELP = (
    "Fetch what the mirror lacks from the public origins, at the registry's commits. "
    "Some sets are assembled from several files and exist only in a mirror; without one they are left out."
)

_IMAGE_MIRROR_HELP = (
    "Folder that holds the pictures with `labels.csv` and `memes.jsonl`, or a folder with these in `image/`. "
    "Nothing can be downloaded: the sets have no public files that could be checked."
)


@app.command("build")
def build(
    mirror: Annotated[Path | None, typer.Option(envvar="WEIR_DATA_MIRROR", help=_MIRROR_HELP)] = None,
    out: Annotated[Path, typer.Option(help="Folder of the dataset; replaced once the new one is complete.")] = Path(
        "build/data/text"
    ),
    sources: Annotated[
        str | None, typer.Option(help="Comma-separated ids of the sets to use; all by default (`weir data list`).")
    ] = None,
    download: Annotated[bool, typer.Option("--download", help=_DOWNLOAD_HELP)] = False,
    cache: Annotated[Path, typer.Option(help="Where downloaded files are kept.")] = Path("build/data/cache"),
    seed: Annotated[int, typer.Option(help="Decides the split of groups that have no split or time of their own.")] = 0,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Add what reviewers said: the file of `weir labels export`.")
    ] = None,
) -> None:
    """Clean, label, de-duplicate, split and check the text sets, and write Parquet with a dataset card.

    The same files and the same seed give the same bytes. The build fails, and writes nothing, when a check finds a
    leak between the splits.

    Examples:
        weir data build --mirror /data/text-sets
        weir data build --download --sources davidson,edos,sms_spam

    """
    from models.data.building import Recipe
    from models.data.building import build as build_dataset
    from models.data.deployment import SOURCE_ID, reviewed_source
    from models.data.loaders import LOADERS
    from models.data.loaders.reviewed import reviewed
    from models.data.registry import load_registry

    with _user_errors(), _progress() as advance, _origin(mirror, cache, download=download) as origin:
        chosen = origin.offered(load_registry(), None if sources is None else sources.split(","))
        added = () if labels is None else (reviewed_source(labels),)
        loaders = {**LOADERS, SOURCE_ID: reviewed}
        recipe = Recipe((*chosen, *added), origin.exclusions(), seed, loaders=loaders)
        dataset = build_dataset(recipe, origin.read, out, advance)
    _print_summary(out, dataset, left_out=len(load_registry()) - len(chosen), excluded=recipe.exclusions is not None)


@app.command("build-images")
def build_images(
    mirror: Annotated[Path, typer.Option(envvar="WEIR_DATA_MIRROR", help=_IMAGE_MIRROR_HELP)],
    out: Annotated[Path, typer.Option(help="Folder of the set; replaced once the new one is complete.")] = Path(
        "build/data/image"
    ),
    seed: Annotated[int, typer.Option(help="Decides the split of every group, and what is drawn.")] = 0,
) -> None:
    """Inspect, label, group and split the picture sets, cut crops, draw negatives, and write a table with a card.

    The same files and the same seed give the same bytes.

    Examples:
        weir data build-images --mirror /data/sets

    """
    from models.data.images.building import PictureRecipe, build_pictures

    with _user_errors(), _progress() as advance:
        report = build_pictures(mirror, out, PictureRecipe(seed), advance)
    _print_pictures(out, report)


@app.command("list")
def list_sources() -> None:
    """List every set of the registry: licence, public origin, and whether it can be downloaded as it is."""
    from models.data.registry import load_registry

    table = Table("set", "licence", "origin", "download", "note")
    for source in load_registry().values():
        origins = sorted({_origin_of(file) for file in source.files})
        table.add_row(
            source.id, source.licence, "\n".join(origins), "yes" if source.downloadable else "no", source.note
        )
    Console().print(table)


@app.command("list-images")
def list_image_sources() -> None:
    """List every picture set: licence and who gave it, declared origin, use, and traps."""
    from models.data.images.registry import load_image_registry

    table = Table("set", "licence", "use", "labels", "origin", "note")
    for source in load_image_registry().values():
        licence = f"{source.licence} ({source.licence_status})"
        table.add_row(source.id, licence, source.use, ", ".join(source.labels), source.origin, source.note)
    Console().print(table)


@contextmanager
def _origin(mirror: Path | None, cache: Path, *, download: bool) -> "Iterator[Origin]":
    import httpx

    from models.data.download import TIMEOUT_S, Downloader
    from models.data.errors import DataError
    from models.data.origin import Origin, open_mirror

    if mirror is None and not download:
        raise DataError("no data: give a mirror (--mirror or WEIR_DATA_MIRROR) or allow --download")
    with httpx.Client(timeout=TIMEOUT_S) as client:
        yield Origin(open_mirror(mirror), Downloader(client, cache) if download else None)


@contextmanager
def _user_errors() -> Iterator[None]:
    """One line that says what to do, and exit code 2, for errors a person can cause."""
    from models.data.errors import DataError

    try:
        yield
    except DataError as error:
        Console(stderr=True).print(f"weir data: {error}", markup=False, highlight=False)
        raise typer.Exit(2) from error


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def advance(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total or None)

        yield advance


def _print_summary(out: Path, dataset: "Dataset", *, left_out: int, excluded: bool) -> None:
    table = Table("split", "texts", "sets", title=str(out))
    for split, by_source in dataset.tally.by_split.items():
        table.add_row(split.value, f"{sum(by_source.values()):,}", str(len(by_source)))
    console = Console()
    console.print(table)
    if left_out:
        console.print(f"{left_out} sets of the registry were not used.")
    if not excluded:
        console.print("No exclusion list: do not compare models trained on this with published test suites.")
    console.print(f"Read {out / 'CARD.md'} for what was dropped, and why.")


def _origin_of(file: "SourceFile") -> str:
    return f"{file.repo}@{file.commit[:8]}" if file.repo and file.commit else "this package"


def _print_pictures(out: Path, report: "Report") -> None:
    table = Table("kind", "train", "validation", "calibration", "test", title=str(out))
    for kind, splits in report.by_kind.items():
        table.add_row(kind, *(f"{splits.get(str(column.header), 0):,}" for column in table.columns[1:]))
    console = Console()
    console.print(table)
    console.print(f"{len(report.folds)} folds with unseen sources; digest {report.digest[:12]}.")
    console.print(f"Read {out / 'CARD.md'} for labels, families and the problems found.")
