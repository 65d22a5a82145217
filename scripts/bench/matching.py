"""Measure how known content is recognised and write the tables in `docs/known-content.md`.

    python -m scripts.bench.matching --images <mirror>/image --texts <mirror>/text --write

Look-ups are timed turn by turn with their rivals; pictures and texts are edited and looked up among thousands.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Annotated, Final

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress

from scripts.bench.document import write_section
from scripts.bench.machine import describe_machine
from scripts.bench.matching_pictures import Known, hash_pictures, held_out, open_embed, picture_paths, run_trial
from scripts.bench.matching_recall import recall_sheets
from scripts.bench.matching_report import Sheet, section
from scripts.bench.matching_speed import make_haystack, measure_hashing, measure_index
from scripts.bench.matching_texts import compare_runs, load_texts, measure_false_matches, measure_recall

COMMAND: Final = "python -m scripts.bench.matching"
N_HASHES: Final = 1_000_000
N_QUERIES: Final = 100
N_TEXTS: Final = 3000


class Part(StrEnum):
    """A group of tables."""

    SPEED = "speed"
    PICTURES = "pictures"
    TEXTS = "texts"


def main(
    images: Annotated[Path, typer.Option(help="Folder with `benign` and `memes`.")],
    texts: Annotated[Path, typer.Option(help="Mirror of the text sets.")],
    bundle: Annotated[Path, typer.Option(help="Image bundle whose embedding is measured.")] = Path(
        "models/bundles/image-lite0"
    ),
    data: Annotated[Path, typer.Option(help="Picture set: queries are of its test split.")] = Path("build/data/image"),
    pictures: Annotated[int, typer.Option(min=4, help="Known pictures that are edited.")] = 600,
    part: Annotated[list[Part] | None, typer.Option(help="Measure only this; may be repeated.")] = None,
    out: Annotated[Path, typer.Option(help="The document.")] = Path("docs/known-content.md"),
    write: Annotated[bool, typer.Option(help="Update the document.")] = False,
) -> None:
    """Measure everything and print it; with `--write`, replace the tables of the document."""
    console = Console(stderr=True)
    machine = describe_machine()
    parts = part or list(Part)
    paths = picture_paths(images) if {Part.SPEED, Part.PICTURES} & set(parts) else []
    with _advancing(console, "hashing pictures", len(paths)) as advance:
        known = hash_pictures(paths, advance)
    measure: dict[Part, Callable[[], Sequence[Sheet]]] = {
        Part.SPEED: lambda: _speed(known),
        Part.PICTURES: lambda: _pictures(console, known, images, data, bundle, pictures),
        Part.TEXTS: lambda: _texts(texts),
    }
    for name in parts:
        sheets = measure[name]()
        for sheet in sheets:
            console.print(sheet.rich())
        if write:
            write_section(out, f"matching {name}", section(sheets, machine, COMMAND))


def _speed(known: Known) -> list[Sheet]:
    real = known.hashes.reshape(-1, 4).view(np.uint8)
    return [measure_index(make_haystack(real, N_HASHES, N_QUERIES)), measure_hashing()]


def _pictures(
    console: Console, known: Known, images: Path, data: Path, bundle: Path, n_pictures: int
) -> Sequence[Sheet]:
    unseen = held_out(data, images) if data.is_dir() else frozenset(known.paths)
    eligible = [row for row, path in enumerate(known.paths) if path in unseen]
    embed = open_embed(bundle) if bundle.is_dir() else None
    if embed is None:
        console.print(f"{bundle} is not there: pictures are looked up by PDQ alone")
    sources = sorted(Random(0).sample(eligible, k=min(n_pictures, len(eligible))))
    n_steps = len(sources) + (len(known.paths) if embed else 0)
    with _advancing(console, "looking pictures up", n_steps) as advance:
        return recall_sheets(known, run_trial(known, sources, embed, advance))


def _texts(mirror: Path) -> list[Sheet]:
    texts = load_texts(mirror)
    return [*measure_recall(texts, N_TEXTS), measure_false_matches(texts), compare_runs(texts, N_TEXTS)]


@contextmanager
def _advancing(console: Console, title: str, n_steps: int) -> Iterator[Callable[[], None]]:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(title, total=n_steps)
        yield lambda: progress.advance(task)


if __name__ == "__main__":
    typer.run(main)
