"""Severity: whether the level that a score is given rises with the degree of harm that people saw.

A level is how many operating points the probability has passed, 0 to 3. It is monotone in the score by construction;
here it is held against labels: harmless rows, mild ones, and those that annotators called severe. Sets with degrees are
small, so validation rows are taken with the test's; neither trained the weights or chose the points.
Threats are shown beside them: a threat is no worse insult, so it is held against the highest level of any category.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import spearmanr

from models.contracts import OperatingPoint
from models.evaluation.arrays import UNKNOWN, Bools, Floats, Ints
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.metrics import areas
from models.evaluation.suites.drawing import COLOURS, new_figure, save
from models.evaluation.suites.markdown import markdown_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import Labelled, Outputs, SuiteSkippedError, at_most, joined, load_rows, outputs_of

SEVERE_OUTPUT: Final = "aux/severe"
GRADED: Final = ("toxicity", "profanity")
"""Categories that the sets with degrees are about."""
ANY: Final = "any category"
THREATS: Final = "threats"
MIN_ROWS: Final = 20
"""Fewer rows of a degree than this and its mean level says little: the scale is left out."""
DEFAULT_LIMIT: Final = 4_000
DEGREES: Final = ("harmless", "mild", "severe")
FIGURE: Final = "severity-levels.png"


@dataclass(frozen=True)
class Scale:
    """Rows with three degrees of one harm.

    Attributes:
        name: where the degrees come from.
        category: whose level is held against them.
        degree: 0 harmless, 1 mild, 2 severe. *Shape:* `(n,)`.
        rows: positions in the split. *Shape:* `(n,)`.

    """

    name: str
    category: str
    degree: Ints
    rows: Ints


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:
    """Measure every scale that has enough rows of each degree.

    Raises:
        SuiteSkippedError: there is no dataset, or it has no degrees.

    """
    rows = _held_out(model)
    scales = [scale for scale in find_scales(rows) if scale.category in {ANY, *_labels(model)}]
    if not scales:
        raise SuiteSkippedError("no set of the dataset has enough rows that are severe and others that are mild")
    findings: list[Finding] = []
    table: list[list[str]] = []
    means: dict[str, list[float]] = {}
    for scale in scales:
        found, means[scale.name] = _measured(model, rows, scale, out, progress)
        findings += found
        counts = [int((scale.degree == degree).sum()) for degree in range(len(DEGREES))]
        table.append([scale.name, scale.category, *_means(means[scale.name], counts)])
    _draw(means, out / FIGURE)
    return SuiteReport(
        suite="severity",
        title="Severity against labelled degrees",
        findings=tuple(findings),
        body="Mean level (0 to 3) by degree, with the number of rows:\n\n"
        + markdown_table(["degrees from", "level of", *DEGREES], table),
        figures=(FIGURE,),
    )


def _means(means: list[float], counts: list[int]) -> list[str]:
    return [f"{mean:.2f} ({n:,})" if n else "" for mean, n in zip(means, counts, strict=True)]


def levels(probs: Floats, points: dict[OperatingPoint, float]) -> Ints:
    """How many operating points each probability has passed, 0 to 3. *Shape:* `(n,)`."""
    passed = [
        probs >= points[point] for point in (OperatingPoint.RECALL, OperatingPoint.BALANCED, OperatingPoint.PRECISION)
    ]
    level: Ints = np.sum(passed, axis=0, dtype=np.int64)
    return level


def find_scales(held_out: Labelled) -> list[Scale]:
    """Degrees by `aux/severe` for each set that has them, and threats inside harassment and hate."""
    severe, sources = held_out.truth(SEVERE_OUTPUT), np.asarray(held_out.rows.sources)
    found = []
    for category in GRADED:
        truth = held_out.truth(category)
        for source in sorted(set(sources[severe != UNKNOWN].tolist())):
            mild = (truth == 1) & (severe == 0)
            name = f"{category} in {source}"
            found.append(_scale(name, category, truth == 0, mild, (truth == 1) & (severe == 1), sources == source))
    for category in ("harassment", "hate"):
        truth, threat = held_out.truth(category), held_out.truth(f"{category}/threatening")
        everywhere = np.ones(len(truth), dtype=np.bool_)
        mild = (truth == 1) & (threat == 0)
        found.append(_scale(f"{THREATS} in {category}", ANY, truth == 0, mild, threat == 1, everywhere))
    return [scale for scale in found if all((scale.degree == d).sum() >= MIN_ROWS for d in (1, 2))]


def _held_out(model: SuiteModel) -> Labelled:
    parts = []
    for split in ("validation", "test"):
        try:
            parts.append(load_rows(model, split))
        except SuiteSkippedError:
            if split == "test":
                raise
    return joined(parts)


def _scale(name: str, category: str, harmless: Bools, mild: Bools, severe: Bools, inside: Bools) -> Scale:
    degree = np.select([inside & severe, inside & mild, inside & harmless], [2, 1, 0], UNKNOWN)
    rows = np.flatnonzero(degree != UNKNOWN)
    return Scale(name, category, degree[rows].astype(np.int64), rows)


def _labels(model: SuiteModel) -> set[str]:
    return {label.value for label in model.classifier.labels}


def _measured(
    model: SuiteModel, test: Labelled, scale: Scale, out: Path, progress: Progress
) -> tuple[list[Finding], list[float]]:
    """Findings of one scale, and its mean level at each degree."""
    chosen = _sampled(test, scale, model.limit or DEFAULT_LIMIT)
    outputs = outputs_of(model, test.select(chosen.rows).rows, out, f"scoring {scale.name}", progress)
    level, degree = _levels(model, outputs, scale.category), chosen.degree
    weights = np.concatenate(list(resample_weights(degree, model.n_resamples, model.seed)))
    findings = [_rise(scale, level, degree, weights), _correlation(scale, level, degree)]
    for name in (scale.category, SEVERE_OUTPUT):
        probs = outputs.prob(name)
        if probs is not None:
            findings.append(_auc(f"{scale.name}: AUC of {name}, severe above mild", probs, degree, weights))
    return findings, [float(level[degree == d].mean()) if (degree == d).any() else np.nan for d in range(len(DEGREES))]


def _levels(model: SuiteModel, outputs: Outputs, category: str) -> Ints:
    """Levels of one category, or the highest of any. *Shape:* `(n,)`."""
    table = model.classifier.bundle.thresholds.categories
    found = [
        levels(outputs.probs[:, column], dict(table[label]))
        for column, label in enumerate(model.classifier.labels)
        if category in {ANY, label.value}
    ]
    highest: Ints = np.max(found, axis=0)
    return highest


def _sampled(held_out: Labelled, scale: Scale, limit: int) -> Scale:
    """At most a third of the limit of each degree, the same rows always."""
    kept: list[int] = []
    for degree in range(len(DEGREES)):
        rows = scale.rows[scale.degree == degree]
        few = at_most(held_out.select(rows), max(1, limit // len(DEGREES)))
        wanted = set(few.rows.digests)
        kept += [int(row) for row in rows if held_out.rows.digests[row] in wanted]
    rows = np.sort(np.asarray(kept, dtype=np.int64))
    return Scale(scale.name, scale.category, scale.degree[np.searchsorted(scale.rows, rows)], rows)


def _rise(scale: Scale, level: Ints, degree: Ints, weights: Floats) -> Finding:
    severe, mild = degree == 2, degree == 1  # noqa: PLR2004 - the degrees by number
    means = [(weights[:, rows] @ level[rows]) / weights[:, rows].sum(axis=1) for rows in (severe, mild)]
    value = float(level[severe].mean() - level[mild].mean())
    found = estimate(value, np.asarray(means[0] - means[1]))
    return Finding(
        name=f"{scale.name}: mean level, severe minus mild",
        value=found.value,
        low=found.low,
        high=found.high,
        n=int((severe | mild).sum()),
        target=None if scale.category == ANY else 0.0,
        note=f"of {scale.category}; level 0 to 3",
    )


def _auc(name: str, probs: Floats, degree: Ints, weights: Floats) -> Finding:
    rows = degree >= 1
    truth = (degree[rows] == 2).astype(np.int64)  # noqa: PLR2004 - severe
    value = float(areas(probs[rows], truth).roc_auc[0])
    found = estimate(value, areas(probs[rows], truth, weights[:, rows]).roc_auc)
    return Finding(name=name, value=found.value, low=found.low, high=found.high, n=int(rows.sum()))


def _correlation(scale: Scale, level: Ints, degree: Ints) -> Finding:
    value = float(spearmanr(level, degree).statistic)
    return Finding(
        name=f"{scale.name}: rank correlation of level and degree",
        value=0.0 if np.isnan(value) else value,
        n=len(level),
        note="Spearman; harmless rows included",
    )


def _draw(means: dict[str, list[float]], path: Path) -> None:
    """Mean level by degree, a line a scale."""
    figure, ax = new_figure(5.5, 3.4)
    for i, (name, values) in enumerate(means.items()):
        style = "--" if name.startswith(THREATS) else "-"
        ax.plot(DEGREES, values, style, color=COLOURS[i % len(COLOURS)], marker="o", label=name)
    ax.set_ylim(0.0, 3.0)
    ax.set_ylabel("mean level (0 to 3)")
    ax.grid(alpha=0.25)
    ax.legend(fontsize=7.5)
    save(figure, path)
