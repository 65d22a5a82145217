"""Drawing: figures of suites, through Agg, in colours that everybody can tell apart."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.evaluation.figures import COLOURS, DOTS_PER_INCH, GREY, N_COLUMNS, PANEL_INCHES

__all__ = ["COLOURS", "GREY", "bars_of", "new_figure", "new_panels", "save"]

BAR_INCHES: Final = 0.19


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """One pair of axes. Sizes in inches."""
    figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained")
    return figure, figure.subplots()


def new_panels(n: int) -> tuple[Figure, list[Axes]]:
    """Small squares in rows of four, at least one."""
    n_columns = min(N_COLUMNS, max(1, n))
    n_rows = max(1, ceil(n / n_columns))
    size = (PANEL_INCHES * n_columns, PANEL_INCHES * n_rows)
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
    axes = list(figure.subplots(n_rows, n_columns, squeeze=False).ravel())
    for ax in axes:
        ax.tick_params(labelsize=7)
        ax.grid(alpha=0.25)
    for ax in axes[n:]:
        ax.set_axis_off()
    return figure, axes[:n]


def bars_of(ax: Axes, names: Sequence[str], values: Sequence[float], colour: str = COLOURS[0]) -> None:
    """Horizontal bars with their names, the first on top."""
    positions = np.arange(len(names))
    ax.barh(positions, values, 0.75, color=colour)
    ax.set_yticks(positions, list(names), fontsize=7)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis="x", alpha=0.25)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG without the date or the version of the program in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
