"""Card: what a bundle scores, how well, on whose data, and what it must not be used for. Markdown from measurements."""

from models.contracts.base import Value
from models.contracts.bundle import TextManifest, ThresholdTable
from models.contracts.taxonomy import Category, Modality
from models.export.measurement import CategoryMeasurement
from models.export.parity import Parity
from models.export.sections import measured, not_scored, operating_points, points_by_cost, scored, table

_MEASURED_ON = """\
The int8 model on the test split, which neither training nor calibration saw; official test splits are kept as tests.
PR-AUC of a category with few positives is uncertain: `weir evaluate` reports intervals and baselines."""

_POINTS_CHOSEN = "They were chosen on the calibration split."

_SEVERITY = """\
The server adds a severity to every score: how many operating points the probability has passed, as 0, 2, 4 or 6. It
never falls when the probability rises. It says how sure the model is that people would object, within one category,
and not how much harm is done: a certain insult has a higher level than a doubtful threat. `docs/severity.md` holds it
against labelled degrees."""

_FINDINGS = """\
Official tests, failures by functionality, attacks by spelling, false alarms by identity group and dialect, severity,
and long documents are measured by `weir evaluate --suite all --bundle <this folder>`. What it found for the bundle
that ships, with intervals, targets and figures, is in `docs/model-card-text.md`: a card is among the files that a
manifest names by digest, so that nothing can be added to it later."""

_SYNTHETIC = """\
{share} of the training texts ({n_texts:,}, set `weir_seeds`) were written for this project, by hand and from
templates, because hardly any public set labels these harms. They are in no test row, and
every number here is of texts that people posted or published."""

_UNDISGUISED = """\
Disguises are undone before tokens are cut (letters that look alike, digits for letters, spaced or starred words), and
emoji are read by their names: `docs/obfuscation.md`. The model was trained on texts read the same way."""
_AS_WRITTEN = """\
Texts are normalised and otherwise read as they were written; words in disguise are mostly not recognised."""

_EVIDENCE = """\
The model's output `token_logits` says for every token what it adds to each score; the server marks the passages that
carry a score from it (`docs/evidence.md`)."""

_LIMITS = """\
- The training sets are English, most of them posts from social media. Texts in other languages are tokenised and
  scored, but nothing was measured there.
- Annotators disagree about harm, and identity words are over-represented in harmful training texts: look at the slices
  of `weir evaluate` before acting on `hate` automatically.
- Scores are calibrated for the mix of sources of the calibration split. Traffic with another base rate needs its own
  calibration.
- It sees {max_tokens} tokens at a time. Longer texts are read in windows that overlap by {window_stride} tokens and
  take the highest score of any window.
- {context}"""
_NO_CONTEXT = "It reads one text without its context: no thread, no author, no image."
_SOME_CONTEXT = (
    "Of its context it reads the turn before, up to {n} tokens, where a caller gives one; no author, no image."
)


_EMBEDDING = """\
The model's second output, `embedding` ({size} columns, float32), is the mean of the encoder's token vectors: what its
heads read. It is not normalised. Known content is found again by it, and joint models are trained on it. A text of
several windows has the mean of their embeddings."""


SYNTHETIC = "weir_seeds"
"""The set of our own examples."""


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
        f"## Operating points\n\n{points_by_cost(manifest.labels)} {_POINTS_CHOSEN}\n\n{points}",
        "## What quantization changed\n\n" + _parity(facts),
        "## Training data\n\n" + _sources(facts),
        "## Outputs beside the categories\n\n" + _auxiliary(manifest),
        "## Severity\n\n" + _SEVERITY,
        "## How it reads\n\n" + _reading(manifest),
        "## Further measurements\n\n" + _FINDINGS,
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
    parts = [table(("set", "licence", "training texts"), rows), _synthetic(facts), digest]
    return "\n\n".join(part for part in parts if part)


def _synthetic(facts: CardFacts) -> str:
    """What share of the training texts nobody posted; empty without any."""
    n_texts = sum(one.n_texts for one in facts.sources if one.id == SYNTHETIC)
    n_all = sum(one.n_texts for one in facts.sources)
    return _SYNTHETIC.format(share=f"{n_texts / n_all:.1%}", n_texts=n_texts) if n_texts else ""


def _auxiliary(manifest: TextManifest) -> str:
    """Outputs that no caller sees."""
    if not manifest.auxiliary_labels:
        return "None."
    names = ", ".join(f"`{name}`" for name in manifest.auxiliary_labels)
    return (
        f"{names}. They were trained beside the categories because the encoder learns from them, and official tests "
        "are answered with them; they are not calibrated and never served as scores."
    )


def _reading(manifest: TextManifest) -> str:
    reading = _UNDISGUISED if manifest.spelling == "undisguised" else _AS_WRITTEN
    return "\n\n".join([reading, *([_EVIDENCE] if manifest.has_token_logits else [])])


def _summary(manifest: TextManifest) -> str:
    encoder = manifest.encoder
    return (
        f"Scores the harm of a text in {len(manifest.labels)} categories, as calibrated probabilities that "
        f"an annotator would say yes. Fine-tuned from {encoder.name} ({encoder.source}, {encoder.licence}); "
        f"exported on {manifest.created_on}."
    )


def _limits(manifest: TextManifest) -> str:
    n = manifest.previous_tokens
    context = _SOME_CONTEXT.format(n=n) if n else _NO_CONTEXT
    return _LIMITS.format(max_tokens=manifest.max_tokens, window_stride=manifest.window_stride, context=context)
