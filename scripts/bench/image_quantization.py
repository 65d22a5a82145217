"""Compare quantization schemes on a trained image model and write the section in `docs/quantization.md`.

    python -m scripts.bench.image_quantization --mirror <data> --checkpoint runs/image/finished

Speed is the CPU time of the one thread that runs the model, the median over interleaved repeats.
"""

import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from scripts.bench.document import write_section
from scripts.bench.machine import cpu_model, usable_cores, versions

if TYPE_CHECKING:
    import onnx
    import onnxruntime as ort

    from models.contracts import Category

BATCHES = (1, 8)
SECTION = "image quantization"


@dataclass(frozen=True)
class Subject:
    """What all schemes are measured on. `pixels` is *Shape:* `(n, s, s, 3)`, `labels` in the order of the taxonomy."""

    path: Path
    range_pixels: NDArray[np.uint8]
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int8]
    categories: "tuple[Category, ...]"
    held_out: str


@dataclass(frozen=True)
class Outcome:
    """What was measured of one scheme. `times_ms` are of one picture, by batch as in `BATCHES`."""

    name: str
    megabytes: float
    times_ms: tuple[float, ...]
    pr_auc: float | None
    feature_cosines: NDArray[np.float64]
    embedding_cosines: NDArray[np.float64]
    batch_difference: float


def main(
    mirror: Annotated[Path, typer.Option(envvar="WEIR_DATA_MIRROR", help="Folder of the data sets.")],
    checkpoint: Annotated[Path, typer.Option(help="A trained image model.")] = Path("runs/image/finished"),
    config: Annotated[Path, typer.Option(help="TOML it was trained with.")] = Path("configs/image.toml"),
    data: Annotated[Path, typer.Option(help="The set it was trained on.")] = Path("build/data/image"),
    held_out: Annotated[str, typer.Option(help="`test`, or the round whose sources it did not see.")] = "test",
    *,
    rows: Annotated[int, typer.Option(min=50, help="Held-out pictures, the same ones always.")] = 600,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved repeats of every timing.")] = 31,
    out: Annotated[Path, typer.Option(help="The document to update.")] = Path("docs/quantization.md"),
) -> None:
    """Build every scheme, measure it, and replace the section of the document."""
    logging.getLogger().setLevel(logging.ERROR)
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as scratch:
        subject = _subject(mirror, checkpoint, config, data, held_out, rows, Path(scratch) / "float.onnx")
        paths = _build(subject, Path(scratch), console)
        times = _times({name: _session(path) for name, path in paths.items()}, subject.pixels, repeats)
        exact = _outputs(subject.path, subject.pixels)
        outcomes = [_measured(name, path, times[name], subject, exact) for name, path in paths.items()]
    write_section(out, SECTION, _rendered(outcomes, subject, checkpoint, repeats))
    console.print(f"Updated {out}")


def _subject(
    mirror: Path, checkpoint: Path, config: Path, data: Path, held_out: str, n_rows: int, path: Path
) -> Subject:
    from models.contracts import Category
    from models.export.vision.conversion import convert_image
    from models.export.vision.trained import held_out_rows, labelled_pictures, range_rows
    from models.training.vision.checkpoint import load_vision
    from models.training.vision.config import load_vision_config
    from models.training.vision.model import SIDE
    from models.training.vision.rounds import spoken_rows
    from models.training.vision.run import open_set

    loaded, chosen = load_vision_config(config), open_set(data, mirror)
    rounds = {one.name: one for one in loaded.rounds}
    table = chosen.pictures
    rows = held_out_rows(table) if held_out == "test" else spoken_rows(table, rounds[held_out])
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:n_rows])
    pictures = labelled_pictures(chosen, loaded, rows)
    convert_image(load_vision(checkpoint), SIDE, path)
    return Subject(
        path=path,
        range_pixels=labelled_pictures(chosen, loaded, range_rows(table)).pixels,
        pixels=pictures.pixels,
        labels=pictures.labels,
        categories=tuple(Category(name) for name in loaded.labels),
        held_out="the test split" if held_out == "test" else f"sources that the round {held_out} left out",
    )


def _schemes(subject: Subject) -> "dict[str, Callable[[], onnx.ModelProto]]":
    """Every scheme by the name it has in the document. The first is the float model."""
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType

    from models.export.vision.int8 import ImageScheme, ToolChoices, image_to_int8, quantized_maps

    def ours(scheme: ImageScheme) -> "Callable[[], onnx.ModelProto]":
        return partial(image_to_int8, subject.path, subject.range_pixels, scheme)

    def tool(choices: ToolChoices, n_pictures: int = 128) -> "Callable[[], onnx.ModelProto]":
        pixels = subject.range_pixels[:n_pictures]
        return lambda: quantized_maps(onnx.load(str(subject.path)), pixels, ImageScheme(), None, choices)

    return {
        "float32": lambda: onnx.load(str(subject.path)),
        "QDQ, U8S8, min-max": tool(ToolChoices()),
        "QDQ, U8S8, entropy": tool(ToolChoices(method=CalibrationMethod.Entropy), 32),
        "QDQ, U8S8, percentile": tool(ToolChoices(method=CalibrationMethod.Percentile), 16),
        "QDQ, U8U8, min-max": tool(ToolChoices(weights=QuantType.QUInt8)),
        "QDQ, S8S8, min-max": tool(ToolChoices(activations=QuantType.QInt8)),
        "QOperator, U8S8, min-max": tool(ToolChoices(quant_format=QuantFormat.QOperator)),
        "QDQ, U8S8, pixels fed as they are": ours(ImageScheme(corrected_biases=False)),
        "and biases corrected (ships)": ours(ImageScheme()),
        "and 7-bit weights": ours(ImageScheme(seven_bit_weights=True)),
    }


def _build(subject: Subject, scratch: Path, console: Console) -> dict[str, Path]:
    import onnx

    paths: dict[str, Path] = {}
    for number, (name, build) in enumerate(_schemes(subject).items()):
        paths[name] = scratch / f"scheme-{number}.onnx"
        onnx.save(build(), str(paths[name]))
        console.print(f"built {name}", markup=False)
    return paths


def _session(path: Path) -> "ort.InferenceSession":
    from models.runtime.classifier import open_session

    return open_session(str(path))


def _times(
    sessions: "dict[str, ort.InferenceSession]", pixels: NDArray[np.uint8], repeats: int
) -> dict[str, tuple[float, ...]]:
    """Median CPU milliseconds of one picture, by scheme and batch; every repeat visits every scheme."""
    seen: dict[tuple[str, int], list[float]] = {}
    for repeat in range(repeats):
        for size in BATCHES:
            feed = {"pixels": pixels[np.arange(repeat, repeat + size) % len(pixels)]}
            for name, session in sessions.items():
                start = time.thread_time()
                session.run(None, feed)
                seen.setdefault((name, size), []).append((time.thread_time() - start) * 1e3 / size)
    return {name: tuple(float(np.median(seen[name, size])) for size in BATCHES) for name in sessions}


def _outputs(path: Path, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    from models.export.vision.running import batched_run, onnx_run

    return batched_run(onnx_run(_session(path)), pixels)


def _measured(
    name: str, path: Path, times_ms: tuple[float, ...], subject: Subject, exact: dict[str, NDArray[np.float32]]
) -> Outcome:
    from models.export.measurement import macro_pr_auc, measure_categories
    from models.export.vision.parity import batch_difference, cosines
    from models.export.vision.running import onnx_run

    outputs = _outputs(path, subject.pixels)
    unread = np.full((len(subject.pixels), len(subject.categories)), 0.5, dtype=np.float32)
    measured = measure_categories(outputs["logits"], unread, subject.labels, subject.categories)
    return Outcome(
        name=name,
        megabytes=path.stat().st_size / 1e6,
        times_ms=times_ms,
        pr_auc=macro_pr_auc(measured),
        feature_cosines=cosines(exact["features"], outputs["features"]),
        embedding_cosines=cosines(exact["embedding"], outputs["embedding"]),
        batch_difference=batch_difference(onnx_run(_session(path)), subject.pixels[:64]),
    )


def _rendered(outcomes: Sequence[Outcome], subject: Subject, checkpoint: Path, repeats: int) -> str:
    cpu = cpu_model(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    machine = f"{usable_cores()} cores {cpu}, onnxruntime {versions()['onnxruntime']}, one thread, spinning off"
    setting = "\n".join(
        (
            f"Measured on {datetime.now(tz=UTC).date()} with `python -m scripts.bench.image_quantization`: {machine}.",
            f"Times are CPU milliseconds a picture of 224 x 224, medians of {repeats} interleaved repeats.",
            f"Model: `{checkpoint}`; {len(subject.pixels):,} pictures of {subject.held_out}. Cosines are to the float",
            "model, mean and lowest. Alone against in a batch: the largest difference in any output.",
        )
    )
    header = (
        "scheme",
        "MB",
        *(f"ms, {size} at a time" for size in BATCHES),
        "macro PR-AUC lost",
        "features",
        "embedding",
        "alone against in a batch",
    )
    lines = [header, ("---", *["---:"] * (len(header) - 1)), *(_row(one, outcomes[0]) for one in outcomes)]
    return setting + "\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(one: Outcome, first: Outcome) -> tuple[str, ...]:
    lost = "" if one.pr_auc is None or first.pr_auc is None else f"{first.pr_auc - one.pr_auc:+.4f}"
    return (
        one.name,
        f"{one.megabytes:.1f}",
        *(f"{value:.2f}" for value in one.times_ms),
        lost,
        *(f"{found.mean():.4f}, {found.min():.4f}" for found in (one.feature_cosines, one.embedding_cosines)),
        f"{one.batch_difference:.1e}",
    )


if __name__ == "__main__":
    typer.run(main)
