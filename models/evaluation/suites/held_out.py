"""Held-out: ranking and calibration on the test split, which neither training nor calibration saw.

Every category by itself, the mean over them with its interval, and, where another bundle is given, the lead over it on
the same rows and resamples.
"""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from models.contracts import CATEGORIES, Category, OperatingPoint
from models.contracts.taxonomy import DEFINITIONS, Modality
from models.evaluation.arrays import Floats
from models.evaluation.bundles import BundleScorer
from models.evaluation.comparison import CategoryComparison, compare, macro
from models.evaluation.reliability import (
    equal_mass_bins,
    equal_width_calibration_error,
    expected_calibration_error,
    reliability_curve,
)
from models.evaluation.results import SliceResult
from models.evaluation.scorer import cached_logits
from models.evaluation.slices import slice_by_source
from models.evaluation.suites.drawing import COLOURS, new_panels, save
from models.evaluation.suites.markdown import markdown_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import CACHE, Labelled, Outputs, at_most, load_rows, outputs_of, thresholds_at
from models.runtime.calibration import batch_calibration
from models.runtime.classifier import TextClassifier

LEAD_TARGET: Final = 0.05
THIN_TARGET: Final = 0.5
ECE_TARGET: Final = 0.03
MIN_POSITIVES_FOR_ECE: Final = 200
"""With fewer positives the calibration error measures the sample more than the scores."""
THIN: Final = (
    Category.HARASSMENT_THREATENING,
    Category.HATE_THREATENING,
    Category.ILLICIT,
    Category.ILLICIT_VIOLENT,
    Category.SELF_HARM,
    Category.SELF_HARM_INTENT,
    Category.SELF_HARM_INSTRUCTIONS,
    Category.SEXUAL,
    Category.VIOLENCE,
    Category.VIOLENCE_GRAPHIC,
)
"""Categories that few sets label."""
FIGURE: Final = "held-out-reliability.png"


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:
    """Measure the test split.

    Raises:
        SuiteSkippedError: there is no dataset.

    """
    test = at_most(load_rows(model, "test"), model.limit)
    outputs = outputs_of(model, test.rows, out, "scoring test", progress)
    systems: dict[str, Floats] = {"model": outputs.categories()}
    if model.against is not None:
        systems["against"] = _scores_of(model.against, test, out, progress)
    progress("comparing", 0, 1)
    strata = np.unique(np.asarray(test.rows.sources), return_inverse=True)[1]
    comparisons = compare(test.rows.labels, systems, strata, model.seed, model.n_resamples)
    alone = [c for c in comparisons if "model" in c.on_sample]
    progress("comparing", 1, 1)
    slices = slice_by_source(systems["model"], test.rows.labels, test.rows.sources, _balanced(model))
    _draw(test, outputs, alone, out / FIGURE)
    return SuiteReport(
        suite="held-out",
        title="Held-out test split",
        findings=(*_macro(model, comparisons), *_areas(alone), *_calibration(test, systems["model"], alone)),
        body=_by_source(slices),
        figures=(FIGURE,),
        skipped=_not_measured(alone),
    )


def _balanced(model: SuiteModel) -> dict[Category, float]:
    return {Category(name): bar for name, bar in thresholds_at(model, OperatingPoint.BALANCED).items()}


def _scores_of(other: TextClassifier, test: Labelled, out: Path, progress: Progress) -> Floats:
    """The other bundle's probabilities of the same rows. *Shape:* `(n, 16)`."""
    scorer = BundleScorer(other)
    logits = cached_logits(
        scorer, test.rows.texts, test.rows.digests, out / CACHE, "scoring the other bundle", progress
    )
    probs = np.full((len(logits), len(CATEGORIES)), np.nan)
    columns = [CATEGORIES.index(label) for label in scorer.labels]
    maps = batch_calibration([scorer.calibration.categories[label] for label in scorer.labels])
    probs[:, columns] = maps.apply(logits)
    return probs


def _macro(model: SuiteModel, comparisons: tuple[CategoryComparison, ...]) -> list[Finding]:
    """The mean over categories, and the lead over the other bundle where there is one."""
    alone = macro(comparisons, ["model"])
    if alone is None:
        return []
    area = alone.systems["model"].pr_auc
    n = max(len(c.rows) for c in comparisons)
    note = f"mean of {len(alone.categories)} categories"
    found = [Finding(name="macro PR-AUC", value=area.value, low=area.low, high=area.high, n=n, note=note)]
    both = macro(comparisons, ["model", "against"])
    if both is None or model.against is None:
        return found
    lead, theirs = both.lead["against"], both.systems["against"].pr_auc
    name = model.against.bundle.manifest
    return [
        *found,
        Finding(
            name=f"macro PR-AUC above {name.name} {name.version}",
            value=lead.value,
            low=lead.low,
            high=lead.high,
            n=n,
            target=LEAD_TARGET,
            note=f"in pairs, over {len(both.categories)} categories; the other reaches {theirs.value:.3f}",
        ),
    ]


def _areas(comparisons: list[CategoryComparison]) -> list[Finding]:
    findings = []
    for one in comparisons:
        if not one.has_both_classes:
            continue
        area = one.system_areas()["model"].pr_auc
        findings.append(
            Finding(
                name=f"{one.category}: PR-AUC",
                value=area.value,
                low=area.low,
                high=area.high,
                n=len(one.rows),
                target=THIN_TARGET if one.category in THIN else None,
                note=_positives(one),
            )
        )
    return findings


def _positives(one: CategoryComparison) -> str:
    against = one.on_sample.get("against")
    text = f"{one.n_positives:,} positives" + ("" if one.has_enough else ", too few for the mean")
    return text + (f"; the other bundle {float(against.pr_auc[0]):.3f}" if against else "")


def _calibration(test: Labelled, probs: Floats, comparisons: list[CategoryComparison]) -> list[Finding]:
    findings = []
    for one in comparisons:
        column = CATEGORIES.index(one.category)
        rows, truth = probs[one.rows, column], test.rows.labels[one.rows, column]
        counts = one.n_positives >= MIN_POSITIVES_FOR_ECE
        findings.append(
            Finding(
                name=f"{one.category}: calibration error",
                value=expected_calibration_error(rows, truth),
                n=len(rows),
                target=ECE_TARGET if counts else None,
                at_least=False,
                note=f"{one.n_positives:,} positives; in equal widths {equal_width_calibration_error(rows, truth):.3f}",
            )
        )
    return findings


def _by_source(slices: tuple[SliceResult, ...]) -> str:
    """Where calibration breaks: the error by category and source, the worst first."""
    worst = sorted((s for s in slices if s.ece is not None), key=lambda s: -(s.ece or 0.0))
    rows = [
        [
            one.category.value,
            one.source,
            f"{one.n_rows:,}",
            f"{one.n_positives / one.n_rows:.3f}",
            f"{one.flagged_share:.3f}",
            f"{one.roc_auc:.3f}" if one.roc_auc is not None else "",
            f"{one.ece:.3f}",
        ]
        for one in worst
    ]
    header = ["category", "source", "rows", "share of positives", "flagged at balanced", "ROC-AUC", "calibration error"]
    return (
        "One calibration map serves all sources, and sources differ in how they were collected and in what their "
        "annotators call harmful. It is right for the mix and wrong for most of its parts; here by source, the largest "
        f"error first. Sources with few positives or negatives are left out.\n\n{markdown_table(header, rows)}"
    )


def _not_measured(comparisons: list[CategoryComparison]) -> dict[str, str]:
    measured = {c.category for c in comparisons if c.has_both_classes}
    return {
        category.value: "the bundle does not score it, or the split has one class only"
        for category in CATEGORIES
        if category not in measured and Modality.TEXT in DEFINITIONS[category].modalities
    }


def _draw(test: Labelled, outputs: Outputs, comparisons: list[CategoryComparison], path: Path) -> None:
    """One small reliability diagram a category, axes as square roots because most scores are small."""
    shown = [c for c in comparisons if c.has_both_classes]
    figure, axes = new_panels(len(shown))
    probs = outputs.categories()
    for ax, one in zip(axes, shown, strict=True):
        column = CATEGORIES.index(one.category)
        _panel(ax, probs[one.rows, column], test.rows.labels[one.rows, column])
        ax.set_title(f"{one.category}  ({one.n_positives:,} of {len(one.rows):,})", fontsize=8.5)
    save(figure, path)


def _panel(ax: Axes, probs: Floats, labels: np.ndarray) -> None:
    curve = reliability_curve(probs, labels, equal_mass_bins(probs))
    ax.plot(curve.mean_prob, curve.observed, color=COLOURS[0], marker="o", markersize=3, linewidth=1.2)
    ax.plot([0.0, 1.0], [0.0, 1.0], color="black", linewidth=0.7, linestyle=":")
    ax.set_xscale("function", functions=(np.sqrt, np.square))
    ax.set_yscale("function", functions=(np.sqrt, np.square))
    ax.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), xticks=(0.0, 0.05, 0.2, 0.5, 1.0), yticks=(0.0, 0.05, 0.2, 0.5, 1.0))
    ax.text(0.04, 0.9, f"ECE {curve.expected_error:.3f}", transform=ax.transAxes, fontsize=7.5)
    ax.set_xlabel("promised", fontsize=8)
    ax.set_ylabel("observed", fontsize=8)
