"""Compare quantization schemes on a trained checkpoint and write the table in `docs/quantization.md`.

    python -m scripts.bench.quantization --run runs/text --data build/data/text

Speed is the CPU time of the one thread that runs the model, the median over interleaved repeats: other work on the
machine lengthens wall time much more than CPU time.
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

from scripts.bench.machine import cpu_model, usable_cores, versions

if TYPE_CHECKING:
    import onnx
    import onnxruntime as ort

    from models.data.store import Examples
    from models.export.alternatives import Source
    from models.runtime.tokenization import TokenizedText
    from models.training.classifier import TextClassifier

SHAPES = ((1, 16), (8, 16), (32, 16), (1, 32), (8, 32), (32, 32), (1, 128), (8, 128), (32, 128))
START, END = "<!-- measured: start -->", "<!-- measured: end -->"
RUN_MS = 20.0
"""A timing repeats a shape until about this much time has passed."""


@dataclass(frozen=True)
class Subject:
    """What all schemes are measured on."""

    source: "Source"
    corpus: "list[TokenizedText]"
    rows: "list[TokenizedText]"
    labels: NDArray[np.int8]
    classifier: "TextClassifier"


@dataclass(frozen=True)
class Outcome:
    """What was measured of one scheme. `times_ms` by shape, in the order of `SHAPES`."""

    name: str
    megabytes: float
    times_ms: tuple[float, ...]
    highest: float
    mean: float
    batch_difference: float
    pr_auc: float | None


def main(
    run: Annotated[Path, typer.Option(help="A training run's folder.")] = Path("runs/text"),
    data: Annotated[Path, typer.Option(help="The dataset it was trained on.")] = Path("build/data/text"),
    rows: Annotated[int, typer.Option(min=100, help="Calibration rows for PR-AUC, the same ones always.")] = 6000,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved repeats of every timing.")] = 15,
    out: Annotated[Path, typer.Option(help="The document to update.")] = Path("docs/quantization.md"),
) -> None:
    """Build every scheme, measure it, and replace the table of the document."""
    logging.getLogger().setLevel(logging.ERROR)  # onnxruntime's tools advise preprocessing at every call
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as scratch:
        subject = _subject(run / "best", data, rows, Path(scratch))
        paths = _build(subject.source, Path(scratch), console)
        times = _times({name: open_timed(path) for name, path in paths.items()}, repeats, console)
        outcomes = [_measured(name, path, times[name], subject, paths) for name, path in paths.items()]
    text = out.read_text(encoding="utf-8")
    before, after = text.split(START)[0], text.split(END)[1]
    out.write_text(f"{before}{START}\n\n{_rendered(outcomes, subject, repeats)}\n\n{END}{after}", encoding="utf-8")
    console.print(f"Updated {out}")


def _subject(checkpoint: Path, data: Path, n_rows: int, scratch: Path) -> Subject:
    from models.data.examples import Split
    from models.data.store import load_split
    from models.evaluation.arrays import sample
    from models.export.alternatives import Source
    from models.export.conversion import convert
    from models.export.parity import read_corpus
    from models.export.pipeline import WINDOW_STRIDE, range_batches
    from models.runtime.normalization import normalize
    from models.runtime.tokenization import TextTokenizer
    from models.training.checkpoint import load_classifier

    classifier = load_classifier(checkpoint)
    convert(classifier, scratch / "float.onnx")
    spelling = classifier.spelling
    tokenizer: TextTokenizer = TextTokenizer(classifier.tokenizer, classifier.max_tokens, WINDOW_STRIDE, spelling)
    train: Examples = load_split(data, Split.TRAIN)
    chosen = sample(load_split(data, Split.CALIBRATION), n_rows)
    config = classifier.encoder.config
    return Subject(
        source=Source(
            path=scratch / "float.onnx",
            scratch=scratch,
            n_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            batches=range_batches(tokenizer, train.texts),
        ),
        corpus=tokenizer.tokenize([normalize(text) for text in read_corpus()]),
        rows=tokenizer.tokenize(list(chosen.texts)),
        labels=chosen.labels,
        classifier=classifier,
    )


def _schemes(source: "Source") -> "dict[str, Callable[[], onnx.ModelProto]]":
    """Every scheme by the name it has in the document. The first is the float model."""
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType

    from models.export.alternatives import dynamic, static, weight_blocks
    from models.export.int8 import Balanced, Scheme, to_int8
    from models.export.ranges import RangeMethod
    from models.export.static_int8 import REDUCED_WEIGHT_LIMIT

    def ours(scheme: Scheme) -> "Callable[[], onnx.ModelProto]":
        return partial(to_int8, source.path, source.n_heads, source.hidden_size, source.batches, scheme)

    def library(**choices: object) -> "Callable[[], onnx.ModelProto]":
        return partial(static, source, **choices)  # type: ignore[arg-type]

    plain = Scheme(balanced=Balanced.NONE)
    return {
        "float32, fused": lambda: onnx.load(str(source.fused(attention=True))),
        "dynamic int8": partial(dynamic, source),
        "QDQ, U8S8, min-max": library(),
        "QDQ, U8S8, percentile": library(method=CalibrationMethod.Percentile),
        "QDQ, U8S8, entropy": library(method=CalibrationMethod.Entropy),
        "QDQ, U8S8, float outputs": library(quantized_outputs=False),
        "QDQ, U8U8, float outputs": library(quantized_outputs=False, weights=QuantType.QUInt8),
        "QDQ, S8S8, float outputs": library(quantized_outputs=False, activations=QuantType.QInt8),
        "QOperator, U8S8, min-max": library(quant_format=QuantFormat.QOperator),
        "MatMulNBits, 8 bits, blocks of 32": partial(weight_blocks, source, 32),
        "MatMulNBits, 8 bits, blocks of 128": partial(weight_blocks, source, 128),
        "static, float embeddings": ours(Scheme(balanced=Balanced.NONE, int8_embeddings=False)),
        "static": ours(plain),
        "static, percentile 99.99": ours(Scheme(balanced=Balanced.NONE, method=RangeMethod.PERCENTILE_9999)),
        "static, least squares": ours(Scheme(balanced=Balanced.NONE, method=RangeMethod.LEAST_SQUARES)),
        "static, balanced norms": ours(Scheme(balanced=Balanced.NORMS)),
        "static, balanced norms and Gelu (ships)": ours(Scheme()),
        "static, balanced, least squares": ours(Scheme(method=RangeMethod.LEAST_SQUARES)),
        "static, balanced, 7-bit weights": ours(Scheme(weight_limit=REDUCED_WEIGHT_LIMIT)),
    }


def _build(source: "Source", scratch: Path, console: Console) -> dict[str, Path]:
    """Write every scheme's model; one that this version of onnxruntime cannot build or open is left out, and said."""
    import onnx

    from models.runtime.bundle import BundleError

    paths: dict[str, Path] = {}
    for number, (name, build) in enumerate(_schemes(source).items()):
        path = scratch / f"scheme-{number}.onnx"
        onnx.save(build(), str(path))
        try:
            open_timed(path)
        except BundleError as error:
            console.print(f"{name}: {error}", markup=False)
            continue
        console.print(f"built {name}", markup=False)
        paths[name] = path
    return paths


def open_timed(path: Path) -> "ort.InferenceSession":
    """A model as it serves: one thread, no spinning."""
    from models.runtime.classifier import open_session

    return open_session(str(path))


def _times(sessions: "dict[str, ort.InferenceSession]", repeats: int, console: Console) -> dict[str, tuple[float, ...]]:
    """Median CPU milliseconds of one run, by scheme and shape; every repeat visits every scheme."""
    random = np.random.default_rng(0)
    seen: dict[tuple[str, tuple[int, int]], list[float]] = {}
    for repeat in range(repeats):
        for shape in SHAPES:
            ids = random.integers(1000, 20000, shape)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            for name, session in sessions.items():
                seen.setdefault((name, shape), []).append(cpu_ms(session, feed))
        console.print(f"timed {repeat + 1} of {repeats}")
    return {name: tuple(float(np.median(seen[name, shape])) for shape in SHAPES) for name in sessions}


def cpu_ms(session: "ort.InferenceSession", feed: dict[str, NDArray[np.int64]]) -> float:
    """Processor milliseconds of one run, a mean over about `RUN_MS`."""
    start = time.thread_time()
    session.run(None, feed)
    once_ms = (time.thread_time() - start) * 1e3
    n_runs = max(1, int(RUN_MS / max(once_ms, 0.1)))
    start = time.thread_time()
    for _ in range(n_runs):
        session.run(None, feed)
    return (time.thread_time() - start) * 1e3 / n_runs


def _measured(name: str, path: Path, times_ms: tuple[float, ...], subject: Subject, paths: dict[str, Path]) -> Outcome:
    from models.contracts import PlattCalibration
    from models.export.measurement import macro_pr_auc, measure_categories
    from models.export.parity import Readout, batch_difference, score_difference
    from models.export.scoring import onnx_run, pooled_logits
    from models.runtime.calibration import batch_calibration

    labels = subject.classifier.labels
    plain = batch_calibration([PlattCalibration(method="temperature", scale=1.0)] * len(labels))
    readout = Readout(plain, np.full(len(labels), 0.5, dtype=np.float32))
    run, exact = onnx_run(open_timed(path)), onnx_run(open_timed(next(iter(paths.values()))))
    difference = score_difference(pooled_logits(exact, subject.corpus), pooled_logits(run, subject.corpus), readout)
    windows = [window for text in subject.corpus for window in text.windows]
    logits = pooled_logits(run, subject.rows)
    return Outcome(
        name=name,
        megabytes=path.stat().st_size / 1e6,
        times_ms=times_ms,
        highest=difference.highest,
        mean=difference.mean,
        batch_difference=batch_difference(run, windows, plain),
        pr_auc=macro_pr_auc(measure_categories(logits, plain.apply(logits), subject.labels, labels)),
    )


def _rendered(outcomes: Sequence[Outcome], subject: Subject, repeats: int) -> str:
    return "\n\n".join((_setting(subject, repeats), _quality(outcomes), _speed(outcomes)))


def _setting(subject: Subject, repeats: int) -> str:
    cpu = cpu_model(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    day = datetime.now(tz=UTC).date()
    machine = f"{usable_cores()} cores {cpu}, onnxruntime {versions()['onnxruntime']}, one thread, spinning off"
    lines = (
        f"Measured on {day}: {machine}. Times are CPU milliseconds, medians of {repeats} interleaved repeats.",
        f"PR-AUC is the macro average over {len(subject.rows):,} rows of the calibration split. Score differences to",
        f"the float model are of plain sigmoids on the parity corpus ({len(subject.corpus)} texts).",
        "Alone against in a batch: batches of 2, 7 and 32 texts of mixed lengths.",
    )
    return "\n".join(lines)


def _quality(outcomes: Sequence[Outcome]) -> str:
    first = outcomes[0].pr_auc
    rows = [
        (
            one.name,
            f"{one.megabytes:.1f}",
            "" if one.pr_auc is None else f"{one.pr_auc:.4f}",
            "" if one.pr_auc is None or first is None else f"{first - one.pr_auc:+.4f}",
            f"{one.highest:.4f}",
            f"{one.mean:.5f}",
            f"{one.batch_difference:.1e}",
        )
        for one in outcomes
    ]
    header = ("scheme", "MB", "PR-AUC", "lost", "highest difference", "mean", "alone against in a batch")
    return _table(header, rows)


def _speed(outcomes: Sequence[Outcome]) -> str:
    shapes = [f"{n} x {t}" for n, t in SHAPES]
    rows = [(one.name, *(f"{value:.2f}" for value in one.times_ms)) for one in outcomes]
    return "Milliseconds a run, by texts x tokens:\n\n" + _table(("scheme", *shapes), rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ("---", *["---:"] * (len(header) - 1)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    typer.run(main)
