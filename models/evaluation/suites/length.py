"""Length: whether harm is found in a long harmless document, wherever it stands, and what reading all of it costs.

A document is made of harmless sentences of the test split and one harmful sentence among them, which is flagged when it
stands alone. It is scored as served, in overlapping windows, and as by a model that reads the first window only.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import OperatingPoint
from models.evaluation.arrays import Bools, Floats
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.suites.drawing import COLOURS, GREY, new_figure, save
from models.evaluation.suites.markdown import markdown_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import Labelled, SuiteSkippedError, at_most, load_rows, outputs_of, read_outputs
from models.runtime.batching import run_batches
from models.runtime.classifier import PreparedText, TextClassifier

DEFAULT_DOCUMENTS: Final = 40
N_WORDS: Final = (40, 400, 1200)
"""Words of a document without the harmful sentence: within one window, about two, about six."""
POSITIONS: Final = ("start", "middle", "end")
MIN_SENTENCE_WORDS: Final = 5
MAX_SENTENCE_WORDS: Final = 40
MAX_CANDIDATES: Final = 600
HARMFUL: Final = "toxicity"
ORDINARY: Final = frozenset({"topical_chat", "context_toxicity", "clinc150"})
"""Sets of everyday talk, which documents are filled with; other harmless rows where the dataset has none of them. The
harmless rows of sets that were collected by searching for harm are no everyday text."""
FIGURE: Final = "length-recall.png"
MAX_BATCH_TOKENS: Final = 4096


@dataclass(frozen=True)
class Material:
    """What documents are made of.

    Attributes:
        harmful: sentences that are flagged when they stand alone.
        flagged_for: which outputs flag each. *Shape:* `(n, k)`.
        harmless: sentences that people found harmless, in an order that does not depend on the model.

    """

    harmful: list[str]
    flagged_for: Bools
    harmless: list[str]


@dataclass(frozen=True)
class Cell:
    """Documents of one length with the harm in one place. *Shape:* `(n,)` each.

    Attributes:
        windows: found by what is served.
        truncated: found in the first window.

    """

    n_words: int
    position: str
    windows: Bools
    truncated: Bools


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:
    """Measure recall by position and length, false alarms by length, and the cost.

    Raises:
        SuiteSkippedError: there is no dataset, or it lacks harmful or harmless sentences.

    """
    bars = _bars(model)
    material = _material(model, bars, out, progress)
    n_steps = len(N_WORDS) * (len(POSITIONS) + 1)
    cells: list[Cell] = []
    alarms: dict[int, tuple[Bools, Bools]] = {}
    mostly: dict[int, str] = {}
    costs: list[list[str]] = []
    for n_words in N_WORDS:
        for position in POSITIONS:
            progress("documents", len(cells) + len(alarms), n_steps)
            whole, first, _ = _flags(model, documents(material, n_words, position), bars)
            cells.append(
                Cell(n_words, position, _any(whole & material.flagged_for), _any(first & material.flagged_for))
            )
        whole, first, cost = _flags(model, documents(material, n_words, None), bars)
        alarms[n_words] = (_any(whole), _any(first))
        mostly[n_words] = _most_flagged(model, whole)
        costs.append([f"{n_words:,}", *cost])
    progress("documents", n_steps, n_steps)
    _draw(cells, out / FIGURE)
    return SuiteReport(
        suite="length",
        title="Long documents",
        findings=tuple(_findings(cells, alarms, model)),
        body=_body(cells, alarms, mostly, costs),
        figures=(FIGURE,),
    )


def documents(material: Material, n_words: int, position: str | None) -> list[str]:
    """One document a harmful sentence; without the sentence for a position of None."""
    made = []
    for i, sentence in enumerate(material.harmful):
        before = _filler(material.harmless, n_words, i)
        place = {"start": 0, "middle": len(before) // 2, "end": len(before), None: 0}[position]
        harm = [sentence] if position else []
        made.append(" ".join([*before[:place], *harm, *before[place:]]))
    return made


def _filler(harmless: Sequence[str], n_words: int, i: int) -> list[str]:
    """Harmless sentences, from another place of the list for every document, until there are enough words."""
    chosen: list[str] = []
    words, at = 0, i * 97
    while words < n_words:
        chosen.append(harmless[at % len(harmless)])
        words += len(chosen[-1].split())
        at += 1
    return chosen


def _material(model: SuiteModel, bars: Floats, out: Path, progress: Progress) -> Material:
    test = load_rows(model, "test")
    truth = test.truth(HARMFUL)
    n_words = np.array([len(text.split()) for text in test.rows.texts])
    fitting = (n_words >= MIN_SENTENCE_WORDS) & (n_words <= MAX_SENTENCE_WORDS)
    harmful = at_most(test.select(np.flatnonzero(fitting & (truth == 1))), MAX_CANDIDATES)
    harmless = at_most(test.select(np.flatnonzero(fitting & _harmless(test))), MAX_CANDIDATES)
    if not harmful.rows.texts or not harmless.rows.texts:
        raise SuiteSkippedError("the test split lacks harmful or harmless sentences")
    outputs = outputs_of(model, harmful.rows, out, "scoring sentences", progress)
    flags = outputs.probs[:, : len(bars)] >= bars
    kept = np.flatnonzero(flags.any(axis=1))[: min(model.limit or DEFAULT_DOCUMENTS, DEFAULT_DOCUMENTS)]
    if not len(kept):
        raise SuiteSkippedError("the bundle flags no harmful sentence of the test split")
    return Material([harmful.rows.texts[i] for i in kept], flags[kept], list(harmless.rows.texts))


def _harmless(test: Labelled) -> Bools:
    """No category says yes, toxicity and hate say no, and of everyday talk if there is any. *Shape:* `(n,)`."""
    none = ~_any(test.rows.labels == 1)
    harmless: Bools = none & (test.truth(HARMFUL) == 0) & (test.truth("hate") == 0)
    ordinary: Bools = harmless & np.isin(test.rows.sources, list(ORDINARY))
    return ordinary if ordinary.any() else harmless


def _any(flags: Bools) -> Bools:
    """Whether any column says yes. *Shape:* `(n, k)` to `(n,)`."""
    some: Bools = np.any(flags, axis=1)
    return some


def _bars(model: SuiteModel) -> Floats:
    table = model.classifier.bundle.thresholds.categories
    return np.array([table[label][OperatingPoint.BALANCED] for label in model.classifier.labels])


def _flags(model: SuiteModel, texts: list[str], bars: Floats) -> tuple[Bools, Bools, list[str]]:
    """Flags by category as served and by the first window, and what both cost. *Shape:* `(n, k)` each."""
    classifier = model.classifier
    prepared = classifier.prepare(texts)
    whole, seconds = _timed(classifier, prepared, first_only=False)
    first, seconds_first = _timed(classifier, prepared, first_only=True)
    n_windows = float(np.mean([len(one.windows) for one in prepared]))
    n_tokens = float(np.mean([one.n_tokens for one in prepared]))
    cost = [f"{n_tokens:,.0f}", f"{n_windows:.1f}", *(f"{1000 * s / len(texts):.1f}" for s in (seconds, seconds_first))]
    probs = [read_outputs(model, logits).probs[:, : len(bars)] for logits in (whole, first)]
    return probs[0] >= bars, probs[1] >= bars, cost


def _timed(
    classifier: TextClassifier, prepared: Sequence[PreparedText], *, first_only: bool
) -> tuple[NDArray[np.float32], float]:
    """Logits of documents by all their windows or by the first, and the seconds of inference."""
    windows = [one.windows[:1] if first_only else one.windows for one in prepared]
    started = time.perf_counter()
    logits = run_batches(classifier.infer, [window for some in windows for window in some], MAX_BATCH_TOKENS)
    pooled = classifier.pool(logits, [len(some) for some in windows])
    return pooled, time.perf_counter() - started


def _findings(cells: list[Cell], alarms: dict[int, tuple[Bools, Bools]], model: SuiteModel) -> list[Finding]:
    longest, n = max(N_WORDS), len(cells[0].windows)
    found = [
        _share(f"{n_words:,} words: harm found, windows", _joined(cells, n_words, "windows"), n, model)
        for n_words in N_WORDS
    ]
    found += [
        _share(f"{longest:,} words: harm found, first window only", _joined(cells, longest, "truncated"), n, model),
        *(_share(f"{words:,} words: harmless documents flagged", alarms[words][0], n, model) for words in N_WORDS),
    ]
    return found


def _most_flagged(model: SuiteModel, flags: Bools) -> str:
    """The category that flags most documents, with its share; empty where none does."""
    shares = flags.mean(axis=0)
    worst = int(shares.argmax())
    return f"{model.classifier.labels[worst]} ({shares[worst]:.2f})" if shares[worst] else ""


def _joined(cells: list[Cell], n_words: int, how: str) -> Bools:
    return np.concatenate([getattr(cell, how) for cell in cells if cell.n_words == n_words])


def _share(name: str, flags: Bools, n_sentences: int, model: SuiteModel) -> Finding:
    """A share with its interval; documents about the same sentence, one after the other round, are drawn together."""
    strata, sentences = np.zeros(len(flags), dtype=np.int64), np.arange(len(flags)) % n_sentences
    weights = np.concatenate(list(resample_weights(strata, model.n_resamples, model.seed, sentences)))
    one = estimate(float(flags.mean()), weights @ flags / len(flags))
    return Finding(name=name, value=one.value, low=one.low, high=one.high, n=len(flags))


def _body(
    cells: list[Cell], alarms: dict[int, tuple[Bools, Bools]], mostly: dict[int, str], costs: list[list[str]]
) -> str:
    rows = [
        [f"{cell.n_words:,}", cell.position, f"{cell.windows.mean():.2f}", f"{cell.truncated.mean():.2f}"]
        for cell in cells
    ]
    quiet = [
        [f"{n:,}", f"{whole.mean():.2f}", f"{first.mean():.2f}", mostly[n]] for n, (whole, first) in alarms.items()
    ]
    tables = [
        "Share of documents flagged for the category that flags the harmful sentence alone, at the balanced point.",
        markdown_table(["words", "harm at the", "windows", "first window only"], rows),
        "The same documents without it: share in which any category is flagged.",
        markdown_table(["words", "windows", "first window only", "mostly for"], quiet),
        "Cost, on one thread of the machine that ran this:",
        markdown_table(["words", "tokens", "windows", "ms a document", "ms for its first window"], costs),
    ]
    return "\n\n".join(tables)


def _draw(cells: list[Cell], path: Path) -> None:
    figure, ax = new_figure(6.5, 3.2)
    places = np.arange(len(cells))
    ax.bar(places - 0.2, [cell.windows.mean() for cell in cells], 0.4, color=COLOURS[0], label="windows")
    ax.bar(places + 0.2, [cell.truncated.mean() for cell in cells], 0.4, color=GREY, label="first window only")
    ax.set_xticks(places, [f"{cell.n_words:,}\n{cell.position}" for cell in cells], fontsize=7.5)
    ax.set_ylim(0.0, 1.02)
    ax.set_ylabel("harmful sentence found")
    ax.legend(fontsize=8)
    save(figure, path)
