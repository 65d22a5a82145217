"""Report: an evaluation as a folder, for people (`report.md`, `figures/`) and for programs (`report.json`)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from models.contracts import OperatingPoint
from models.evaluation.calibration import Family
from models.evaluation.comparison import MIN_POSITIVES
from models.evaluation.figures import draw_figures
from models.evaluation.results import (
    CategoryResult,
    Estimate,
    EvaluationResult,
    GalleryEntry,
    MacroResult,
    Mistake,
    SliceResult,
    TaskResult,
)
from models.evaluation.suite import Evaluation

N_FALSE_ALARMS = 20
_FAMILIES = tuple(Family)


def write_report(evaluation: Evaluation, folder: Path) -> Path:
    """Write the report and its figures, and answer with the path of `report.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    captions = draw_figures(evaluation, folder / "figures")
    (folder / "report.json").write_text(evaluation.result.model_dump_json(indent=2) + "\n", encoding="utf-8")
    path = folder / "report.md"
    path.write_text(render_markdown(evaluation.result, captions), encoding="utf-8")
    return path


def render_markdown(result: EvaluationResult, captions: Mapping[str, str]) -> str:
    """The report as Markdown, sections without content left out."""
    sections = [
        _title(result),
        _headline(result),
        _categories(result.categories),
        _points(result.categories),
        _calibration(result.categories),
        _tasks(result.tasks, result.skipped),
        _slices(result),
        _figures(captions),
        _gallery(result.gallery),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _title(result: EvaluationResult) -> str:
    return (
        f"# Evaluation of {result.model}\n\n"
        f"{result.n_rows:,} rows of the {result.split} split. Model `{result.model_digest[:12]}`, "
        f"dataset `{result.dataset_digest[:12]}`. Square brackets hold 95 % bootstrap intervals. A category is "
        "measured on the rows whose label is known, and all systems on the same rows."
    )


def _headline(result: EvaluationResult) -> str:
    shown = [m for m in (result.macro, result.comparison) if m is not None]
    if not shown:
        return "## Mean over categories\n\nNo category has enough positives and negatives for a mean."
    return "## Mean over categories\n\n" + "\n\n".join(_macro(macro) for macro in shown)


def _macro(macro: MacroResult) -> str:
    rows = [
        [
            name,
            _estimate(areas.pr_auc),
            _estimate(areas.roc_auc),
            _estimate(macro.lead[name]) if name in macro.lead else "",
        ]
        for name, areas in macro.systems.items()
    ]
    return (
        f"Over {len(macro.categories)} categories with at least {MIN_POSITIVES} positives and as many negatives: "
        f"{', '.join(macro.categories)}.\n\n"
        + _table(["system", "macro PR-AUC", "macro ROC-AUC", "PR-AUC lead of the model"], rows)
    )


def _categories(categories: Sequence[CategoryResult]) -> str:
    names = list(dict.fromkeys(name for category in categories for name in category.systems))
    rows = [
        [
            f"{c.category}{'' if c.in_macro else ' *'}",
            f"{c.n_rows:,}",
            f"{c.n_positives:,}",
            *(_estimate(c.systems[n].pr_auc) if n in c.systems else "" for n in names),
            *(_estimate(c.systems[n].roc_auc) if n in c.systems else "" for n in names),
        ]
        for c in categories
    ]
    columns = ["category", "rows", "positives", *(f"PR-AUC {n}" for n in names), *(f"ROC-AUC {n}" for n in names)]
    note = "" if all(c.in_macro for c in categories) else "\n\n\\* too few positives or negatives to count in the mean"
    return f"## By category\n\n{_table(columns, rows)}{note}"


def _points(categories: Sequence[CategoryResult]) -> str:
    rows = [
        [
            category.category if point is OperatingPoint.PRECISION else "",
            point,
            *(f"{value:.3f}" for value in (found.threshold, found.precision, found.recall, found.f1)),
            f"{found.flagged_share:.1%}",
        ]
        for category in categories
        for point, found in sorted(category.points.items(), key=lambda item: list(OperatingPoint).index(item[0]))
    ]
    columns = ["category", "point", "threshold", "precision", "recall", "F1", "flagged"]
    return "## At the operating points\n\n" + _table(columns, rows) if rows else ""


def _calibration(categories: Sequence[CategoryResult]) -> str:
    rows = [
        [
            category.category,
            found.method,
            *(f"{found.cv_log_loss[f]:.4f}" if f in found.cv_log_loss else "" for f in _FAMILIES),
            f"{found.ece_before:.3f}",
            f"**{found.ece_after:.3f}**",
            f"{found.ece_width_before:.3f} → {found.ece_width_after:.3f}",
            f"{found.brier_before:.4f} → {found.brier_after:.4f}",
        ]
        for category in categories
        if (found := category.calibration)
    ]
    columns = [
        "category",
        "map",
        *(f"CV loss {f}" for f in _FAMILIES),
        "ECE before",
        "ECE after",
        "equal width",
        "Brier",
    ]
    return (
        "## Calibration\n\nExpected calibration error over 15 bins of equal mass is the headline; bins of equal width "
        "are shown for comparison with published numbers.\n\n" + _table(columns, rows)
        if rows
        else ""
    )


def _tasks(tasks: Sequence[TaskResult], skipped: Mapping[str, str]) -> str:
    rows = [
        [
            task.task,
            task.system,
            task.output,
            task.metric,
            _estimate(task.score),
            f"{task.n_rows:,}",
            f"{task.n_positives:,}",
        ]
        for task in tasks
    ]
    columns = ["task", "system", "output", "metric", "score", "rows", "positives"]
    published = {task.task: task.published for task in tasks if task.published}
    notes = [
        f"- {name}: published {p.value} ({p.source}). Comparable? {p.comparable}." for name, p in published.items()
    ]
    notes += [f"- Not scored: {name} ({reason})." for name, reason in skipped.items()]
    parts = [_table(columns, rows) if rows else "", "\n".join(notes)]
    body = "\n\n".join(part for part in parts if part)
    return (
        f"## Official tasks\n\nThresholds were chosen on validation rows of the same source.\n\n{body}" if body else ""
    )


def _slices(result: EvaluationResult) -> str:
    parts = [_ranked_slices(result.slices), _false_alarms(result.slices)]
    return "\n\n".join(part for part in parts if part)


def _ranked_slices(slices: Sequence[SliceResult]) -> str:
    rows = [
        [
            s.category,
            s.source,
            f"{s.n_rows:,}",
            f"{s.n_positives:,}",
            *(f"{value:.3f}" for value in (s.pr_auc, s.roc_auc, s.f1, s.ece) if value is not None),
            f"{s.flagged_share:.1%}",
        ]
        for s in slices
        if s.roc_auc is not None
    ]
    columns = ["category", "source", "rows", "positives", "PR-AUC", "ROC-AUC", "F1", "ECE", "flagged"]
    text = f"Sources with at least {MIN_POSITIVES} positives and as many negatives; F1 and flags at the balanced point."
    return f"## By source\n\n{text}\n\n{_table(columns, rows)}" if rows else ""


def _false_alarms(slices: Sequence[SliceResult]) -> str:
    clean = sorted((s for s in slices if s.n_positives == 0), key=lambda s: -s.flagged_share)[:N_FALSE_ALARMS]
    rows = [[s.category, s.source, f"{s.n_rows:,}", f"{s.flagged_share:.1%}"] for s in clean]
    text = f"The highest {len(rows)} false alarm rates on sources without a positive; `report.json` has every slice."
    table = _table(["category", "source", "rows", "flagged"], rows)
    return f"## False alarms on clean sources\n\n{text}\n\n{table}" if rows else ""


def _figures(captions: Mapping[str, str]) -> str:
    shown = [f"![{caption}](figures/{name})\n\n*{caption}*" for name, caption in captions.items()]
    return "## Figures\n\n" + "\n\n".join(shown) if shown else ""


def _gallery(entries: Sequence[GalleryEntry]) -> str:
    rows = [
        [
            e.category,
            "false alarm" if e.mistake is Mistake.FALSE_POSITIVE else "miss",
            f"{e.prob:.3f}",
            e.source,
            f"`{e.digest}`",
        ]
        for e in entries
    ]
    columns = ["category", "mistake", "prob", "source", "digest"]
    return (
        "## Most confident mistakes\n\nBy digest; the texts stay in the dataset.\n\n" + _table(columns, rows)
        if rows
        else ""
    )


def _estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
