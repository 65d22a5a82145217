"""Severity: whether the level that a score is given rises with the degree of harm that people saw.

A level is how many operating points the probability has passed, 0 to 3. It is monotone in the score by construction;
here it is held against labels: harmless rows, harmful ones, and those that annotators called severe or that threaten.
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
from models.evaluation.suites.rows import Labelled, SuiteSkippedError, at_most, load_rows, outputs_of

SEVERE_OUTPUT: Final = "aux/severe"
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
    test = load_rows(model, "test")
    scales = [scale for scale in find_scales(test) if scale.category in _labels(model)]
    if not scales:
        raise SuiteSkippedError("no set of the dataset has enough rows that are severe and others that are mild")
    findings: list[Finding] = []
    table: list[list[str]] = []
    means: dict[str, list[float]] = {}
    for scale in scales:
        found, means[scale.name] = _measured(model, test, scale, out, progress)
        findings += found
        counts = [int((scale.degree == degree).sum()) for degree in range(len(DEGREES))]
        table.append(
            [scale.name, scale.category, *(f"{m:.2f} ({n:,})" for m, n in zip(means[scale.name], counts, strict=True))]
        )
    _draw(means, out / FIGURE)
    return SuiteReport(
        suite="severity",
        title="Severity against labelled degrees",
        findings=tuple(findings),
        body="Mean level (0 to 3) by degree, with the number of rows:\n\n"
        + markdown_table(["degrees from", "level of", *DEGREES], table),
        figures=(FIGURE,),
    )


def levels(probs: Floats, points: dict[OperatingPoint, float]) -> Ints:
    """How many operating points each probability has passed, 0 to 3. *Shape:* `(n,)`."""
    passed = [
        probs >= points[point] for point in (OperatingPoint.RECALL, OperatingPoint.BALANCED, OperatingPoint.PRECISION)
    ]
    level: Ints = np.sum(passed, axis=0, dtype=np.int64)
    return level


def find_scales(test: Labelled) -> list[Scale]:
    """Degrees by `aux/severe` for each set that has them, and by threats inside harassment and hate."""
    toxicity, severe = test.truth("toxicity"), test.truth(SEVERE_OUTPUT)
    sources = np.asarray(test.rows.sources)
    found = [
        _scale(
            f"severe in {source}",
            "toxicity",
            toxicity == 0,
            (toxicity == 1) & (severe == 0),
            severe == 1,
            sources == source,
        )
        for source in sorted(set(sources[severe != UNKNOWN].tolist()))
    ]
    for category in ("harassment", "hate"):
        truth, threat = test.truth(category), test.truth(f"{category}/threatening")
        everywhere = np.ones(len(truth), dtype=np.bool_)
        found.append(
            _scale(
                f"threats in {category}", category, truth == 0, (truth == 1) & (threat == 0), threat == 1, everywhere
            )
        )
    return [scale for scale in found if all((scale.degree == d).sum() >= MIN_ROWS for d in (1, 2))]


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
    probs = outputs.prob(scale.category)
    if probs is None:
        return [], [0.0] * len(DEGREES)
    table = model.classifier.bundle.thresholds.categories
    points = next(table[label] for label in model.classifier.labels if label.value == scale.category)
    level, degree = levels(probs, dict(points)), chosen.degree
    weights = np.concatenate(list(resample_weights(degree, model.n_resamples, model.seed)))
    findings = [
        _rise(scale, level, degree, weights),
        _auc(f"{scale.name}: AUC of the score, severe above mild", probs, degree, weights),
        _correlation(scale, level, degree),
    ]
    own = outputs.prob(SEVERE_OUTPUT)
    if own is not None:
        findings.append(_auc(f"{scale.name}: AUC of {SEVERE_OUTPUT}, severe above mild", own, degree, weights))
    return findings, [float(level[degree == d].mean()) if (degree == d).any() else 0.0 for d in range(len(DEGREES))]


def _sampled(test: Labelled, scale: Scale, limit: int) -> Scale:
    """All mild and severe rows, as far as the limit goes, and harmless ones to fill it."""
    kept: list[int] = []
    for degree in (2, 1, 0):
        rows = scale.rows[scale.degree == degree]
        few = at_most(test.select(rows), max(0, limit - len(kept)))
        wanted = set(few.rows.digests)
        kept += [int(row) for row in rows if test.rows.digests[row] in wanted]
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
        target=0.0,
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
        ax.plot(DEGREES, values, color=COLOURS[i % len(COLOURS)], marker="o", label=name)
    ax.set_ylim(0.0, 3.0)
    ax.set_ylabel("mean level (0 to 3)")
    ax.grid(alpha=0.25)
    ax.legend(fontsize=7.5)
    save(figure, path)
