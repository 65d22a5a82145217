"""Card of an image bundle: what it sees, how well and on pictures from where, and what it does not know."""

from models.contracts.base import Value
from models.contracts.bundle import ImageManifest, ThresholdTable
from models.contracts.evidence import RegionKind
from models.contracts.taxonomy import Category, Modality
from models.export.measurement import CategoryMeasurement
from models.export.sections import measured, not_scored, operating_points, points_by_cost, scored, table
from models.export.vision.parity import ImageParity

SAME_SOURCES = """\
They come from the same sources as the training pictures, so these numbers flatter: expect less of a new one."""

BY_COST = f"""\
{points_by_cost(())} They were chosen on the pictures that fitted the calibration, which does not travel to new
sources by itself."""

_UNKNOWN = """\
- **Sexual imagery, nudity, gore, and harm to people**: not a single such picture was used, so nothing is known of them,
  and no score here says anything about them. A classifier that knows them can be added: see `docs/adapters.md`.
- **Violence in stills**: single frames of fights carried no signal once clips of one video were kept together.
- **Smoking and alcohol**: the sets at hand were told apart by brightness or by shelf, not by what they show.
- **Harm to minors**: never scored, by any Weir model.
- A picture without a label here is not a safe picture."""

_LIMITS = """\
- The whole picture is squashed to {side} x {side} pixels: small things in wide scenes are lost.
- Photographs from few sources taught it. Drawings, games, toys, films and screenshots were hardly among them.
- It sees one picture without its context: no text beside it, no thread, no author."""

_PRIVACY = "- {kinds}: found so that they can be blurred. Nobody is recognised, and missing one is always possible."


class PictureSource(Value):
    """One data set that training pictures came from. `licence` as its registry entry states it."""

    id: str
    licence: str
    n_pictures: int
    shows: str


class CardSection(Value):
    """A section that evaluation wrote: unseen sources, false alarms, places, copies. The body is Markdown."""

    title: str
    body: str


class ImageEvaluation(Value):
    """What evaluation found beyond the held-out rows that the export measures itself.

    Attributes:
        held_out: where the held-out pictures come from, and what follows for the numbers.
        operating_points: how the thresholds were chosen.
        sections: what was measured elsewhere; unseen sources first.

    """

    held_out: str = SAME_SOURCES
    operating_points: str = BY_COST
    sections: tuple[CardSection, ...] = ()


class ImageCardFacts(Value):
    """Everything the card is written from."""

    manifest: ImageManifest
    thresholds: ThresholdTable
    calibration_methods: dict[Category, str]
    n_held_out: int
    measurements: tuple[CategoryMeasurement, ...]
    evaluation: ImageEvaluation
    parity: ImageParity
    sources: tuple[PictureSource, ...]


def write_image_card(facts: ImageCardFacts) -> str:
    """The card's Markdown."""
    manifest = facts.manifest
    points = operating_points(manifest.labels, facts.thresholds, facts.calibration_methods, decimals=4)
    sections = (
        f"# {manifest.name} {manifest.version}",
        _summary(manifest),
        "## What it scores\n\n" + scored(manifest.labels),
        "## What else it gives\n\n" + _outputs(manifest),
        "## What it does not know\n\n" + _UNKNOWN,
        "## What it does not score\n\n" + not_scored(manifest.labels, Modality.IMAGE),
        f"## Measurements\n\n{_held_out(facts)}\n\n{measured(facts.measurements)}",
        *(f"## {one.title}\n\n{one.body}" for one in facts.evaluation.sections),
        f"## Operating points\n\n{facts.evaluation.operating_points}\n\n{points}",
        "## What quantization changed\n\n" + _parity(facts),
        "## Training pictures\n\n" + _sources(facts),
        "## Limits\n\n" + _limits(manifest),
    )
    return "\n\n".join(sections) + "\n"


def _summary(manifest: ImageManifest) -> str:
    encoder = manifest.encoder
    return (
        f"Scores what a picture shows in {len(manifest.labels)} categories, as calibrated probabilities. Fine-tuned "
        f"from {encoder.name} ({encoder.source}, {encoder.licence}); exported on {manifest.created_on}."
    )


def _outputs(manifest: ImageManifest) -> str:
    gate = "every picture is read" if manifest.text_gate is None else f"pictures are read from {manifest.text_gate} on"
    kinds = ", ".join(f"{kind} from {manifest.region_thresholds[kind]:.2f}" for kind in manifest.region_kinds)
    rows = [
        ("auxiliary labels", ", ".join(manifest.auxiliary_labels) or "none", f"never served as scores; {gate}"),
        ("regions", kinds or "none", f"{manifest.geometry.region_side} x {manifest.geometry.region_side} points"),
        ("embedding", f"{manifest.embedding_size}", f"copies up to cosine distance {manifest.embedding_threshold}"),
        ("features", f"{manifest.feature_size}", "for models of words and pictures together"),
    ]
    return table(("output", "what", "use"), rows)


def _held_out(facts: ImageCardFacts) -> str:
    return f"The int8 model on {facts.n_held_out:,} held-out pictures.\n{facts.evaluation.held_out}"


def _parity(facts: ImageCardFacts) -> str:
    parity, int8 = facts.parity, facts.parity.scores.int8
    lost = parity.scores.macro_pr_auc_lost
    rows = [
        ("scheme", facts.manifest.quantization.scheme),
        ("highest score difference to the trained model", f"{int8.highest:.4f}"),
        ("mean score difference", f"{int8.mean:.5f}"),
        ("decisions that flip", f"{int8.n_flips} of {int8.n_decisions}"),
        ("macro PR-AUC lost", "not measured" if lost is None else f"{lost:.4f}"),
        ("cosine of features, mean", f"{parity.feature_cosine:.4f}"),
        (
            "cosine of embeddings, mean and lowest",
            f"{parity.embedding_cosine:.4f}, {parity.lowest_embedding_cosine:.4f}",
        ),
        ("mean difference of a region's probability", f"{parity.region_difference:.4f}"),
        ("a picture alone against in a batch, any output", f"{parity.scores.batch_difference:.1e}"),
    ]
    return table(("on held-out pictures", ""), rows)


def _sources(facts: ImageCardFacts) -> str:
    rows = [(one.id, one.shows, one.licence, f"{one.n_pictures:,}") for one in facts.sources]
    digest = f"No picture is in the bundle. Dataset digest: `{facts.manifest.dataset_digest}`."
    return f"{table(('set', 'shows', 'licence', 'pictures'), rows)}\n\n{digest}"


def _limits(manifest: ImageManifest) -> str:
    private = [f"`{kind}`" for kind in manifest.region_kinds if kind in {RegionKind.FACE, RegionKind.PLATE}]
    privacy = [_PRIVACY.format(kinds=" and ".join(private))] if private else []
    return "\n".join([_LIMITS.format(side=manifest.geometry.side), *privacy])
