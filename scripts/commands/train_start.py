"""`weir train recover`, `average` and `mine`: what a training run may begin from beside a dataset."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from scripts.commands.progress import bars

USER_ERROR = 2
BUNDLE = Path("models/bundles/text-minilm")

Bundle = Annotated[Path, typer.Option(help="A text bundle.")]


def recover(
    bundle: Bundle = BUNDLE,
    out: Annotated[Path, typer.Option(help="Folder of the checkpoint.")] = Path("runs/shipped/best"),
) -> None:
    """Make a checkpoint from a shipped bundle, so that training goes on from the model that serves.

    Name it in a training file as `encoder.checkpoint`. Its weights are the bundle's, rounded to eight bits as they
    serve; the first steps of training mend that.

    Examples:
        weir train recover --out runs/shipped/best

    """
    from models.export.errors import ExportError
    from models.export.recovery import recover_checkpoint
    from models.runtime.bundle import BundleError
    from models.training.errors import TrainingError

    try:
        classifier = recover_checkpoint(bundle, out)
    except (BundleError, ExportError, TrainingError) as error:
        raise _refused(str(error)) from error
    Console().print(f"{len(classifier.labels)} categories; checkpoint: {out}", soft_wrap=True)


def average(
    first: Annotated[Path, typer.Option(help="A checkpoint's folder.")],
    second: Annotated[Path, typer.Option(help="Another's, of the same encoder; its columns are kept.")],
    out: Annotated[Path, typer.Option(help="Folder of the checkpoint between them.")],
    share: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 is the first, 1 the second.")] = 0.5,
) -> None:
    """Average two checkpoints, weight by weight.

    Between two runs of one encoder there is often one that knows what either knows.

    Examples:
        weir train average --first runs/shipped/best --second runs/text/best --out runs/between/best

    """
    from models.training.averaging import average as between
    from models.training.checkpoint import save_classifier
    from models.training.errors import TrainingError

    try:
        classifier = between(first, second, share)
    except TrainingError as error:
        raise _refused(str(error)) from error
    save_classifier(classifier, out)
    Console().print(f"{share:.0%} of the way from {first} to {second}; checkpoint: {out}", soft_wrap=True)


def mine(
    bundle: Bundle = BUNDLE,
    data: Annotated[Path, typer.Option(help="A dataset that `weir data build` made.")] = Path("build/data/text"),
    source: Annotated[
        list[str] | None, typer.Option(help="Look at this source alone; give it again for more. All by default.")
    ] = None,
    point: Annotated[
        Literal["precision", "balanced", "recall"], typer.Option(help="Flagged means: at or above this point.")
    ] = "balanced",
    threads: Annotated[int, typer.Option(min=1, help="Cores to score with.")] = 1,
    out: Annotated[Path, typer.Option(help="File of digests, one a line.")] = Path("runs/hard-negatives.txt"),
) -> None:
    """Find training rows that a model flags and should not, for `sampling.hard_rows` of the next run.

    A row is hard when a label that is known to be no reaches its operating point: more do of the recall point, and
    of rare harms few of any other. Where annotators disagree, what is flagged is as often a wrong label: name the
    sources whose negatives are to be trusted.

    Examples:
        weir train mine --out runs/hard-negatives.txt
        weir train mine --source clinc150 --source goemotions --point recall --threads 2

    """
    from models.contracts.bundle import OperatingPoint
    from models.data.errors import DataError
    from models.data.examples import Split
    from models.data.store import load_split
    from models.runtime.bundle import BundleError, load_text_bundle
    from models.runtime.classifier import open_classifier
    from models.training.mining import from_sources, hard_negatives, write_digests

    try:
        classifier = open_classifier(load_text_bundle(bundle), threads)
        examples = from_sources(load_split(data, Split.TRAIN), source or ())
    except (BundleError, DataError) as error:
        raise _refused(str(error)) from error
    with bars() as report:
        digests = hard_negatives(
            classifier, examples, lambda done, total: report("scoring", done, total), OperatingPoint(point)
        )
    write_digests(digests, out)
    Console().print(f"{len(digests)} of {len(examples)} rows are hard; {out}", soft_wrap=True)


def _refused(message: str) -> typer.Exit:
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(USER_ERROR)
