"""Context: what a model makes of the turn before a text, and whether a hostile one gets its answer flagged.

Two looks. Test rows whose labels were given beside the previous turn, scored with it and alone: the difference is
paired, on the same rows and resamples. And harmless answers, each after a turn that people found toxic and after one
that they did not: what the turn moves is the turn's and not the answer's, so it should move little.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import OperatingPoint
from models.evaluation.arrays import UNKNOWN, Bools, Floats, Labels
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.metrics import Areas, areas
from models.evaluation.suites.markdown import markdown_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import (
    Labelled,
    Outputs,
    SuiteSkippedError,
    load_rows,
    outputs_of,
    read_outputs,
    thresholds_at,
)

SOURCES: Final = ("context_toxicity", "convabuse")
JUDGED: Final = ("toxicity", "harassment")
HARMFUL: Final = "toxicity"
ALL: Final = "both sets"
MIN_SIDE: Final = 5
"""Fewer rows of either kind than this and an area says nothing."""
MAX_ANSWERS: Final = 400
MAX_TURN_CHARS: Final = 200
"""Turns that are shown to harmless answers are short enough to be read whole."""
ROWS_A_STEP: Final = 256


@dataclass(frozen=True)
class Turned:
    """Rows with the turn before each. *Shape:* `(n,)` each."""

    rows: Labelled
    previous: list[str]

    @property
    def sources(self) -> NDArray[np.str_]:
        """The set of each row."""
        return np.asarray(self.rows.rows.sources, dtype=np.str_)


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:
    """Take both looks.

    Raises:
        SuiteSkippedError: the model reads no previous turns, or there are no rows that have one.

    """
    if not model.classifier.bundle.manifest.previous_tokens:
        raise SuiteSkippedError("the bundle was not trained to read the turn before a text (previous_tokens is 0)")
    turned = _turned(model)
    alone = _judged(outputs_of(model, turned.rows.rows, out, "scoring alone", progress))
    after = _probs(model, list(turned.rows.rows.texts), turned.previous, "scoring after their turns", progress)
    findings, table = _compared(model, turned, after, alone)
    moved, shifts = _moved(model, turned, alone, progress)
    words = [
        "PR-AUC (average precision) and ROC-AUC of the same rows, alone and after their turns; differences are paired.",
        markdown_table(["set", "category", "rows", "positives", "measure", "alone", "after", "difference"], table),
        "Harmless answers after turns that people found toxic, and after harmless ones; flags at the balanced point.",
        markdown_table(["category", "turn", "answers", "mean change", "flagged alone", "flagged after"], shifts),
    ]
    return SuiteReport(
        suite="context",
        title="The turn before a text",
        findings=(*findings, *moved),
        body="\n\n".join(words),
    )


def _turned(model: SuiteModel) -> Turned:
    """Test rows of the sets whose labels were given in context."""
    from models.data.examples import Split
    from models.data.store import load_split

    rows = load_rows(model, "test", SOURCES)  # says what is missing, the dataset itself included
    loaded = load_split(model.data or Path(), Split.TEST, SOURCES)
    turns = {digest: turn for digest, turn in zip(loaded.digests, loaded.previous, strict=False) if turn}
    chosen = [i for i, digest in enumerate(rows.rows.digests) if digest in turns][: model.limit]
    if not chosen:
        raise SuiteSkippedError("no test row of the dataset has the turn before it; build it again")
    found = rows.select(np.asarray(chosen, dtype=np.int64))
    return Turned(found, [turns[digest] for digest in found.rows.digests])


def _probs(
    model: SuiteModel, texts: list[str], previous: list[str], stage: str, progress: Progress
) -> dict[str, Floats]:
    """Calibrated probabilities of texts after their turns, by category. *Shape:* `(n,)` each."""
    logits = []
    for start in range(0, len(texts), ROWS_A_STEP):
        progress(stage, start, len(texts))
        step = slice(start, start + ROWS_A_STEP)
        logits.append(model.classifier.logits(texts[step], previous=previous[step]))
    progress(stage, len(texts), len(texts))
    return _judged(read_outputs(model, np.concatenate(logits)))


def _judged(outputs: Outputs) -> dict[str, Floats]:
    return {name: probs for name in JUDGED if (probs := outputs.prob(name)) is not None}


def _compared(
    model: SuiteModel, turned: Turned, after: dict[str, Floats], alone: dict[str, Floats]
) -> tuple[list[Finding], list[list[str]]]:
    """Areas with and without the turn, for both sets together and for each."""
    everywhere = np.ones(len(turned.previous), dtype=np.bool_)
    places = {ALL: everywhere, **{name: turned.sources == name for name in SOURCES}}
    findings: list[Finding] = []
    table: list[list[str]] = []
    for (place, chosen), name in ((place, name) for place in places.items() for name in alone):
        truth = turned.rows.truth(name)
        rows = np.flatnonzero(chosen & (truth != UNKNOWN))
        n_positive = int((truth[rows] == 1).sum())
        if min(n_positive, len(rows) - n_positive) < MIN_SIDE:
            continue
        strata = np.unique(turned.sources[rows], return_inverse=True)[1]
        found = _paired(model, truth[rows], alone[name][rows], after[name][rows], strata, f"{place}: {name}")
        findings += found if place == ALL else []
        counts = [place, name, f"{len(rows):,}", f"{n_positive:,}"]
        table += [
            [*counts, measure, *(_written(one) for one in found[i : i + 3])]
            for i, measure in ((0, "PR-AUC"), (3, "ROC-AUC"))
        ]
    return findings, table


def _paired(
    model: SuiteModel, truth: Labels, alone: Floats, after: Floats, strata: NDArray[np.integer], name: str
) -> list[Finding]:
    """PR-AUC alone, after and their difference, then ROC-AUC; each over the same resamples."""
    weights = np.concatenate([np.ones((1, len(truth))), *resample_weights(strata, model.n_resamples, model.seed)])
    pair = (areas(alone, truth, weights), areas(after, truth, weights))
    findings = []
    for measure, read in (("PR-AUC", _pr_auc), ("ROC-AUC", _roc_auc)):
        first, second = (read(one) for one in pair)
        for what, values in (("alone", first), ("after the turn", second), ("difference", second - first)):
            one = estimate(float(values[0]), values[1:])
            label = f"{name}: {measure} {what}"
            findings.append(Finding(name=label, value=one.value, low=one.low, high=one.high, n=len(truth)))
    return findings


def _pr_auc(one: Areas) -> Floats:
    return one.pr_auc


def _roc_auc(one: Areas) -> Floats:
    return one.roc_auc


def _moved(
    model: SuiteModel, turned: Turned, alone: dict[str, Floats], progress: Progress
) -> tuple[list[Finding], list[list[str]]]:
    """What a turn of somebody else's does to harmless answers."""
    answers = _harmless(turned)[:MAX_ANSWERS]
    texts = [turned.rows.rows.texts[i] for i in answers]
    bars = thresholds_at(model, OperatingPoint.BALANCED)
    findings: list[Finding] = []
    table: list[list[str]] = []
    for kind, truth in (("hostile", 1), ("harmless", 0)):
        turns = _turns(model, truth)
        if not turns or not texts:
            continue
        shown = [turns[i % len(turns)] for i in range(len(texts))]
        probs = _probs(model, texts, shown, f"scoring after {kind} turns", progress)
        for name, after in probs.items():
            before = alone[name][answers]
            shift = _mean(model, after - before, f"harmless answers after {kind} turns: {name}, mean change")
            flags = [float((values >= bars[name]).mean()) for values in (before, after)]
            findings.append(shift)
            table.append([name, kind, f"{len(texts):,}", _written(shift), *(f"{share:.3f}" for share in flags)])
    return findings, table


def _harmless(turned: Turned) -> NDArray[np.int64]:
    """Rows that no category says yes to, and toxicity says no."""
    calm: Bools = ~np.any(turned.rows.rows.labels == 1, axis=1) & (turned.rows.truth(HARMFUL) == 0)
    return np.flatnonzero(calm)


def _turns(model: SuiteModel, truth: int) -> list[str]:
    """Short test texts of other sets that people found toxic, or did not: shown as the turn before."""
    test = load_rows(model, "test")
    labels = test.truth(HARMFUL)
    order = sorted(range(len(labels)), key=lambda i: test.rows.digests[i])
    known = (i for i in order if labels[i] == truth and test.rows.sources[i] not in SOURCES)
    fitting = (i for i in known if len(test.rows.texts[i]) <= MAX_TURN_CHARS)
    return [test.rows.texts[i] for i, _ in zip(fitting, range(MAX_ANSWERS), strict=False)]


def _mean(model: SuiteModel, values: Floats, name: str) -> Finding:
    weights = np.concatenate(
        list(resample_weights(np.zeros(len(values), dtype=np.int64), model.n_resamples, model.seed))
    )
    one = estimate(float(values.mean()), weights @ values / len(values))
    return Finding(name=name, value=one.value, low=one.low, high=one.high, n=len(values))


def _written(one: Finding) -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
