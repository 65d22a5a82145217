"""Figures: what tables cannot show. Drawn through Agg: no display, and no figure kept in a global state."""

from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from models.evaluation.arrays import Labels, scored_rows
from models.evaluation.reliability import equal_mass_bins, reliability_curve
from models.evaluation.results import CategoryResult, EvaluationResult
from models.evaluation.suite import Evaluation
from models.evaluation.thresholds import threshold_curve

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
"""Told apart with any kind of colour vision. Source: Okabe & Ito (2008), "Color universal design"."""
GREY = "#8A8A8A"
N_COLUMNS = 4
PANEL_INCHES = 2.9
MAX_CURVE_POINTS = 400
DOTS_PER_INCH = 110
SQUARE_ROOT_TICKS = (0.0, 0.05, 0.2, 0.5, 1.0)

Draw = Callable[[Axes, CategoryResult], None]


def draw_figures(evaluation: Evaluation, folder: Path) -> dict[str, str]:
    """Write every figure as PNG, and answer with file name -> caption.

    A figure with nothing to show (no category has positives and negatives) is left out.
    """
    shown = [category for category in evaluation.result.categories if category.systems]
    if not shown:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    calibrated = [category for category in shown if category.calibration]
    figures = {
        "categories.png": (_areas_by_category(shown, list(evaluation.systems)), CAPTIONS["categories.png"]),
        "pr-curves.png": (_panels(shown, lambda ax, c: _pr_panel(ax, c, evaluation)), CAPTIONS["pr-curves.png"]),
        "slices.png": (_sources(evaluation.result), CAPTIONS["slices.png"]),
    }
    if calibrated:
        panels = _panels(calibrated, lambda ax, c: _reliability_panel(ax, c, evaluation))
        figures["reliability.png"] = (panels, CAPTIONS["reliability.png"])
    for name, (figure, _) in figures.items():
        if figure is not None:
            figure.savefig(folder / name, metadata={"Software": None})
    return {name: caption for name, (figure, caption) in figures.items() if figure is not None}


CAPTIONS = {
    "categories.png": "PR-AUC by category with 95 % bootstrap intervals; the grey tick is the share of positives, "
    "which is what guessing reaches.",
    "pr-curves.png": "Precision against recall; dotted, the share of positives. Dots are the model's operating points, "
    "chosen on the calibration split; a point that flags nothing has no dot.",
    "reliability.png": "Promised against observed probability in bins of equal mass, before and after calibration. The "
    "axes are square roots, because most scores of a rare category are small.",
    "slices.png": "ROC-AUC by category and source, where a source has enough positives and negatives.",
}


def _panels(categories: Sequence[CategoryResult], draw: Draw) -> Figure:
    """One small square a category, in the order of the taxonomy, with one legend for all."""
    n_columns = min(N_COLUMNS, len(categories))
    n_rows = ceil(len(categories) / n_columns)
    figure = Figure(
        figsize=(PANEL_INCHES * n_columns, PANEL_INCHES * n_rows + 0.6), dpi=DOTS_PER_INCH, layout="constrained"
    )
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax, category in zip(axes, categories, strict=False):
        draw(ax, category)
        ax.set_title(f"{category.category}  ({category.n_positives:,} of {category.n_rows:,})", fontsize=8.5)
        ax.tick_params(labelsize=7)
        ax.grid(alpha=0.25)
    for ax in axes[len(categories) :]:
        ax.set_axis_off()
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names), fontsize=9, frameon=False)
    return figure


def _pr_panel(ax: Axes, category: CategoryResult, evaluation: Evaluation) -> None:
    column = CATEGORIES.index(category.category)
    labels = evaluation.labels[:, column]
    for colour, (name, probs) in _coloured(evaluation):
        rows = scored_rows(labels, probs[:, column])
        if rows.any():
            recall, precision = _pr_curve(probs[rows, column], labels[rows])
            ax.plot(recall, precision, color=colour, linewidth=1.4, label=name)
        else:
            ax.plot([], [], color=colour, linewidth=1.4, label=name)
    points = [point for point in category.points.values() if point.flagged_share > 0]
    ax.scatter(
        [point.recall for point in points],
        [point.precision for point in points],
        color=COLOURS[0],
        s=16,
        zorder=3,
    )
    ax.axhline(category.n_positives / category.n_rows, color=GREY, linewidth=0.8, linestyle=":")
    ax.set(xlim=(0.0, 1.0), ylim=(0.0, 1.02))
    ax.set_xlabel("recall", fontsize=8)
    ax.set_ylabel("precision", fontsize=8)


def _pr_curve(probs: NDArray[np.floating], labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The thresholds at which recall grows, thinned evenly. Between them the curve only falls."""
    counts = threshold_curve(probs, labels).counts
    growing = np.flatnonzero(np.diff(counts.recall, prepend=0.0) > 0)
    kept = growing[np.unique(np.linspace(0, len(growing) - 1, MAX_CURVE_POINTS).astype(np.int64))]
    return counts.recall[kept], counts.precision[kept]


def _reliability_panel(ax: Axes, category: CategoryResult, evaluation: Evaluation) -> None:
    column = CATEGORIES.index(category.category)
    after = next(iter(evaluation.systems.values()))[:, column]
    rows = scored_rows(evaluation.labels[:, column], after)
    labels = evaluation.labels[rows, column]
    for name, colour, probs in (("before", GREY, evaluation.uncalibrated[:, column]), ("after", COLOURS[0], after)):
        curve = reliability_curve(probs[rows], labels, equal_mass_bins(probs[rows]))
        ax.plot(curve.mean_prob, curve.observed, color=colour, marker="o", markersize=3, linewidth=1.2, label=name)
    ax.plot([0.0, 1.0], [0.0, 1.0], color="black", linewidth=0.7, linestyle=":", label="perfect")
    ax.set_xscale("function", functions=(np.sqrt, np.square))
    ax.set_yscale("function", functions=(np.sqrt, np.square))
    ax.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), xticks=SQUARE_ROOT_TICKS, yticks=SQUARE_ROOT_TICKS)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")
    if category.calibration:
        found = category.calibration
        text = f"{found.method}\nECE {found.ece_before:.3f} → {found.ece_after:.3f}"
        ax.text(0.04, 0.96, text, transform=ax.transAxes, fontsize=7.5, verticalalignment="top")
    ax.set_xlabel("promised", fontsize=8)
    ax.set_ylabel("observed", fontsize=8)


def _areas_by_category(categories: Sequence[CategoryResult], systems: Sequence[str]) -> Figure:
    """Horizontal bars, one group a category, the model on top."""
    height = 0.8 / len(systems)
    figure = Figure(figsize=(9.0, 1.2 + 0.55 * len(categories)), dpi=DOTS_PER_INCH, layout="constrained")
    ax = figure.subplots()
    positions = np.arange(len(categories), dtype=np.float64)
    for i, name in enumerate(systems):
        having = [
            (row, c.systems[name].pr_auc) for row, c in zip(positions, categories, strict=True) if name in c.systems
        ]
        values = [area.value for _, area in having]
        reach = [[a.value - a.low for _, a in having], [a.high - a.value for _, a in having]]
        rows = [row + (i - (len(systems) - 1) / 2.0) * height for row, _ in having]
        ax.barh(rows, values, height * 0.9, color=COLOURS[i % len(COLOURS)], label=name)
        ax.errorbar(values, rows, xerr=reach, fmt="none", ecolor="black", elinewidth=0.8, capsize=1.5)
    for row, category in zip(positions, categories, strict=True):
        share = category.n_positives / category.n_rows
        ax.plot([share, share], [row - 0.42, row + 0.42], color=GREY, linewidth=2.0)
    names = [f"{c.category}{'' if c.in_macro else ' *'}" for c in categories]
    ax.set_yticks(positions, names, fontsize=9)
    ax.set(xlim=(0.0, 1.0), ylim=(len(categories) - 0.5, -0.5), xlabel="PR-AUC   (* too few rows to count in the mean)")
    ax.grid(axis="x", alpha=0.25)
    figure.legend(loc="outside upper center", ncols=len(systems), fontsize=9, frameon=False)
    return figure


def _sources(result: EvaluationResult) -> Figure | None:
    """A table of ROC-AUC: categories down, sources across. ROC-AUC because it does not move with the base rate."""
    cells = {(s.category, s.source): s.roc_auc for s in result.slices if s.roc_auc is not None}
    if not cells:
        return None
    categories = [c for c in CATEGORIES if any(c == key[0] for key in cells)]
    sources = sorted({source for _, source in cells})
    grid = np.array([[cells.get((c, s), np.nan) for s in sources] for c in categories], dtype=np.float64)
    size = (2.6 + 0.62 * len(sources), 1.6 + 0.42 * len(categories))
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
    ax = figure.subplots()
    image = ax.imshow(grid, cmap="viridis", vmin=0.5, vmax=1.0, aspect="auto")
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            colour = "black" if value > 0.8 else "white"  # noqa: PLR2004 - where viridis turns light
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
    ax.set_xticks(range(len(sources)), sources, rotation=40, ha="right", fontsize=8)
    ax.set_yticks(range(len(categories)), [str(c) for c in categories], fontsize=8)
    figure.colorbar(image, ax=ax, label="ROC-AUC")
    return figure


def _coloured(evaluation: Evaluation) -> list[tuple[str, tuple[str, NDArray[np.floating]]]]:
    return [(COLOURS[i % len(COLOURS)], item) for i, item in enumerate(evaluation.systems.items())]
