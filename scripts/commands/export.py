"""`weir export`, `weir export-image`: turn a training run into a bundle that can be served."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.commands.progress import bars

if TYPE_CHECKING:
    from models.export.errors import ParityError
    from models.export.measurement import CategoryMeasurement
    from models.export.pipeline import ExportData, Exported
    from models.export.vision.pipeline import ExportedImage

USER_ERROR = 2


def export(
    run: Annotated[Path, typer.Option(help="A training run's folder, such as runs/text.")],
    out: Annotated[Path, typer.Option(help="The bundle's folder; a bundle that is there is replaced.")],
    data: Annotated[Path, typer.Option(help="The dataset that the run was trained on.")] = Path("build/data/text"),
    name: Annotated[str, typer.Option(help="The bundle's name: lower case, digits and hyphens.")] = "text-minilm",
    version: Annotated[str, typer.Option(help="The bundle's version, as 0.1.0.")] = "0.1.0",
    seven_bit: Annotated[
        bool, typer.Option("--seven-bit-weights", help="For processors without VNNI; see docs/quantization.md.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many calibration and test rows, the same ones always.")
    ] = None,
    previous_tokens: Annotated[
        int | None,
        typer.Option(min=0, max=256, help="Most tokens of a previous turn to read; else as the run was trained."),
    ] = None,
) -> None:
    """Convert to ONNX, quantize to int8, calibrate, check parity, and write a bundle. Fails if a gate fails."""
    from pydantic import ValidationError

    from models.export.errors import ExportError, ParityError
    from models.export.int8 import Scheme
    from models.export.pipeline import ExportRequest, export_bundle
    from models.export.static_int8 import REDUCED_WEIGHT_LIMIT, WEIGHT_LIMIT

    best = run / "best"
    if not best.is_dir():
        raise _refused(f"{best} is not there; train first with `weir train text`.")
    request = ExportRequest(
        checkpoint=best,
        out=out,
        name=name,
        version=version,
        created_on=datetime.now(tz=UTC).date(),
        scheme=Scheme(weight_limit=REDUCED_WEIGHT_LIMIT if seven_bit else WEIGHT_LIMIT),
        previous_tokens=_previous_tokens(run) if previous_tokens is None else previous_tokens,
    )
    try:
        with bars() as report:
            exported = export_bundle(request, _data(data, limit), report)
    except ParityError as error:
        raise _refused(_gates(error)) from error
    except ExportError as error:
        raise _refused(str(error)) from error
    except ValidationError as error:
        raise _refused(f"--name or --version: {'; '.join(one['msg'] for one in error.errors())}") from error
    _print(exported, Console())


def export_image(
    mirror: Annotated[
        Path, typer.Option(envvar="WEIR_DATA_MIRROR", help="Folder of the data sets that the pictures are in.")
    ],
    out: Annotated[Path, typer.Option(help="The bundle's folder; a bundle that is there is replaced.")],
    config: Annotated[Path, typer.Option(help="TOML that the run was trained with.")] = Path("configs/image.toml"),
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/<name of the config> by default.")] = None,
    data: Annotated[Path, typer.Option(help="The set that the run was trained on.")] = Path("build/data/image"),
    *,
    name: Annotated[str, typer.Option(help="The bundle's name: lower case, digits and hyphens.")] = "image-lite0",
    version: Annotated[str, typer.Option(help="The bundle's version, as 0.1.0.")] = "0.1.0",
    copy_distance: Annotated[
        float | None, typer.Option(min=0.0, max=2.0, help="Cosine distance up to which pictures count as copies.")
    ] = None,
    seven_bit: Annotated[
        bool, typer.Option("--seven-bit-weights", help="For processors without VNNI; see docs/quantization.md.")
    ] = False,
) -> None:
    """Export an image run: int8, with the tables of its assessment, behind gates. Needs `weir evaluate-image` first."""
    from models.data.errors import DataError
    from models.export.errors import ExportError, ParityError
    from models.export.vision.int8 import ImageScheme
    from models.export.vision.trained import TrainedImage, export_trained
    from models.training.errors import TrainingError
    from models.training.vision.config import load_vision_config
    from models.training.vision.run import open_set

    try:
        loaded = load_vision_config(config)
        trained = TrainedImage(
            run_dir=run or Path("runs") / loaded.name,
            config=loaded,
            data=open_set(data, mirror),
            out=out,
            name=name,
            version=version,
            created_on=datetime.now(tz=UTC).date(),
            copy_distance=copy_distance,
            scheme=ImageScheme(seven_bit_weights=seven_bit),
        )
        with bars() as report:
            exported = export_trained(trained, report)
    except ParityError as error:
        raise _refused(_gates(error)) from error
    except (ExportError, TrainingError, DataError, FileNotFoundError) as error:
        raise _refused(str(error)) from error
    _print_image(exported, Console())


def export_embedding(
    bundle: Annotated[Path, typer.Option(help="A text bundle exported before bundles had embeddings.")],
    out: Annotated[Path, typer.Option(help="The new bundle's folder; may be the old one.")],
    version: Annotated[str, typer.Option(help="The new bundle's version, as 0.1.1.")],
) -> None:
    """Give a text bundle the output `embedding`. Weights and scores stay as they are, and that is checked."""
    from pydantic import ValidationError

    from models.export.embedding_output import add_embedding
    from models.export.errors import ExportError
    from models.runtime.bundle import BundleError, load_text_bundle

    try:
        written, check = add_embedding(load_text_bundle(bundle), version, out)
    except (BundleError, ExportError) as error:
        raise _refused(str(error)) from error
    except ValidationError as error:
        raise _refused(f"--version: {'; '.join(one['msg'] for one in error.errors())}") from error
    manifest = written.manifest
    Console().print(
        f"{manifest.name} {manifest.version}: {written.path}\n"
        f"embeddings of {manifest.embedding_size} columns; logits changed by {check.logits_difference:.0e}; "
        f"embeddings alone against in a batch {check.batch_difference:.1e}",
        soft_wrap=True,
    )


def _previous_tokens(run: Path) -> int | None:
    """As the run's configuration has it; None without one, and then the checkpoint says it."""
    from models.training.config import load_config
    from models.training.errors import ConfigError
    from models.training.run import CONFIG

    if not (run / CONFIG).is_file():
        return None
    try:
        return load_config(run / CONFIG).passages.shown_tokens
    except ConfigError as error:
        raise _refused(f"{error}; name --previous-tokens.") from error


def _data(path: Path, limit: int | None) -> "ExportData":
    from models.data.errors import DataError
    from models.data.examples import Split
    from models.data.registry import load_registry
    from models.data.store import load_dataset_digest, load_split
    from models.evaluation.arrays import sample
    from models.export.card import TrainingSource
    from models.export.pipeline import ExportData

    try:
        digest = load_dataset_digest(path)
        train, calibration, test = (load_split(path, one) for one in (Split.TRAIN, Split.CALIBRATION, Split.TEST))
    except DataError as error:
        raise _refused(str(error)) from error
    registry = load_registry()
    counts = sorted(Counter(train.sources).items())
    return ExportData(
        train_texts=train.texts,
        calibration=sample(calibration, limit) if limit else calibration,
        test=sample(test, limit) if limit else test,
        dataset_digest=digest,
        sources=tuple(TrainingSource(id=id_, licence=registry[id_].licence, n_texts=n) for id_, n in counts),
    )


def _print(exported: "Exported", console: Console) -> None:
    manifest, parity = exported.bundle.manifest, exported.parity
    console.print(_table(exported.measurements))
    lost = "not measured" if parity.macro_pr_auc_lost is None else f"{parity.macro_pr_auc_lost:.4f}"
    console.print(
        f"int8 against torch: highest {parity.int8.highest:.4f}, mean {parity.int8.mean:.5f}, "
        f"{parity.int8.n_flips} of {parity.int8.n_decisions} decisions flip; macro PR-AUC lost {lost}; "
        f"alone against in a batch {parity.batch_difference:.1e}"
    )
    console.print(f"{manifest.name} {manifest.version}: {exported.bundle.path}", soft_wrap=True)


def _print_image(exported: "ExportedImage", console: Console) -> None:
    manifest, parity = exported.bundle.manifest, exported.parity
    int8, lost = parity.scores.int8, parity.scores.macro_pr_auc_lost
    console.print(_table(exported.measurements))
    console.print(
        f"int8 against torch: highest {int8.highest:.4f}, mean {int8.mean:.5f}, "
        f"{int8.n_flips} of {int8.n_decisions} decisions flip; "
        f"macro PR-AUC lost {'not measured' if lost is None else f'{lost:.4f}'}; "
        f"embedding cosine {parity.embedding_cosine:.4f} (lowest {parity.lowest_embedding_cosine:.4f}); "
        f"alone against in a batch {parity.scores.batch_difference:.1e}"
    )
    console.print(f"{manifest.name} {manifest.version}: {exported.bundle.path}", soft_wrap=True)


def _table(measurements: "Sequence[CategoryMeasurement]") -> Table:
    table = Table("category", "positives", "PR-AUC", "ROC-AUC", "calibration error", title="test split")
    for one in measurements:
        positives = f"{one.n_positives:,} / {one.n_rows:,}"
        cells = (f"{value:.3f}" for value in (one.pr_auc, one.roc_auc, one.calibration_error))
        table.add_row(one.category, positives, *cells)
    return table


def _gates(error: "ParityError") -> str:
    return "No bundle was written. " + "\n  ".join(["Gates that failed:", *error.failures])


def _refused(message: str) -> typer.Exit:
    """An error that the caller can mend: said plainly, exit code 2, no traceback."""
    Console(stderr=True).print(message, markup=False, soft_wrap=True)
    return typer.Exit(USER_ERROR)
