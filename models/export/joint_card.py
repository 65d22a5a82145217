"""Joint card: what a joint bundle scores, how well, on whose data, and what it must not be used for."""

from models.contracts.base import Value
from models.contracts.bundle import JointManifest, OperatingPoint, ThresholdTable
from models.contracts.taxonomy import Category
from models.export.sections import operating_points, scored, table

_SUMMARY = """\
Says whether the words and the picture of a post harm somebody together, as a calibrated probability. It stands on two
other bundles and reads their embeddings: the text bundle `{text}` and the image bundle `{image}` (digests of their
manifests). With any others its numbers mean nothing, and the service refuses them. Exported on {created_on}."""

_MEASURED = """\
On {n_memes:,} memes in {n_groups:,} groups of near duplicates, {n_harmful:,} of them harmful, by models that saw no
meme of the same group (five folds), with words as the reader finds them. Ordinary posts are drawn for this purpose:
photographs with harmless words beside, on or above them, cards, and a third of them sentences about people and matters
in the news. `docs/memes.md` has intervals, baselines and the subject left out."""

_POINTS = """\
Thresholds on the calibrated probability, chosen on held-out memes and ordinary posts, and then lifted until at most
0.25 % (precision), 1 % (balanced) and 5 % (recall) of {n_ordinary:,} ordinary posts reach them. Ordinary posts come in
{n_worlds} worlds that share neither photographs nor sentences, and each is scored by a model that knows nothing of its
world; the last three columns also choose the point without it, so that they say what a new kind of post meets."""

_DATA = """\
HarMeme, its COVID-19 part, official training and validation splits (Pramanick et al., 2021). The memes were collected
from the web and carry no licence for their pictures: they are research data, none of them is in this repository, and
whether a model trained on them may be used commercially is for its user to decide. Ordinary posts are drawn from
photographs and sentences of the sets that `docs/data.md` and `docs/vision.md` name.

Dataset digest: `{dataset_digest}`."""

_LIMITS = """\
- It learned from memes about one subject, COVID-19, in English, of 2020. Elsewhere it is a weak hint: see the table of
  subjects in `docs/memes.md` before acting on it.
- Its labels are noisy: {disagreement:.0%} of near-identical pictures were labelled against each other.
- Naming a politician made nine in ten of the training memes harmful. Neutral sentences about the same names were added
  against that; the column on the news above says how far it helped.
- A post with words beside its picture and words in it is read twice, once with each, and the higher score counts: no
  set at hand has both.
- It is meant to send a post to a person or to lower its rank, never to remove it alone."""


class JointMeasurement(Value):
    """What was measured on held-out rows.

    Attributes:
        n_memes, n_harmful, n_ordinary: rows.
        n_worlds: of ordinary posts, which share neither photographs nor sentences.
        found: share of harmful memes at or above each point.
        false_on_memes: share of harmless memes at or above each point.
        false_on_ordinary, false_on_news, false_in_worst_world: shares of ordinary posts at or above each point, scored
            by models and held against points that know nothing of their world.

    """

    n_memes: int
    n_harmful: int
    n_ordinary: int
    n_worlds: int
    pr_auc: float
    roc_auc: float
    calibration_error: float
    found: dict[OperatingPoint, float]
    false_on_memes: dict[OperatingPoint, float]
    false_on_ordinary: dict[OperatingPoint, float]
    false_on_news: dict[OperatingPoint, float]
    false_in_worst_world: dict[OperatingPoint, float]


class JointCardFacts(Value):
    """Everything the card is written from."""

    manifest: JointManifest
    thresholds: ThresholdTable
    calibration_method: str
    measurement: JointMeasurement
    label_disagreement: float
    n_groups: int


def write_joint_card(facts: JointCardFacts) -> str:
    """The card's Markdown."""
    manifest = facts.manifest
    summary = _SUMMARY.format(
        text=manifest.text_bundle[:12], image=manifest.image_bundle[:12], created_on=manifest.created_on
    )
    sections = (
        f"# {manifest.name} {manifest.version}",
        summary,
        "## What it scores\n\n" + scored(manifest.labels),
        "## Measurements\n\n" + _measurements(facts),
        "## Operating points\n\n" + _operating_points(facts),
        "## Training data\n\n" + _DATA.format(dataset_digest=manifest.dataset_digest),
        "## Limits\n\n" + _LIMITS.format(disagreement=facts.label_disagreement),
    )
    return "\n\n".join(sections) + "\n"


def _measurements(facts: JointCardFacts) -> str:
    found = facts.measurement
    text = _MEASURED.format(n_memes=found.n_memes, n_harmful=found.n_harmful, n_groups=facts.n_groups)
    rows = [
        ("PR-AUC", f"{found.pr_auc:.3f}"),
        ("ROC-AUC", f"{found.roc_auc:.3f}"),
        ("calibration error on memes", f"{found.calibration_error:.3f}"),
    ]
    return f"{text}\n\n{table(('on held-out memes', ''), rows)}"


def _operating_points(facts: JointCardFacts) -> str:
    found, label = facts.measurement, Category.HARMFUL_MEME
    rows = [
        (
            point.value,
            f"{facts.thresholds.categories[label][point]:.3f}",
            f"{found.found[point]:.1%}",
            f"{found.false_on_memes[point]:.1%}",
            f"{found.false_on_ordinary[point]:.1%}",
            f"{found.false_on_news[point]:.1%}",
            f"{found.false_in_worst_world[point]:.1%}",
        )
        for point in OperatingPoint
    ]
    header = (
        "point",
        "threshold",
        "harmful memes found",
        "harmless memes flagged",
        "ordinary posts flagged",
        "of those on the news",
        "in the worst world",
    )
    methods = operating_points(facts.manifest.labels, facts.thresholds, {label: facts.calibration_method})
    text = _POINTS.format(n_ordinary=found.n_ordinary, n_worlds=found.n_worlds)
    return f"{text}\n\n{methods}\n\n{table(header, rows)}"
