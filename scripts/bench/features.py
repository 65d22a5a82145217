"""What it costs to record what monitoring looks at: features of a text, and its projected embedding."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import TextClassifier, open_classifier
from models.runtime.disguise import altered_share, disguised_share
from models.runtime.features import text_features
from models.runtime.language import language_of, script_of
from models.runtime.normalization import normalize
from models.runtime.projection import project
from scripts.bench.corpus import load_texts
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.matching_report import Sheet
from scripts.bench.report import machine_line

SECTION: Final = "weir bench features"
BATCH: Final = 16
"""Texts that go through the model together, as under load."""
WORST_CHARS: Final = 100_000
"""Characters: `WEIR_MAX_TEXT_CHARS`."""
WORST: Final = ("a", "a.", "a ", "a0", "a@", "a_", "\u200b", "a\u200b", "\u0300", "\u00e90")
"""Units of texts that are built to keep the expressions busy."""

Part = Callable[[str, str], object]
PARTS: Final[dict[str, Part]] = {
    "all features": lambda raw, text: text_features(text, 1, 1, altered_share(raw, text)),
    "language": lambda _, text: language_of(text),
    "script": lambda _, text: script_of(text),
    "disguise undone (`altered_share`)": altered_share,
    "disguised words (`disguised_share`)": lambda _, text: disguised_share(text),
}
"""What is measured of a text as it was posted and as it is normalised."""


@dataclass(frozen=True)
class FeaturesReport:
    """Microseconds a text.

    Attributes:
        texts: of each part, by kind of text: the corpus, the same with characters beyond ASCII, the same disguised.
        worst_us_per_kchar: of each part, for 1,000 characters of the worst of the texts that are built against it.
        infer_us: running the model for the scores alone, and for embeddings as well, batches of `BATCH`.
        project_us: projecting, alone and in batches of `BATCH`.

    """

    machine: Machine
    texts: dict[str, dict[str, float]]
    worst_us_per_kchar: dict[str, float]
    infer_us: tuple[float, float]
    project_us: tuple[float, float]

    def as_json(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self)


def run_features(bundle: Path, repeats: int, advance: Callable[[str], None]) -> FeaturesReport:
    """Measure every part by itself.

    Args:
        bundle: folder of a text bundle with embeddings.
        repeats: of every measurement, interleaved; the least counts, because other work interrupts.
        advance: called before each of `N_STEPS` groups of measurements, with its name.

    """
    machine = describe_machine()
    corpus = load_texts()
    kinds = {
        "as written": corpus,
        "beyond ASCII": [f"{text} \u00e9 \U0001f602" for text in corpus],
        "disguised": [text.replace("e", "3").replace("s", "\u200bs") for text in corpus],
    }
    texts: dict[str, dict[str, float]] = {}
    for kind, raws in kinds.items():
        advance(kind)
        pairs = [(raw, normalize(raw)) for raw in raws]
        texts[kind] = {name: _least(_each(part, pairs), repeats) / len(pairs) for name, part in PARTS.items()}
    advance("worst texts")
    built = [(unit * (WORST_CHARS // len(unit)),) * 2 for unit in WORST]
    worst = {
        name: max(_least(_each(part, [pair]), 3) / len(pair[0]) * 1e3 for pair in built) for name, part in PARTS.items()
    }
    advance("embeddings")
    infer_us, project_us = _embedding_costs(open_classifier(load_text_bundle(bundle)), corpus, repeats)
    return FeaturesReport(machine, texts, worst, infer_us, project_us)


N_STEPS: Final = 5


def features_section(report: FeaturesReport) -> str:
    """The Markdown section."""
    method = (
        "`weir bench features`: what records keep of a text for monitoring, in microseconds a text on one thread, the "
        "texts of the serving benchmark. Each measurement is repeated and the least taken, because other work "
        f"interrupts. The last column is of texts of {WORST_CHARS:,} characters that are built to keep the expressions "
        "busy: the worst of them, for 1,000 characters."
    )
    return "\n\n".join(["## Features", method, machine_line(report.machine), *map(Sheet.markdown, sheets(report))])


def sheets(report: FeaturesReport) -> list[Sheet]:
    """The table of features and the table of embeddings."""
    rows = tuple(
        (name, *(f"{parts[name]:,.1f}" for parts in report.texts.values()), f"{report.worst_us_per_kchar[name]:,.0f}")
        for name in PARTS
    )
    plain, embedded = report.infer_us
    alone, batched = report.project_us
    vectors = (
        (f"model, scores alone, batches of {BATCH}", f"{plain:,.0f}"),
        (f"model, embeddings as well, batches of {BATCH}", f"{embedded:,.0f} ({embedded / plain:.3f} x)"),
        ("projection of one text alone", f"{alone:,.1f}"),
        (f"projection in batches of {BATCH}", f"{batched:,.1f}"),
    )
    return [
        Sheet("Features, in microseconds a text", ("part", *report.texts, "worst, 1,000 characters"), rows),
        Sheet("Embeddings, in microseconds a text", ("step", "cost"), vectors),
    ]


def _embedding_costs(
    classifier: TextClassifier, corpus: Sequence[str], repeats: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    windows = sorted((one.windows[0] for one in classifier.prepare(corpus)), key=len)
    batches = [windows[start : start + BATCH] for start in range(0, len(windows) - BATCH + 1, BATCH)]
    n_texts = BATCH * len(batches)
    embeddings = np.concatenate([classifier.infer_embeddings(batch)[1] for batch in batches])
    steps: list[Callable[[], object]] = [
        lambda: [classifier.infer(batch) for batch in batches],
        lambda: [classifier.infer_embeddings(batch) for batch in batches],
        lambda: [project(embeddings[place : place + 1]) for place in range(n_texts)],
        lambda: [project(embeddings[place : place + BATCH]) for place in range(0, n_texts, BATCH)],
    ]
    plain, embedded, alone, batched = (least / n_texts for least in _least_each(steps, repeats))
    return (plain, embedded), (alone, batched)


def _each(part: Part, pairs: Sequence[tuple[str, str]]) -> Callable[[], object]:
    return lambda: [part(raw, text) for raw, text in pairs]


def _least(call: Callable[[], object], repeats: int) -> float:
    (least,) = _least_each([call], repeats)
    return least


def _least_each(calls: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """The least processor time of each, in microseconds; rounds are interleaved."""
    least = [float("inf")] * len(calls)
    for _ in range(repeats):
        for place, call in enumerate(calls):
            began = time.thread_time_ns()
            call()
            least[place] = min(least[place], (time.thread_time_ns() - began) / 1e3)
    return least
