"""Spans: whether evidence names the words that people mark, and the words that carry the score.

The first is ToxicSpans' official test, with the rule chosen on validation texts, beside simpler ways to choose words.
The second is faithfulness on the test positives of every category: see `models.evaluation.suites.removal`.
"""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np

from models.contracts import Category
from models.evaluation.arrays import Floats
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.results import Estimate
from models.evaluation.suites.markdown import markdown_table
from models.evaluation.suites.marked import Ranges, ReadText, joined_words, load_marked, read_all, scores
from models.evaluation.suites.removal import Removal, measure_removal, without
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import SuiteSkippedError, load_rows
from models.runtime.classifier import TextClassifier
from models.runtime.evidence import RULE, Rule, chosen_ranges

SOURCE: Final = "toxic_spans"
CATEGORY: Final = Category.TOXICITY
TARGET: Final = 0.62
PUBLISHED: Final = "best published 0.708"
N_OCCLUDED: Final = 200
"""Texts of the test that are read once for each of their words."""
N_REMOVED: Final = 40
"""Positives of a category whose evidence is removed."""
HALF: Final = 0.5
_BARS: Final = tuple(np.arange(-3.0, 2.01, 0.25).tolist())
_SLOPES: Final = (0.0, 1.0, 2.0, 3.0, 4.0)
_ALONE_HALVES: Final = tuple(np.arange(0.3, 0.96, 0.05).round(2).tolist())
_PARTS: Final = tuple(np.arange(0.0, 0.96, 0.1).round(2).tolist())

Find = Callable[[ReadText], Ranges]


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:  # noqa: ARG001 - it draws nothing
    """Measure on marked texts, and on texts without their evidence.

    Raises:
        SuiteSkippedError: there is no dataset with marked texts, or the bundle has no token logits.

    """
    manifest = model.classifier.bundle.manifest
    if not manifest.has_token_logits or CATEGORY not in manifest.labels:
        raise SuiteSkippedError("the bundle has no token logits, from which evidence is read; export it again")
    validation = load_marked(model, "validation", SOURCE)
    test = load_marked(model, "test", SOURCE)
    read = read_all(model.classifier, validation, CATEGORY, "marked texts of validation", progress)
    tested = read_all(model.classifier, test, CATEGORY, "marked texts of the test", progress)
    rule = choose_rule(read)
    headline = _finding(model, "ToxicSpans test: character F1", scores(tested, _ruled(rule)), TARGET, PUBLISHED)
    served = _finding(model, "ToxicSpans test: character F1 of the rule that serves", scores(tested, _ruled(RULE)))
    removals = _removals(model, progress)
    return SuiteReport(
        suite="spans",
        title="Evidence: the words that carry a score",
        findings=(headline, served, *_baselines(model, read, tested, progress), *_faithful(model, removals)),
        body=_body(rule, removals),
    )


def choose_rule(texts: Sequence[ReadText]) -> Rule:
    """The best rule of a small grid on validation texts; the first of equals."""
    plain = [dataclasses.replace(RULE, alone_half=half) for half in _ALONE_HALVES]
    alone = max(plain, key=lambda rule: float(scores(texts, _alone(rule)).mean()))
    grid = [dataclasses.replace(alone, bar=bar, slope=slope) for bar, slope in product(_BARS, _SLOPES)]
    if all(one.words.evidence is None for one in texts):
        return alone
    return max(grid, key=lambda rule: float(scores(texts, _ruled(rule)).mean()))


def _ruled(rule: Rule) -> Find:
    return lambda one: tuple((start, end) for start, end, _ in chosen_ranges(one.words, CATEGORY, rule))


def _alone(rule: Rule) -> Find:
    """The rule without the evidence head."""
    return lambda one: _ruled(rule)(dataclasses.replace(one, words=dataclasses.replace(one.words, evidence=None)))


def _baselines(
    model: SuiteModel, validation: Sequence[ReadText], test: Sequence[ReadText], progress: Progress
) -> list[Finding]:
    """Simpler ways to choose words, each with its threshold from the same validation texts."""
    classifier = model.classifier
    halves = [_alone(dataclasses.replace(RULE, alone_half=half)) for half in _ALONE_HALVES]
    found = {
        "every character": scores(test, lambda one: ((0, len(one.words.text)),)),
        "each word alone, without the head": scores(test, _best(validation, halves)),
    }
    if test[0].words.evidence is not None:
        heads = [_head(bar) for bar in _BARS]
        found["the head alone"] = scores(test, _best(validation, heads))
    progress("decomposition", 0, 1)
    parts = _best(validation[:N_OCCLUDED], _decompositions(classifier))
    found["the heads on token vectors"] = scores(test, parts)
    progress("decomposition", 1, 1)
    few = test[:N_OCCLUDED]
    found["occlusion, a word at a time, on some"] = scores(few, _occluded(classifier, len(few), progress))
    found["each word alone, without the head, on the same"] = found["each word alone, without the head"][: len(few)]
    return [_finding(model, f"ToxicSpans test: {name}", values) for name, values in found.items()]


def _best(texts: Sequence[ReadText], ways: Sequence[Find]) -> Find:
    return max(ways, key=lambda find: float(scores(texts, find).mean()))


def _head(bar: float) -> Find:
    def find(one: ReadText) -> Ranges:
        evidence = one.words.evidence
        return () if evidence is None else joined_words(one.words, (evidence > bar).tolist())

    return find


def _decompositions(classifier: TextClassifier) -> list[Find]:
    """Words with a token that is so far between the mean and the highest of the text's token logits."""
    column = classifier.labels.index(CATEGORY)
    kept: dict[str, Floats] = {}

    def highest(one: ReadText) -> Floats:
        text = one.marked.text
        if text not in kept:
            located = classifier.locate(text)
            _, (rows, *_) = classifier.infer_tokens(located.windows[:1])
            values = rows[1:-1, column].astype(np.float64)
            begins = located.offsets[: len(values), 0]
            inside = [(begins >= start) & (begins < end) for start, end in one.words.ranges]
            kept[text] = np.array([values[chosen].max(initial=-np.inf) for chosen in inside])
        return kept[text]

    def find(one: ReadText, part: float) -> Ranges:
        values = highest(one)
        finite = values[np.isfinite(values)]
        if not len(finite):
            return ()
        bar = finite.mean() + part * (finite.max() - finite.mean())
        return joined_words(one.words, (values >= bar).tolist())

    return [partial(find, part=part) for part in _PARTS]


def _occluded(classifier: TextClassifier, n_texts: int, progress: Progress) -> Find:
    """Words whose removal costs at least half of what the costliest one does."""
    column = classifier.labels.index(CATEGORY)
    n_done = 0

    def find(one: ReadText) -> Ranges:
        nonlocal n_done
        n_done += 1
        progress("occlusion", n_done, n_texts)
        texts = [one.words.text, *(without(one.words.text, [place]) for place in one.words.ranges)]
        logits = classifier.logits(texts)[:, column]
        lost = logits[0] - logits[1:]
        return joined_words(one.words, (lost >= HALF * max(lost.max(initial=0.0), 0.1)).tolist())

    return find


def _removals(model: SuiteModel, progress: Progress) -> dict[Category, Removal]:
    n_rows = N_REMOVED if model.limit is None else min(N_REMOVED, model.limit)
    rows = load_rows(model, "test")
    measured = {label: measure_removal(model, rows, label, n_rows, progress) for label in model.classifier.labels}
    return {label: removal for label, removal in measured.items() if removal is not None}


def _faithful(model: SuiteModel, removals: dict[Category, Removal]) -> list[Finding]:
    if not removals:
        return []
    evidence = np.concatenate([one.evidence for one in removals.values()])
    chance = np.concatenate([one.chance for one in removals.values()])
    strata = np.repeat(np.arange(len(removals)), [len(one.evidence) for one in removals.values()])
    note = f"{chance.mean():.3f} with as many words drawn by lot; {len(removals)} categories"
    name = "share of the score lost without its evidence"
    return [_finding(model, name, evidence, note=note, strata=strata)]


def _finding(
    model: SuiteModel,
    name: str,
    values: Floats,
    target: float | None = None,
    note: str = "",
    strata: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None,
) -> Finding:
    found = mean_of(values, model, strata)
    return Finding(
        name=name, value=found.value, low=found.low, high=found.high, n=len(values), target=target, note=note
    )


def mean_of(
    values: Floats, model: SuiteModel, strata: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None
) -> Estimate:
    """The mean over texts with its interval."""
    rows = np.zeros(len(values), dtype=np.int64) if strata is None else strata
    chunks = resample_weights(rows, model.n_resamples, model.seed)
    return estimate(float(values.mean()), np.concatenate([w @ values / w.sum(axis=1) for w in chunks]))


def _body(rule: Rule, removals: dict[Category, Removal]) -> str:
    chosen = ", ".join(f"{name} {value:g}" for name, value in dataclasses.asdict(rule).items())
    text = (
        "F1 is over the characters of the stored, normalised text. The rule of the headline was chosen on validation "
        f"texts: {chosen}."
    )
    if not removals:
        return text
    rows = [
        (
            label.value,
            f"{len(one.evidence)}",
            f"{one.words.mean():.2f}",
            f"{one.evidence.mean():.2f}",
            f"{one.chance.mean():.2f}",
        )
        for label, one in removals.items()
    ]
    header = ("category", "texts", "words named", "score lost without them", "without as many by lot")
    return f"{text}\n\n{markdown_table(header, rows)}"
