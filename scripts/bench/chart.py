"""The chart of a serving run: texts a second, one panel a load."""

from pathlib import Path

from scripts.bench.report import TITLES, by_scenario
from scripts.bench.results import RAW, rows
from scripts.bench.serving import ServeReport

_COLOURS = {RAW: "#9aa5b1", "weir": "#0b7285"}
_OTHER = "#ced4da"


def draw_serving(report: ServeReport, path: Path) -> None:
    """Write the PNG: bars are medians, whiskers the lowest and highest round."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    groups = by_scenario(rows(report.measurements))
    figure, panels = plt.subplots(1, len(groups), figsize=(3.6 * len(groups), 3.2), squeeze=False)
    for panel, (scenario, group) in zip(panels[0], groups, strict=True):
        shown = group[::-1]
        rates = [row.texts_per_s for row in shown]
        below = [row.texts_per_s - row.lowest_texts_per_s for row in shown]
        above = [row.highest_texts_per_s - row.texts_per_s for row in shown]
        names = [TITLES[row.system].replace(" (the limit)", "") for row in shown]
        colours = [_COLOURS.get(row.system, _OTHER) for row in shown]
        panel.barh(names, rates, color=colours, xerr=[below, above], ecolor="#495057", capsize=2)
        panel.set_title(scenario.title, fontsize=9)
        panel.set_xlabel("texts a second", fontsize=8)
        panel.tick_params(labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)
