"""Tables and the figure of the behaviour suite: by area, by group, by functionality."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from models.evaluation.arrays import Bools
from models.evaluation.behaviour.floors import rows_by_functionality
from models.evaluation.behaviour.functionalities import Expectation, Part
from models.evaluation.behaviour.judging import Sheet
from models.evaluation.suites.drawing import COLOURS, save
from models.evaluation.suites.markdown import markdown_table

TABLE: Final = "behaviour-functionalities.md"
N_WEAKEST: Final = 30
DECISIONS: Final = (Expectation.FLAGGED, Expectation.CLEAR)
SHORT: Final = {
    Expectation.FLAGGED: "flag",
    Expectation.CLEAR: "leave",
    Expectation.HIGHER: "order",
    Expectation.STEADY: "steady",
}
DOTS_PER_INCH, BAR_INCHES, WIDTH_INCHES = 110, 0.135, 17.0


def chosen(sheet: Sheet, part: Part | None = None, expect: Expectation | None = None) -> Bools:
    """The trials of one part, of one expectation, or of both. *Shape:* `(n,)`."""
    return np.array([part in (None, one.part) and expect in (None, one.expect) for one in sheet.trials], dtype=np.bool_)


def body(sheet: Sheet, right: Bools) -> str:
    """The tables of the report, as Markdown."""
    rates = {name: float(right[rows].mean()) for name, rows in rows_by_functionality(sheet).items()}
    weakest = sorted(rates, key=lambda name: rates[name])[:N_WEAKEST]
    return "\n\n".join(
        [
            "### By area\n\n" + _area_table(sheet, right),
            "### By group\n\n" + _group_table(sheet, right),
            f"### The {len(weakest)} weakest functionalities of {len(rates)}\n\n`{TABLE}` has all of them.\n\n"
            + functionality_table(sheet, right, weakest),
        ]
    )


def _area_table(sheet: Sheet, right: Bools) -> str:
    areas = np.array([trial.area for trial in sheet.trials], dtype=object)
    header = ["area", *(f"{title} (n)" for title in ("flagged", "left alone", "in order", "steady"))]
    lines = []
    for area in dict.fromkeys(areas.tolist()):
        cells = [_cell(right[(areas == area) & chosen(sheet, expect=expect)]) for expect in Expectation]
        lines.append([area, *cells])
    return markdown_table(header, lines)


def _group_table(sheet: Sheet, right: Bools) -> str:
    """Decisions about hate alone: the same functionalities for every group."""
    groups = np.array([trial.group or "" for trial in sheet.trials], dtype=object)
    hate = chosen(sheet, part=Part.HATE) | chosen(sheet, part=Part.EMOJI)
    lines = [
        [group, *(_cell(right[(groups == group) & hate & chosen(sheet, expect=expect)]) for expect in DECISIONS)]
        for group in sorted(set(groups.tolist()) - {""})
    ]
    return markdown_table(["group", "hate found (n)", "no hate left alone (n)"], lines)


def functionality_table(sheet: Sheet, right: Bools, names: Sequence[str] = ()) -> str:
    """A line a functionality: some, or all. Markdown."""
    rows = rows_by_functionality(sheet)
    expects = {trial.functionality: trial for trial in sheet.trials}
    lines = [
        [f"`{name}`", SHORT[expects[name].expect], f"{right[rows[name]].mean():.2f}", str(int(rows[name].sum()))]
        for name in names or list(rows)
    ]
    return markdown_table(["functionality", "expected", "right", "n"], lines)


def _cell(right: Bools) -> str:
    return f"{right.mean():.2f} ({len(right)})" if len(right) else ""


def draw(sheet: Sheet, right: Bools, path: Path) -> None:
    """Bars by functionality, a column a headline's part, coloured by what is expected."""
    rows = rows_by_functionality(sheet)
    first = {name: sheet.trials[int(np.argmax(mine))] for name, mine in rows.items()}
    columns = [[name for name in rows if first[name].part is part] for part in Part]
    others = columns[3]
    halves = [columns[0], [*columns[1], *columns[2]], others[: len(others) // 2], others[len(others) // 2 :]]
    height = BAR_INCHES * max(len(names) for names in halves) + 1.2
    figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained", dpi=DOTS_PER_INCH)
    colours = dict(zip(Expectation, COLOURS, strict=False))
    for ax, names in zip(figure.subplots(1, len(halves), squeeze=False).ravel(), halves, strict=True):
        positions = np.arange(len(names))
        rates = [float(right[rows[name]].mean()) for name in names]
        ax.barh(positions, rates, color=[colours[first[name].expect] for name in names])
        ax.set_yticks(positions, names, fontsize=6)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0.0, 1.0)
        ax.tick_params(axis="x", labelsize=7)
        ax.grid(axis="x", alpha=0.25)
    keys = [Patch(color=colours[expect], label=SHORT[expect]) for expect in Expectation]
    figure.legend(handles=keys, loc="outside lower center", ncols=len(keys), fontsize=8)
    save(figure, path)
