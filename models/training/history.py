"""History: `history.jsonl`, one line a record, and the curves drawn from it."""

import json
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Record = dict[str, Any]


def append_record(path: Path, record: Record) -> None:
    """Add one line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def read_history(path: Path) -> list[Record]:
    """Every whole line; what a kill left half written is ignored."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines if line]


def rewind(path: Path, step: int) -> None:
    """Forget the records after a step, so that a resumed run does not write them twice."""
    kept = [record for record in read_history(path) if record["step"] <= step]
    path.write_text("".join(json.dumps(record) + "\n" for record in kept), encoding="utf-8")


def draw_curves(history: list[Record], path: Path) -> None:
    """Loss and learning rate by step, macro PR-AUC and PR-AUC by label by step."""
    figure = Figure(figsize=(12, 4), layout="constrained")
    FigureCanvasAgg(figure)
    loss_axes, rate_axes, rank_axes = figure.subplots(1, 3)
    _line(loss_axes, history, "loss", "training loss")
    _line(rate_axes, history, "lr", "learning rate of the heads")
    _ranking_lines(rank_axes, [record for record in history if "pr_auc" in record])
    figure.savefig(path, dpi=120)


def _line(axes: Axes, history: list[Record], key: str, title: str) -> None:
    points = [(record["step"], record[key]) for record in history if key in record]
    axes.plot(*zip(*points, strict=True) if points else ([], []))
    axes.set(title=title, xlabel="step")


def _ranking_lines(axes: Axes, looks: list[Record]) -> None:
    steps = [look["step"] for look in looks]
    for name in sorted({name for look in looks for name in look["pr_auc"]}):
        axes.plot(steps, [look["pr_auc"].get(name) for look in looks], linewidth=0.8, label=name)
    axes.plot(steps, [look["macro_pr_auc"] for look in looks], color="black", linewidth=2, label="macro")
    axes.set(title="validation PR-AUC", xlabel="step", ylim=(0, 1))
    axes.legend(fontsize=6, ncols=2)
