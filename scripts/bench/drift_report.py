"""The section of `docs/benchmarks.md` that `weir bench drift` writes, and its figure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from scripts.bench.drift_results import BUDGET, DriftReport
from scripts.bench.report import machine_line

FIGURE: Final = "figures/drift-detection.png"
TITLES: Final[Mapping[str, str]] = {
    "weir": "Weir",
    "ks_bonferroni": "KS, Bonferroni",
    "evidently_any_column": "Evidently, any column",
    "evidently_dataset": "Evidently, data set",
}

_WHAT: Final = """\
Posts: {posts}, {n_posts:,} of them, scored once by the shipped text bundle.{reused} A simulated day draws {a_day:,}
with
a diurnal rhythm; the reference is four days of other posts. Monitoring looks after every hour at the last 1, 6 and 24
hours, by the shipped rules with their hysteresis. A shift begins at a random moment after a usual day. In the table:
posts from that moment to the alarm, in half of the runs and in nine of ten, and the share of the runs in which it came
within {budget:,}; the quickest that hourly looks allow is about a hundred. Evidently's defaults (its own choice of test
and threshold for every column; an alarm if any column drifts, or if half of them do, which is its rule for a data set)
look at the last 24 hours; the KS test at the same windows as Weir, at 1 % a day over columns, windows and looks.
Columns
that depend on a window's length are left out of both. Neither has hysteresis, and any look at which they say yes
counts."""


def drift_section(report: DriftReport) -> str:
    """Markdown."""
    told = report.as_json()
    return "\n".join([
        "## Finding drift: `weir bench drift`",
        "",
        machine_line(report.machine),
        "",
        _what(report),
        "",
        *_table(told),
        "",
        _alarms(told),
        "",
        *_shifts(told),
        "",
        f"![Share of runs in which a shift was found, by posts since it began]({FIGURE})",
    ])  # fmt: skip


def _what(report: DriftReport) -> str:
    return _WHAT.format(
        posts=report.posts,
        n_posts=report.n_posts,
        a_day=report.posts_a_day,
        budget=BUDGET,
        reused=" There are too few for days without any in common, so posts repeat." if report.is_reused else "",
    )


def _table(told: Mapping[str, Any]) -> list[str]:
    methods = {"weir": told, **told["baselines"]}
    lines = [
        "| | " + " | ".join(TITLES[name] for name in methods) + " |",
        "| --- |" + " ---: |" * len(methods),
        "| days with a false alarm | " + " | ".join(_false(found["false_alarms"]) for found in methods.values()) + " |",
    ]
    for name, shift in told["shifts"].items():
        cells = (_found(found["shifts"][name]) for found in methods.values())
        lines.append(f"| {shift['title']} | " + " | ".join(cells) + " |")
    return lines


def _false(found: Mapping[str, Any]) -> str:
    if not found["days"]:
        return ""
    return f"{found['days_with_alarm']} of {found['days']} ({found['per_day']:.1%})"


def _found(found: Mapping[str, Any]) -> str:
    if not found["runs"]:
        return ""
    if not found["detected"]:
        return "not found"
    p50, p90 = (_count(found[f"decisions_to_alarm_{name}"]) for name in ("p50", "p90"))
    return f"{p50} / {p90}, {found['detected']:.0%}"


def _count(number: int | None) -> str:
    return f"over {BUDGET:,}" if number is None else f"{number:,}"


def _alarms(told: Mapping[str, Any]) -> str:
    quiet, mixed = told["false_alarms"], told["false_alarms_mixed_days"]
    said = f"Weir's false alarms: 95 % interval {quiet['interval'][0]:.1%} to {quiet['interval'][1]:.1%} of the days."
    slices = told["false_alarms_slices"]
    if slices["days"]:
        said += (
            f" Slices by tenant, surface and language have half of the 1 % a day together: {_false(slices)} had a "
            f"change in one; interval {slices['interval'][0]:.1%} to {slices['interval'][1]:.1%}."
        )
    if mixed["days"]:
        said += (
            f" On days whose mixture of surfaces varies (each surface's share by about 10 % from day to day, in the "
            f"reference as well), {_false(mixed)} had an alarm."
        )
    return said


def _shifts(told: Mapping[str, Any]) -> list[str]:
    lines = [f"- {shift['title']}: {shift['what']}." for shift in told["shifts"].values()]
    return ["The shifts:", "", *lines]


def draw_drift(report: DriftReport, path: Path) -> None:
    """Write the figure: for each shift, the share of runs with an alarm by posts since its onset."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    told = report.as_json()["shifts"]
    figure, panels = plt.subplots(2, 4, figsize=(11, 4.6), sharex=True, sharey=True)
    for panel, name in zip(panels.flat, told, strict=False):
        for method in report.methods:
            runs = [run for run in report.runs if run.name == name and method in run.methods]
            counts = sorted(run.found[method] for run in runs if run.found.get(method, BUDGET + 1) <= BUDGET)
            shares = [(place + 1) / len(runs) for place in range(len(counts))]
            panel.step(
                [0, *counts, BUDGET],
                [0, *shares, len(counts) / max(1, len(runs))],
                where="post",
                label=TITLES[method],
                lw=2 if method == "weir" else 1,
            )
        panel.set_title(told[name]["title"], fontsize=9)
        panel.set_xlim(0, BUDGET)
        panel.tick_params(labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in list(panels.flat)[len(told) :]:
        panel.set_axis_off()
    handles, labels = panels.flat[0].get_legend_handles_labels()
    list(panels.flat)[-1].legend(handles, labels, fontsize=8, loc="center", frameon=False)
    figure.supxlabel("posts since the shift began", fontsize=9)
    figure.supylabel("share of runs with an alarm", fontsize=9)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
