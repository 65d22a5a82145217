"""Depth: what fewer layers of the encoder cost in quality and win in speed, as int8 models beside each other.

    python -m scripts.bench.depth --run runs/text --run runs/experiments/four-layers --write

Every checkpoint is exported with the scheme that ships and timed in one process, interleaved: processor time of the
thread that runs the model, median over repeats, 32 texts of 32 tokens. Quality is macro PR-AUC over the same held-out
rows. The shipped bundle before may stand beside them (`--bundle`).
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from scripts.bench.document import write_section
from scripts.bench.machine import describe_machine
from scripts.bench.quantization import cpu_ms, open_timed

if TYPE_CHECKING:
    import onnxruntime as ort

    from models.contracts import Category
    from models.evaluation.arrays import LabelledRows
    from models.runtime.tokenization import TextTokenizer

SHAPES: Final = ((1, 16), (32, 32), (8, 128))
SHOWN: Final = (32, 32)
PAGE: Final = Path("docs/experiments.md")
FIGURE: Final = Path("docs/figures/text-depth.png")
SECTION: Final = "text-depth"


@dataclass(frozen=True)
class Model:
    """One int8 model, ready to be timed and asked. `labels` name its first columns."""

    name: str
    n_layers: int
    megabytes: float
    session: "ort.InferenceSession"
    tokenizer: "TextTokenizer"
    labels: "tuple[Category, ...]"


@dataclass(frozen=True)
class Point:
    """What was measured of one model: macro PR-AUC, and milliseconds a run by shape."""

    model: Model
    macro: float
    times_ms: dict[tuple[int, int], float]


def main(
    run: Annotated[list[Path], typer.Option(help="Folders of training runs.")],
    bundle: Annotated[list[Path] | None, typer.Option(help="Bundles to lay beside them.")] = None,
    data: Annotated[Path, typer.Option(help="The built data set.")] = Path("build/data/text"),
    rows: Annotated[int, typer.Option(min=500, help="Validation rows, an even share of every source.")] = 9_000,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved repeats of every timing.")] = 9,
    write: Annotated[bool, typer.Option("--write", help=f"Put table and figure into {PAGE}.")] = False,
) -> None:
    """Lay models of several depths on the curve of quality against speed."""
    from models.data.examples import Split
    from models.data.store import load_split
    from models.training.material import take, validation_rows

    validation = load_split(data, Split.VALIDATION)
    held_out = take(validation, validation_rows(validation, rows))
    with tempfile.TemporaryDirectory() as scratch:
        texts = load_split(data, Split.TRAIN).texts
        models = [_exported(folder, texts, Path(scratch)) for folder in run]
        models += [_opened(folder) for folder in bundle or ()]
        times = _times(models, repeats)
        shared = tuple(label for label in models[0].labels if all(label in one.labels for one in models))
        points = [Point(one, _macro(one, shared, held_out), times[one.name]) for one in models]
    section = render(points, len(held_out.texts), repeats)
    Console().print(section, markup=False, soft_wrap=True)
    if write:
        draw(points, FIGURE)
        write_section(PAGE, SECTION, section + f"\n\n![Macro PR-AUC against time]({FIGURE.relative_to(PAGE.parent)})")


def _exported(folder: Path, texts: list[str], scratch: Path) -> Model:
    import onnx

    from models.export.conversion import convert
    from models.export.int8 import Scheme, to_int8
    from models.export.pipeline import WINDOW_STRIDE, range_batches
    from models.runtime.tokenization import TextTokenizer
    from models.training.checkpoint import load_classifier

    classifier = load_classifier(folder / "best")
    tokenizer = TextTokenizer(classifier.tokenizer, classifier.max_tokens, WINDOW_STRIDE, classifier.spelling)
    plain, small = scratch / f"{folder.name}-float.onnx", scratch / f"{folder.name}.onnx"
    convert(classifier, plain)
    config = classifier.encoder.config
    batches = range_batches(tokenizer, texts)
    onnx.save(to_int8(plain, config.num_attention_heads, config.hidden_size, batches, Scheme()), str(small))
    size = small.stat().st_size / 1e6
    return Model(folder.name, config.num_hidden_layers, size, open_timed(small), tokenizer, classifier.labels)


def _opened(folder: Path) -> Model:
    from models.runtime.bundle import MODEL_FILE, TOKENIZER_FILE, load_text_bundle
    from models.runtime.tokenization import open_tokenizer

    manifest = load_text_bundle(folder).manifest
    path = folder / MODEL_FILE
    session = open_timed(path)
    tokenizer = open_tokenizer(folder / TOKENIZER_FILE, manifest.max_tokens, manifest.window_stride, manifest.spelling)
    name = f"{manifest.name} {manifest.version}"
    return Model(name, 6, path.stat().st_size / 1e6, session, tokenizer, manifest.labels)


def _times(models: list[Model], repeats: int) -> dict[str, dict[tuple[int, int], float]]:
    """Median processor milliseconds of a run, by model and shape; every repeat visits every model."""
    chance = np.random.default_rng(0)
    seen: dict[tuple[str, tuple[int, int]], list[float]] = {}
    for _ in range(repeats):
        for shape in SHAPES:
            ids = chance.integers(1000, 20000, shape)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            for one in models:
                seen.setdefault((one.name, shape), []).append(cpu_ms(one.session, feed))
    return {one.name: {shape: float(np.median(seen[one.name, shape])) for shape in SHAPES} for one in models}


def _macro(model: Model, shared: "tuple[Category, ...]", rows: "LabelledRows") -> float:
    from models.contracts import PlattCalibration
    from models.export.measurement import macro_pr_auc, measure_categories
    from models.export.scoring import onnx_run, pooled_logits
    from models.runtime.calibration import batch_calibration

    logits = pooled_logits(onnx_run(model.session), model.tokenizer.tokenize(list(rows.texts)))
    columns: NDArray[np.int64] = np.array([model.labels.index(label) for label in shared])
    logits = logits[:, columns]
    plain = batch_calibration([PlattCalibration(method="temperature", scale=1.0)] * len(shared))
    return macro_pr_auc(measure_categories(logits, plain.apply(logits), rows.labels, shared)) or float("nan")


def render(points: list[Point], n_rows: int, repeats: int) -> str:
    """The table, as Markdown."""
    machine = describe_machine()
    first = points[0]
    heads = " | ".join(f"{n} x {t}, ms" for n, t in SHAPES)
    setting = (
        f"`python -m scripts.bench.depth`, {machine.date}, {machine.n_cores} cores of {machine.cpu}; {n_rows:,} "
        f"validation rows; processor time of one run, median of {repeats} interleaved repeats, by texts x tokens."
    )
    lines = [
        setting,
        "",
        f"| model | layers | MB | macro PR-AUC | {heads} | speed |",
        "| --- | ---: | ---: | ---: | " + "---: | " * len(SHAPES) + "---: |",
    ]
    for point in points:
        times = " | ".join(f"{point.times_ms[shape]:.2f}" for shape in SHAPES)
        speed = first.times_ms[SHOWN] / point.times_ms[SHOWN]
        one = point.model
        lines.append(
            f"| {one.name} | {one.n_layers} | {one.megabytes:.1f} | {point.macro:.3f} | {times} | {speed:.2f}x |"
        )
    return "\n".join(lines)


def draw(points: list[Point], path: Path) -> None:
    """Quality against time, one dot a model."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    for point in points:
        x = point.times_ms[SHOWN] / SHOWN[0]
        axes.plot(x, point.macro, "o", color="#2b6cb0")
        axes.annotate(
            f"{point.model.name} ({point.model.n_layers} layers)", (x, point.macro), (6, 5), textcoords="offset points"
        )
    axes.set_xlabel(f"processor ms a text, batches of {SHOWN[0]} texts of {SHOWN[1]} tokens")
    axes.set_ylabel("macro PR-AUC, validation")
    axes.margins(x=0.25, y=0.2)
    axes.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    typer.run(main)
