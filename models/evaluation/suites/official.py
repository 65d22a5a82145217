"""Official: the questions of published sets, on their official tests, scored the way their authors score them.

Thresholds and offsets are the best ones on validation rows of the same set; the official test is looked at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from models.evaluation.arrays import UNKNOWN, Ints
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.linear_readout import accuracy_by_resample, decide_linearly, fits, macro_f1_by_resample
from models.evaluation.results import PublishedScore, TaskResult
from models.evaluation.suites.markdown import markdown_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import Labelled, Outputs, SuiteSkippedError, at_most, load_rows, outputs_of
from models.evaluation.tasks import OFFICIAL_TASKS, Columns, SplitAnswers, TaskAnswers, TaskSpec, score_tasks
from models.evaluation.three_way import HATE, N_CLASSES, NORMAL, OFFENSIVE, decide, macro_f1, tune_offsets

EDOS: Final = "EDOS task A: sexist or not"
HATEMOJI: Final = "HatemojiBuild: hate or not"
TARGETS: Final = {EDOS: 0.83, HATEMOJI: 0.75}
"""For the first output that a task names."""
HATEXPLAIN: Final = "hatexplain"
HATEXPLAIN_TARGET: Final = 0.67
HATEXPLAIN_PUBLISHED: Final = PublishedScore(
    value=0.687,
    source="Mathew et al. (2021): BERT-HateXplain 0.687, BERT 0.674",
    comparable="Yes: the official test, less the rows dropped as overlap",
)
PAIRS: Final = (("aux/hatexplain/hate", "aux/hatexplain/offensive"), ("hate", "toxicity"))
"""Outputs that may tell its three classes apart, each pair by itself; the second needs no column of its own."""


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:
    """Score every official task that the dataset has rows for.

    Raises:
        SuiteSkippedError: there is no dataset.

    """
    load_rows(model, "test", {spec.source for spec in OFFICIAL_TASKS})
    answers = _answers(model, out, progress)
    results, skipped = score_tasks(answers, OFFICIAL_TASKS, model.seed)
    found, why_not = _three_way(model, out, progress)
    skipped |= {"HateXplain: three classes": why_not} if why_not else {}
    together = [one for question in QUESTIONS if (one := _together(question, model, out, progress))]
    return SuiteReport(
        suite="official",
        title="Official tests",
        findings=(*together, *found, *(_finding(one) for one in results)),
        body=_published(results),
        skipped=skipped,
    )


@dataclass(frozen=True)
class Question:
    """A published question that all outputs answer together.

    Attributes:
        name: of its finding.
        source: the set.
        classes: the class of each row, -1 where unknown.
        balanced: judged by macro-F1; by accuracy otherwise.
        target: what it should reach.
        published: for orientation.

    """

    name: str
    source: str
    classes: Callable[[Labelled], Ints]
    balanced: bool
    target: float
    published: PublishedScore | None


@dataclass(frozen=True)
class _Scored:
    """One source in one split, and what the bundle says."""

    labelled: Labelled
    outputs: Outputs

    def answers(self) -> SplitAnswers:
        """As tasks ask for it."""
        names = (*CATEGORIES, *self.labelled.auxiliary_names)
        truth: Columns = {str(name): self.labelled.truth(str(name)) for name in names}
        return SplitAnswers(truth, {"model": dict(zip(self.outputs.names, self.outputs.probs.T, strict=True))})


def _scored(model: SuiteModel, split: str, source: str, out: Path, progress: Progress) -> _Scored:
    labelled = at_most(load_rows(model, split, {source}), model.limit)
    return _Scored(labelled, outputs_of(model, labelled.rows, out, f"scoring {split} of {source}", progress))


def _answers(model: SuiteModel, out: Path, progress: Progress) -> Callable[[str], TaskAnswers | None]:
    def of_source(source: str) -> TaskAnswers | None:
        try:
            fit, test = (_scored(model, split, source, out, progress) for split in ("validation", "test"))
        except SuiteSkippedError:
            return None
        return TaskAnswers(validation=fit.answers(), test=test.answers())

    return of_source


def _together(question: Question, model: SuiteModel, out: Path, progress: Progress) -> Finding | None:
    """A question answered by a linear read-out of all outputs; None where there are no rows to fit or to judge on."""
    try:
        parts = [_scored(model, split, question.source, out, progress) for split in ("validation", "calibration")]
        test = _scored(model, "test", question.source, out, progress)
    except SuiteSkippedError:
        return None
    fit_truth = np.concatenate([question.classes(one.labelled) for one in parts])
    fit_logits = np.concatenate([one.outputs.logits for one in parts])
    truth = question.classes(test.labelled)
    judged = truth != UNKNOWN
    if not (fits(fit_truth[fit_truth != UNKNOWN]) and judged.any()):
        return None
    known = fit_truth != UNKNOWN
    decided = decide_linearly(
        fit_logits[known], fit_truth[known], test.outputs.logits[judged], balanced=question.balanced
    )
    measure = macro_f1_by_resample if question.balanced else accuracy_by_resample
    weights = resample_weights(truth[judged], model.n_resamples, model.seed)
    score = estimate(
        float(measure(decided, truth[judged], np.ones((1, int(judged.sum()))))[0]),
        np.concatenate([measure(decided, truth[judged], one) for one in weights]),
    )
    return Finding(
        name=question.name,
        value=score.value,
        low=score.low,
        high=score.high,
        n=int(judged.sum()),
        target=question.target,
        note=_note(question.published),
    )


def _finding(result: TaskResult) -> Finding:
    first = next(spec for spec in OFFICIAL_TASKS if spec.name == result.task).outputs[0]
    return Finding(
        name=f"{result.task}: {result.metric.replace('_', ' ')} of {result.output}",
        value=result.score.value,
        low=result.score.low,
        high=result.score.high,
        n=result.n_rows,
        target=TARGETS.get(result.task) if result.output == first else None,
        note=_note(result.published),
    )


def _note(published: PublishedScore | None) -> str:
    """The published value, unless it answers another question; the table below the findings says so then."""
    if published is None or published.comparable.startswith("No"):
        return ""
    return f"published {published.value:g} ({published.source})"


def _published(results: tuple[TaskResult, ...]) -> str:
    specs: dict[str, TaskSpec] = {spec.name: spec for spec in OFFICIAL_TASKS}
    rows = [
        [name, f"{one.value:g}", one.source, one.comparable]
        for name in dict.fromkeys(result.task for result in results)
        if (one := specs[name].published)
    ]
    three = HATEXPLAIN_PUBLISHED
    rows.append(["HateXplain: three classes", f"{three.value:g}", three.source, three.comparable])
    return "How far published values can be compared:\n\n" + markdown_table(
        ["task", "published", "by", "comparable"], rows
    )


def _three_way(model: SuiteModel, out: Path, progress: Progress) -> tuple[list[Finding], str]:
    """HateXplain's own question, by every pair of outputs that can answer it; or why not."""
    try:
        fit, test = (_scored(model, split, HATEXPLAIN, out, progress) for split in ("validation", "test"))
    except SuiteSkippedError as error:
        return [], str(error)
    fit_truth, truth = three_classes(fit.labelled), three_classes(test.labelled)
    findings = []
    for pair in PAIRS:
        if {*pair} <= {*fit.outputs.names}:
            one = _by_pair(pair, (fit, fit_truth), (test, truth), model)
            findings += [one] if one else []
    return findings, "" if findings else "the bundle has no pair of outputs for it, or a class has no rows"


def _by_pair(
    pair: tuple[str, str], fit: tuple[_Scored, Ints], test: tuple[_Scored, Ints], model: SuiteModel
) -> Finding | None:
    (fit_hate, fit_offensive), fit_truth = _logits(fit, pair)
    (hate, offensive), truth = _logits(test, pair)
    if len(set(fit_truth.tolist())) < N_CLASSES or not len(truth):
        return None
    decided = decide(hate, offensive, tune_offsets(fit_hate, fit_offensive, fit_truth))
    weights = resample_weights(truth, model.n_resamples, model.seed)
    score = estimate(float(macro_f1(decided, truth)[0]), np.concatenate([macro_f1(decided, truth, w) for w in weights]))
    own = pair == PAIRS[0]
    return Finding(
        name=f"HateXplain: three classes: macro F1 of {pair[0]} and {pair[1]}",
        value=score.value,
        low=score.low,
        high=score.high,
        n=len(truth),
        target=HATEXPLAIN_TARGET if own else None,
        note=_note(HATEXPLAIN_PUBLISHED),
    )


def _logits(
    scored: tuple[_Scored, Ints], pair: tuple[str, str]
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], Ints]:
    one, truth = scored
    known = truth != UNKNOWN
    hate, offensive = one.outputs.logits[known][:, [one.outputs.names.index(name) for name in pair]].T
    return (hate.astype(np.float64), offensive.astype(np.float64)), truth[known]


def three_classes(labelled: Labelled) -> Ints:
    """HateXplain's class of each row, -1 where unknown. *Shape:* `(n,)`.

    From its own labels; where a dataset was built without them, from the categories they were mapped to.
    """
    hate, offensive = labelled.truth("aux/hatexplain/hate"), labelled.truth("aux/hatexplain/offensive")
    if (hate == UNKNOWN).all():
        hate, offensive, toxic = (labelled.truth(name) for name in ("hate", "harassment", "toxicity"))
        normal = toxic == 0
    else:
        normal = (hate == 0) & (offensive == 0)
    classes = np.full(len(hate), UNKNOWN, dtype=np.int64)
    classes[normal] = NORMAL
    classes[offensive == 1] = OFFENSIVE
    classes[hate == 1] = HATE
    return classes


def _yes_or_no(label: str) -> Callable[[Labelled], Ints]:
    return lambda labelled: labelled.truth(label).astype(np.int64)


QUESTIONS: Final = (
    Question(
        name=f"{EDOS}: macro F1 of all outputs together",
        source="edos",
        classes=_yes_or_no("aux/sexism"),
        balanced=True,
        target=TARGETS[EDOS],
        published=next(spec.published for spec in OFFICIAL_TASKS if spec.name == EDOS),
    ),
    Question(
        name="HateXplain: three classes: macro F1 of all outputs together",
        source=HATEXPLAIN,
        classes=three_classes,
        balanced=True,
        target=HATEXPLAIN_TARGET,
        published=HATEXPLAIN_PUBLISHED,
    ),
    Question(
        name=f"{HATEMOJI}: accuracy of all outputs together",
        source="hatemoji",
        classes=_yes_or_no("hate"),
        balanced=False,
        target=TARGETS[HATEMOJI],
        published=None,
    ),
)
"""The read-out is fitted on validation and calibration rows of the same set."""
