"""Card of an adapted bundle: whose model it is, what its classes were taken to mean, and what nobody measured."""

from models.contracts.base import Value
from models.contracts.bundle import ImageManifest, ThresholdTable
from models.contracts.taxonomy import Category, Modality
from models.export.measurement import CategoryMeasurement
from models.export.sections import measured, not_scored, operating_points, scored, table
from models.export.vision.wrapping import OutputKind

_AS_GIVEN = """\
**Nothing was measured.** The probabilities are the model's own, calibrated by nobody for any traffic, and the
thresholds are conventions (0.1, 0.5, 0.9), not choices. Calibrate on labelled pictures of your own before an action
depends on them: `docs/adapters.md`."""

_FITTED = """\
On the {n} labelled pictures that calibration and thresholds were fitted to, so these numbers flatter; other traffic,
and another base rate, need their own."""

_LIMITS = """\
- The whole picture is squashed to {side} x {side} pixels. A model that was trained on centre crops sees other
  proportions here than it was taught.
- Its training pictures, their licences and its errors are its authors' to tell; nothing of that was checked.
- It gives scores only: no places, no embedding for copies, no features for joint models."""


class AdaptedFacts(Value):
    """Everything the card is written from."""

    manifest: ImageManifest
    thresholds: ThresholdTable
    calibration_methods: dict[Category, str]
    source_name: str
    output_kind: OutputKind
    classes: dict[str, Category]
    measurements: tuple[CategoryMeasurement, ...]
    n_labelled: int


def write_adapted_card(facts: AdaptedFacts) -> str:
    """The card's Markdown."""
    manifest = facts.manifest
    points = operating_points(manifest.labels, facts.thresholds, facts.calibration_methods)
    classes = table(("class of the model", "category"), list(facts.classes.items()))
    sections = (
        f"# {manifest.name} {manifest.version}",
        _summary(facts),
        "## What it scores\n\n" + scored(manifest.labels),
        "## What its classes were taken to mean\n\n" + classes,
        "## What it does not score\n\n" + not_scored(manifest.labels, Modality.IMAGE),
        "## Measurements\n\n" + _measurements(facts),
        "## Operating points\n\n" + points,
        "## Limits\n\n" + _LIMITS.format(side=manifest.geometry.side),
    )
    return "\n\n".join(sections) + "\n"


def _summary(facts: AdaptedFacts) -> str:
    manifest = facts.manifest
    return (
        f"`{facts.source_name}` ({manifest.encoder.licence}), adapted on {manifest.created_on}; its weights are "
        f"unchanged. Its output was taken as {facts.output_kind}. Digest of the file: `{manifest.checkpoint_digest}`."
    )


def _measurements(facts: AdaptedFacts) -> str:
    if not facts.n_labelled:
        return _AS_GIVEN
    return f"{_FITTED.format(n=f'{facts.n_labelled:,}')}\n\n{measured(facts.measurements)}"
