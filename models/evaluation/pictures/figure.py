"""Figure: recall against false alarms on unseen sources, one line a system, one panel a category."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.evaluation.arrays import Floats
from models.evaluation.pictures.assessment import Spoken
from models.evaluation.pictures.unseen import Unseen

ALARMS: Final = np.geomspace(1e-3, 0.2, 60)


def draw_unseen(
    spoken: Spoken, systems: Mapping[str, NDArray[np.floating]], categories: tuple[str, ...], path: Path
) -> None:
    """Write the figure; false alarms are means over sources, on a logarithmic axis."""
    figure = Figure(figsize=(5 * len(categories), 4), layout="constrained")
    FigureCanvasAgg(figure)
    for column, (category, axes) in enumerate(
        zip(categories, np.atleast_1d(figure.subplots(1, len(categories))), strict=True)
    ):
        for name, logits in systems.items():
            unseen, _ = spoken.unseen(logits, column, len(categories))
            axes.plot(100 * ALARMS, 100 * recall_at(unseen, ALARMS), label=name)
        axes.axvline(0.5, color="grey", linewidth=0.8, linestyle=":")
        axes.set(
            title=category, xscale="log", ylim=(0, 101), xlabel="ordinary photographs flagged, %", ylabel="recall, %"
        )
        axes.legend(loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def recall_at(unseen: Unseen, shares: Floats) -> Floats:
    """Recall at the thresholds that flag these shares of ordinary photographs. *Shape:* `(k,)`, kept."""
    scores = np.sort(unseen.scores[unseen.labels == 1])
    names, inverse, counts = np.unique(unseen.sources[unseen.ordinary], return_inverse=True, return_counts=True)
    ordinary = unseen.scores[unseen.ordinary]
    order = np.argsort(-ordinary, kind="stable")
    spent = np.cumsum(1.0 / (counts[inverse[order]] * len(names)))
    at = np.minimum(np.searchsorted(spent, shares, side="right"), len(order) - 1)
    found: Floats = 1.0 - np.searchsorted(scores, ordinary[order[at]], side="right") / len(scores)
    return found
