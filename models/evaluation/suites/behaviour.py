"""Behaviour: the functionalities of `models/evaluation/behaviour`, with what may be expected outside as headlines.

Decisions are those at the balanced operating point. A prompt counts as flagged when any category but profanity reaches
it, which is `flagged` as the server answers it with its default settings, for texts that do not swear; the share with
profanity counted too stands beside it. All texts were written for this suite: none of them trains.
"""

from pathlib import Path
from typing import Final

import numpy as np

from models.contracts import OPENAI_CATEGORIES, Category
from models.evaluation.arrays import Bools, Floats
from models.evaluation.behaviour.filling import shipped_trials
from models.evaluation.behaviour.functionalities import Expectation, Part
from models.evaluation.behaviour.judging import Sheet, ask, is_flagged, is_right
from models.evaluation.behaviour.rates import average_precision, share
from models.evaluation.results import Estimate
from models.evaluation.suites.behaviour_tables import DECISIONS, TABLE, body, chosen, draw, functionality_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import SuiteSkippedError

FIGURE: Final = "behaviour.png"
UNSCORED: Final = "the bundle scores none of its categories"
HATE_TARGET, CLEAR_TARGET, EMOJI_TARGET, HARM_TARGET, SAFE_TARGET = 0.80, 0.70, 0.75, 0.80, 0.12
"""What the numbers have to reach. Source: the aims of the text model, `docs/behaviour.md`."""
MIXED_AREAS: Final = frozenset(
    {"hate", "threats", "self-harm", "sexual", "gore", "illicit", "safe-prompts", "harmful-prompts"}
)
"""Areas in which what is flagged is harmful and what is clear is harmless in every way, not only in one category."""


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:
    """Score every text of the suite, and report by headline, area and functionality.

    Raises:
        SuiteSkippedError: the bundle does not score hate, which most headlines are about.

    """
    if Category.HATE not in model.classifier.labels:
        raise SuiteSkippedError("the bundle does not score hate")
    trials = shipped_trials()
    progress("scoring behaviour", 0, len(trials))
    sheet, unscored = ask(model.classifier, trials)
    progress("scoring behaviour", len(trials), len(trials))
    right = is_right(sheet)
    out.mkdir(parents=True, exist_ok=True)
    (out / TABLE).write_text("# Every functionality\n\n" + functionality_table(sheet, right) + "\n", "utf-8")
    draw(sheet, right, out / FIGURE)
    return SuiteReport(
        suite="behaviour",
        title="Behaviour, by functionality",
        findings=tuple(_findings(sheet, right, model)),
        body=body(sheet, right),
        figures=(FIGURE,),
        skipped={trial.functionality: UNSCORED for trial in unscored},
    )


def _findings(sheet: Sheet, right: Bools, model: SuiteModel) -> list[Finding]:
    """The headlines."""

    def rate(name: str, rows: Bools, target: float | None = None, note: str = "") -> Finding:
        return _finding(name, share(right, sheet, rows, model.n_resamples, model.seed), rows, target, note)

    flag, leave = (chosen(sheet, expect=expect) for expect in DECISIONS)
    hate, emoji, prompts = (chosen(sheet, part=part) for part in (Part.HATE, Part.EMOJI, Part.PROMPTS))
    order, steady = chosen(sheet, expect=Expectation.HIGHER), chosen(sheet, expect=Expectation.STEADY)
    published = "published for the Perspective API on other texts: 0.766, 0.48 on those without hate"
    return [
        rate("hate: accuracy", hate & (flag | leave), HATE_TARGET, published),
        rate("hate: accuracy on hateful texts", hate & flag),
        rate("hate: accuracy on texts without hate", hate & leave, CLEAR_TARGET),
        rate("emoji: accuracy", emoji & (flag | leave), EMOJI_TARGET),
        rate("emoji: accuracy on hateful texts", emoji & flag),
        rate("emoji: accuracy on texts without hate", emoji & leave),
        *_prompt_findings(sheet, prompts & leave, prompts & (flag | leave), model),
        rate("prompts: harmful requests flagged", prompts & flag),
        rate("pairs in the expected order", order),
        rate("scores that stay steady", steady, None, "names, groups, harmless words in front, spelling"),
        rate("all decisions right", flag | leave),
    ]


def _prompt_findings(sheet: Sheet, safe: Bools, prompts: Bools, model: SuiteModel) -> list[Finding]:
    """Any harm: the highest probability over the categories, profanity left out, whatever a trial's own categories."""
    harmful = chosen(sheet, expect=Expectation.FLAGGED)
    mixed = np.array([trial.area in MIXED_AREAS and trial.expect in DECISIONS for trial in sheet.trials])
    every: list[Category] = [label for label in sheet.labels if label is not Category.PROFANITY]
    openai: list[Category] = [label for label in every if label in OPENAI_CATEGORIES]

    def ranked(name: str, rows: Bools, labels: list[Category], target: float | None, note: str) -> Finding:
        scores = _highest(sheet, labels)
        return _finding(
            name, average_precision(scores, harmful, sheet, rows, model.n_resamples, model.seed), rows, target, note
        )

    def flagged(name: str, reached: Bools, target: float | None, note: str) -> Finding:
        found = share(reached, sheet, safe, model.n_resamples, model.seed)
        return _finding(name, found, safe, target, note).model_copy(update={"at_least": False})

    base = f"share of harmful texts {harmful[prompts].mean():.2f}"
    with_profanity = np.asarray((sheet.probs >= sheet.thresholds).any(axis=1), dtype=np.bool_)
    return [
        ranked("prompts: AUPRC of any harm", prompts, every, HARM_TARGET, base),
        ranked("prompts: AUPRC of any harm, categories of OpenAI alone", prompts, openai, None, base),
        ranked(
            "texts and prompts of all areas: AUPRC of any harm",
            mixed,
            every,
            HARM_TARGET,
            f"share of harmful texts {harmful[mixed].mean():.2f}",
        ),
        flagged("prompts: safe ones flagged", is_flagged(sheet), SAFE_TARGET, "at the balanced point of any category"),
        flagged("prompts: safe ones flagged, profanity counted", with_profanity, None, "`flagged` as served"),
    ]


def _finding(name: str, found: Estimate, rows: Bools, target: float | None, note: str) -> Finding:
    n = int(rows.sum())
    return Finding(name=name, value=found.value, low=found.low, high=found.high, n=n, target=target, note=note)


def _highest(sheet: Sheet, labels: list[Category]) -> Floats:
    columns = [sheet.labels.index(label) for label in labels]
    return np.asarray(sheet.probs[:, columns].max(axis=1), dtype=np.float64)
