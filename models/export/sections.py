"""Sections: the parts that the cards of every kind of bundle share, as Markdown."""

from collections.abc import Mapping, Sequence

from models.contracts.bundle import OperatingPoint, ThresholdTable
from models.contracts.taxonomy import CATEGORIES, DEFINITIONS, Category, Modality
from models.evaluation.thresholds import GRAVITY, MISS_COSTS, promises
from models.export.measurement import CategoryMeasurement

_POINTS = (OperatingPoint.RECALL, OperatingPoint.BALANCED, OperatingPoint.PRECISION)

_BY_COST = """\
Thresholds on the calibrated probability. At each point the total price is lowest when one miss costs as much as
{recall} false alarms (recall), {balanced} (balanced), or a quarter of one (precision). Honest probabilities put them
at {promises}; categories with few positives stay close to that.""".format(
    recall=f"{MISS_COSTS[OperatingPoint.RECALL]:g}",
    balanced=f"{MISS_COSTS[OperatingPoint.BALANCED]:g}",
    promises=", ".join(f"{promises()[point]:.2g}" for point in _POINTS),
)


def points_by_cost(labels: Sequence[Category]) -> str:
    """What the columns of `operating_points` mean, for bundles whose points `models.evaluation.thresholds` chose."""
    dearer = ", ".join(f"`{label}` {GRAVITY[label]:g} times" for label in labels if label in GRAVITY)
    return f"{_BY_COST} In some a miss is dearer: {dearer}." if dearer else _BY_COST


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def scored(labels: Sequence[Category]) -> str:
    """What the bundle's categories mean."""
    return table(("category", "meaning"), [(label, DEFINITIONS[label].definition) for label in labels])


def not_scored(labels: Sequence[Category], modality: Modality) -> str:
    """The categories that a model of this modality could have and this one has not."""
    missing = [category for category in CATEGORIES if category not in labels]
    lines = [
        f"- `{one}`: " + ("never scored, by any Weir model." if not DEFINITIONS[one].scorable else "not applied.")
        for one in missing
        if modality in DEFINITIONS[one].modalities
    ]
    return "\n".join([*lines, "", "A category that is not applied has no score; it is never reported as 0."])


def measured(measurements: Sequence[CategoryMeasurement]) -> str:
    """How well every category is ranked, and how honest its probability is."""
    rows = [
        (
            one.category,
            f"{one.n_positives:,} / {one.n_rows:,}",
            f"{one.pr_auc:.3f}",
            f"{one.roc_auc:.3f}",
            f"{one.calibration_error:.3f}",
        )
        for one in measurements
    ]
    return table(("category", "positives / labelled", "PR-AUC", "ROC-AUC", "calibration error"), rows)


def operating_points(
    labels: Sequence[Category],
    thresholds: ThresholdTable,
    calibration_methods: Mapping[Category, str],
    decimals: int = 3,
) -> str:
    """Every category's thresholds, and the kind of its calibration."""
    points = thresholds.categories
    rows = [
        (label, calibration_methods[label], *(f"{points[label][point]:.{decimals}f}" for point in OperatingPoint))
        for label in labels
    ]
    return table(("category", "calibration", *(point.value for point in OperatingPoint)), rows)
