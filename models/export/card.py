"""Card: what a bundle scores, how well, on whose data, and what it must not be used for. Markdown from measurements."""

from models.contracts.base import Value
from models.contracts.bundle import TextManifest, ThresholdTable
from models.contracts.taxonomy import Category, Modality
from models.export.measurement import CategoryMeasurement
from models.export.parity import Parity
from models.export.sections import measured, not_scored, operating_points, scored, table

_MEASURED_ON = """\
The int8 model on the test split, which neither training nor calibration saw; official test splits are kept as tests.
PR-AUC of a category with few positives is uncertain: `weir evaluate` reports intervals and baselines."""

_POINTS_MEAN = """\
Thresholds on the calibrated probability, chosen on the calibration split. Balanced: highest F1. Precision: 90 % of
flags right. Recall: 90 % of positives found."""

_LIMITS = """\
- The training sets are English, most of them posts from social media. Texts in other languages are tokenised and
  scored, but nothing was measured there.
- Annotators disagree about harm, and identity words are over-represented in harmful training texts: look at the slices
  of `weir evaluate` before acting on `hate` automatically.
- Scores are calibrated for the mix of sources of the calibration split. Traffic with another base rate needs its own
  calibration.
- It sees {max_tokens} tokens at a time. Longer texts are read in windows that overlap by {window_stride} tokens and
  take the highest score of any window.
- It reads one text without its context: no thread, no author, no image."""


_EMBEDDING = """\
The model's second output, `embedding` ({size} columns, float32), is the mean of the encoder's token vectors: what its
heads read. It is not normalised. Known content is found again by it, and joint models are trained on it. A text of
several windows has the mean of their embeddings."""


class TrainingSource(Value):
    """One data set that training rows came from. `licence` as its registry entry states it."""

    id: str
    licence: str
    n_texts: int


class CardFacts(Value):
    """Everything the card is written from."""

    manifest: TextManifest
    thresholds: ThresholdTable
    calibration_methods: dict[Category, str]
    measurements: tuple[CategoryMeasurement, ...]
    parity: Parity
    sources: tuple[TrainingSource, ...]


def write_card(facts: CardFacts) -> str:
    """The card's Markdown."""
    manifest = facts.manifest
    points = operating_points(manifest.labels, facts.thresholds, facts.calibration_methods)
    sections = (
        f"# {manifest.name} {manifest.version}",
        _summary(manifest),
        "## What it scores\n\n" + scored(manifest.labels),
        "## What it does not score\n\n" + not_scored(manifest.labels, Modality.TEXT),
        f"## Measurements\n\n{_MEASURED_ON}\n\n{measured(facts.measurements)}",
        f"## Operating points\n\n{_POINTS_MEAN}\n\n{points}",
        "## What quantization changed\n\n" + _parity(facts),
        "## Training data\n\n" + _sources(facts),
        embedding_section(manifest),
        "## Limits\n\n" + _limits(manifest),
    )
    return "\n\n".join(sections) + "\n"


def embedding_section(manifest: TextManifest) -> str:
    """What the output `embedding` is."""
    return "## Embedding\n\n" + _EMBEDDING.format(size=manifest.embedding_size)


def _parity(facts: CardFacts) -> str:
    lost = facts.parity.macro_pr_auc_lost
    int8 = facts.parity.int8
    rows = [
        ("scheme", facts.manifest.quantization.scheme),
        ("highest score difference to the float model", f"{int8.highest:.4f}"),
        ("mean score difference", f"{int8.mean:.5f}"),
        ("decisions that flip", f"{int8.n_flips} of {int8.n_decisions}"),
        ("macro PR-AUC lost", "not measured" if lost is None else f"{lost:.4f}"),
        ("a text alone against in a batch", f"{facts.parity.batch_difference:.1e}"),
    ]
    return table(("on the parity corpus", ""), rows)


def _sources(facts: CardFacts) -> str:
    rows = [(one.id, one.licence, f"{one.n_texts:,}") for one in facts.sources]
    digest = f"Dataset digest: `{facts.manifest.dataset_digest}`."
    return f"{table(('set', 'licence', 'training texts'), rows)}\n\n{digest}"


def _summary(manifest: TextManifest) -> str:
    encoder = manifest.encoder
    return (
        f"Scores the harm of a text in {len(manifest.labels)} categories, as calibrated probabilities that "
        f"an annotator would say yes. Fine-tuned from {encoder.name} ({encoder.source}, {encoder.licence}); "
        f"exported on {manifest.created_on}."
    )


def _limits(manifest: TextManifest) -> str:
    return _LIMITS.format(max_tokens=manifest.max_tokens, window_stride=manifest.window_stride)
