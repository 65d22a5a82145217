"""`weir adapt-image`: serve an image classifier that somebody else trained, for harms that Weir's own does not know."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from models.contracts import Category
    from models.export.vision.adaptation import Adapted
    from models.export.vision.foreign import ForeignModel
    from models.export.vision.wrapping import OutputKind, Preprocessing

USER_ERROR = 2
OUTPUTS = "softmax-logits, sigmoid-logits, softmax-probs or sigmoid-probs"


def adapt_image(
    *,
    model: Annotated[str, typer.Option(help="An ONNX file, a folder of a transformers classifier, or its hub id.")],
    labels: Annotated[str, typer.Option(help="What its classes mean: nsfw=sexual,gore=violence/graphic.")],
    out: Annotated[Path, typer.Option(help="The bundle's folder; a bundle that is there is replaced.")],
    licence: Annotated[str, typer.Option(help="The model's licence, as its authors state it.")],
    outputs: Annotated[str | None, typer.Option(help=f"What its numbers are: {OUTPUTS}.")] = None,
    classes: Annotated[str | None, typer.Option(help="Names of its output columns, in order: neutral,nsfw.")] = None,
    side: Annotated[int | None, typer.Option(help="Pixels on each side of its input.")] = None,
    mean: Annotated[str | None, typer.Option(help="Of its normalisation: one number, or one a channel.")] = None,
    std: Annotated[str | None, typer.Option(help="Of its normalisation: one number, or one a channel.")] = None,
    layout: Annotated[str, typer.Option(help="Of its input: nchw or nhwc.")] = "nchw",
    bgr: Annotated[bool, typer.Option("--bgr", help="Its first channel is blue.")] = False,
    labelled: Annotated[Path | None, typer.Option(help="CSV or JSON lines of labelled pictures to fit to.")] = None,
    name: Annotated[str, typer.Option(help="The bundle's name: lower case, digits and hyphens.")] = "image-adapted",
    version: Annotated[str, typer.Option(help="The bundle's version, as 0.1.0.")] = "0.1.0",
) -> None:
    """Wrap an image classifier as a bundle. What its own config files say need not be said again.

    Examples:
        weir adapt-image --model nsfw/ --labels nsfw=sexual --licence Apache-2.0 --out models/bundles/image-nsfw
        weir adapt-image --model gore.onnx --labels 1=violence/graphic --licence MIT --outputs softmax-probs
            --side 224 --mean 0.5 --std 0.5 --labelled ours.csv --out models/bundles/image-gore

    """
    from models.export.errors import ExportError
    from models.export.vision.adaptation import AdaptRequest
    from models.export.vision.adaptation import adapt_image as adapt
    from models.export.vision.foreign import foreign_model

    try:
        with foreign_model(model) as found:
            request = AdaptRequest(
                model=found,
                preprocessing=_preprocessing(found, side, mean, std, layout, is_bgr=bgr),
                kind=_kind(found, outputs),
                classes=tuple(classes.split(",")) if classes else found.classes,
                labels=_labels(labels),
                out=out,
                name=name,
                version=version,
                licence=licence,
                created_on=datetime.now(tz=UTC).date(),
                labelled=labelled,
            )
            _print(adapt(request), Console())
    except ExportError as error:
        Console(stderr=True).print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(USER_ERROR) from error


def _preprocessing(
    found: "ForeignModel", side: int | None, mean: str | None, std: str | None, layout: str, *, is_bgr: bool
) -> "Preprocessing":
    from models.export.errors import ExportError
    from models.export.vision.wrapping import Layout, Preprocessing

    pixels = side or found.side
    means, stds = (_numbers(said) if said else told for said, told in ((mean, found.mean), (std, found.std)))
    if pixels is None or means is None or stds is None:
        raise ExportError("the model's files do not say its side, mean and std; give --side, --mean and --std")
    if min(stds) <= 0.0:
        raise ExportError("--std is positive")
    if layout not in set(Layout):
        raise ExportError(f"--layout is {' or '.join(Layout)}")
    return Preprocessing(side=pixels, mean=means, std=stds, layout=Layout(layout), is_bgr=is_bgr)


def _kind(found: "ForeignModel", said: str | None) -> "OutputKind":
    from models.export.errors import ExportError
    from models.export.vision.wrapping import OutputKind

    if said is None and found.kind is not None:
        return found.kind
    if said not in set(OutputKind):
        raise ExportError(f"--outputs is {OUTPUTS}")
    return OutputKind(said)


def _numbers(text: str) -> tuple[float, ...]:
    from models.export.errors import ExportError

    try:
        values = tuple(float(one) for one in text.split(","))
    except ValueError as error:
        raise ExportError("--mean and --std are numbers, separated by commas") from error
    if len(values) not in {1, 3}:
        raise ExportError("--mean and --std are one number, or three")
    return values if len(values) == 3 else values * 3  # noqa: PLR2004


def _labels(text: str) -> "dict[str, Category]":
    from models.contracts import CATEGORIES, Category
    from models.export.errors import ExportError

    pairs = [one.partition("=") for one in text.split(",")]
    unknown = [value for _, _, value in pairs if value not in set(CATEGORIES)]
    if unknown:
        raise ExportError(f"--labels are class=category; the categories are {', '.join(CATEGORIES)}")
    return {key: Category(value) for key, _, value in pairs}


def _print(adapted: "Adapted", console: Console) -> None:
    manifest = adapted.bundle.manifest
    for one in adapted.measurements:
        console.print(f"{one.category}: PR-AUC {one.pr_auc:.3f} on the {one.n_rows:,} pictures it was fitted to")
    if not adapted.measurements:
        console.print("Nothing was measured: the scores are the model's own, and the thresholds are conventions.")
    console.print(f"{manifest.name} {manifest.version}: {adapted.bundle.path}", soft_wrap=True)
