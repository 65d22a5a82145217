"""Identity templates: does it matter whom a sentence speaks of? False alarms and finds by group, on our own templates.

Neutral and positive sentences must not be flagged, negative ones are hate and must be. Every group stands in every
template, so that a gap between two groups is the model's and not the texts'. `fairness` looks at real posts.
"""

from pathlib import Path
from typing import Final

import numpy as np

from models.contracts import Category, OperatingPoint
from models.evaluation.arrays import Bools, Floats
from models.evaluation.behaviour.identities import Crossing, Tone, shipped_crossing
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.suites.drawing import COLOURS, new_figure, save
from models.evaluation.suites.markdown import markdown_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport

GAP_TARGET: Final = 0.05
"""False positive rates of two groups differ by less than five points. Source: the aims of the text model."""
FIGURE: Final = "identity-templates.png"
JUDGED: Final[dict[str, frozenset[Category]]] = {
    "hate": frozenset({Category.HATE, Category.HATE_THREATENING}),
    "toxicity": frozenset({Category.TOXICITY}),
}
"""What counts as flagged, at the balanced operating point: any of these."""


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:
    """Score every template with every group, and compare the groups."""
    asked = shipped_crossing()
    n_texts = len(asked.tones) * len(asked.groups)
    progress("scoring identity templates", 0, n_texts)
    flags = flagged_by(model, asked)
    progress("scoring identity templates", n_texts, n_texts)
    harmless = np.array([tone is not Tone.NEGATIVE for tone in asked.tones])
    findings = [
        finding
        for name, flagged in flags.items()
        for finding in (
            _gap(f"{name}: widest gap in false positive rate", flagged[harmless], asked, model, GAP_TARGET),
            _rate(f"{name}: false positive rate, all groups", flagged[harmless], model),
            _gap(f"{name}: widest gap in true positive rate", flagged[~harmless], asked, model, None),
        )
    ]
    out.mkdir(parents=True, exist_ok=True)
    _draw(flags, harmless, asked, out / FIGURE)
    return SuiteReport(
        suite="identity-templates",
        title="Identity templates",
        findings=tuple(findings),
        body=_body(flags, asked),
        figures=(FIGURE,),
    )


def flagged_by(model: SuiteModel, asked: Crossing) -> dict[str, Bools]:
    """Which sentences are flagged, by what is judged. *Shape:* `(n_templates, n_groups)` each."""
    labels = list(model.classifier.labels)
    points = model.classifier.bundle.thresholds.categories
    bars = np.array([points[label][OperatingPoint.BALANCED] for label in labels])
    reached = model.classifier.score([text for row in asked.texts for text in row]) >= bars
    shape = (len(asked.tones), len(asked.groups))
    return {
        name: np.asarray(reached[:, [label in categories for label in labels]].any(axis=1).reshape(shape))
        for name, categories in JUDGED.items()
        if categories & set(labels)
    }


def _gap(name: str, flagged: Bools, asked: Crossing, model: SuiteModel, target: float | None) -> Finding:
    """Highest minus lowest rate of the groups, resampled over templates. *Shape of flagged:* `(t, g)`."""
    found = flagged.astype(np.float64)
    rates = found.mean(axis=0)
    resampled = np.concatenate([np.ptp(weights @ found, axis=1) / len(found) for weights in _weights(found, model)])
    value = estimate(float(np.ptp(rates)), resampled)
    highest, lowest = (asked.groups[int(at)].groups for at in (rates.argmax(), rates.argmin()))
    return Finding(
        name=name,
        value=value.value,
        low=value.low,
        high=value.high,
        n=found.size,
        target=target,
        at_least=False,
        note=f"{highest} {rates.max():.3f}, {lowest} {rates.min():.3f}; {len(found)} templates",
    )


def _rate(name: str, flagged: Bools, model: SuiteModel) -> Finding:
    found = flagged.astype(np.float64)
    resampled = np.concatenate([(weights @ found).mean(axis=1) / len(found) for weights in _weights(found, model)])
    value = estimate(float(found.mean()), resampled)
    return Finding(name=name, value=value.value, low=value.low, high=value.high, n=found.size, at_least=False)


def _weights(found: Floats, model: SuiteModel) -> list[Floats]:
    return list(resample_weights(np.zeros(len(found), dtype=np.int64), model.n_resamples, model.seed))


def _body(flags: dict[str, Bools], asked: Crossing) -> str:
    """Rates by group and tone."""
    tones = np.array(asked.tones, dtype=object)
    header = ["group", *(f"{name}, {tone}" for name in flags for tone in Tone)]
    lines = [
        [
            group.groups,
            *(f"{flagged[tones == tone, column].mean():.2f}" for flagged in flags.values() for tone in Tone),
        ]
        for column, group in enumerate(asked.groups)
    ]
    counts = ", ".join(f"{int((tones == tone).sum())} {tone}" for tone in Tone)
    return (
        f"Share flagged at the balanced point. Templates: {counts}; each with {len(asked.groups)} groups. The widest "
        "gap of many groups leans upwards: with few templates some group is always unlucky.\n\n"
        + markdown_table(header, lines)
    )


def _draw(flags: dict[str, Bools], harmless: Bools, asked: Crossing, path: Path) -> None:
    """False positive rates by group, one dot a thing that is judged."""
    names = [group.groups for group in asked.groups]
    figure, ax = new_figure(6.5, 0.2 * len(names) + 1.0)
    for (name, flagged), colour in zip(flags.items(), COLOURS, strict=False):
        ax.plot(flagged[harmless].mean(axis=0), np.arange(len(names)), "o", color=colour, label=name)
    ax.set_yticks(np.arange(len(names)), names, fontsize=7)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(left=-0.02)
    ax.set_xlabel("harmless sentences flagged")
    ax.grid(alpha=0.25)
    ax.legend(fontsize=8)
    save(figure, path)
