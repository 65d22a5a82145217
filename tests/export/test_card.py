import pytest

from models.contracts import Category, OperatingPoint
from models.contracts.bundle import Encoder, Quantization, TextManifest, ThresholdTable
from models.contracts.taxonomy import Modality
from models.export.card import CardFacts, TrainingSource, write_card
from models.export.parity import Parity, ScoreDifference

SAME = ScoreDifference(highest=0.0, mean=0.0, n_flips=0, n_decisions=1)
MANIFEST = TextManifest(
    name="tiny",
    version="1.0.0",
    modality=Modality.TEXT,
    labels=(Category.HATE,),
    auxiliary_labels=("aux/sexism",),
    max_tokens=16,
    window_stride=4,
    opset=17,
    quantization=Quantization(scheme="none", macro_pr_auc_lost=0.0),
    encoder=Encoder(name="table", source="test", licence="Apache-2.0"),
    files={},
    dataset_digest="0" * 64,
    checkpoint_digest="0" * 64,
    created_on="2026-01-01",
)


def card(manifest: TextManifest = MANIFEST, *sources: TrainingSource) -> str:
    points = {OperatingPoint.RECALL: 0.1, OperatingPoint.BALANCED: 0.33, OperatingPoint.PRECISION: 0.8}
    facts = CardFacts(
        manifest=manifest,
        thresholds=ThresholdTable(categories={Category.HATE: points}),
        calibration_methods={Category.HATE: "platt"},
        measurements=(),
        parity=Parity(float_onnx=SAME, int8=SAME, batch_difference=0.0, macro_pr_auc_lost=None),
        sources=sources,
    )
    return " ".join(write_card(facts).split())


def test_the_share_of_texts_that_nobody_posted_is_stated() -> None:
    sources = [TrainingSource(id=name, licence="x", n_texts=n) for name, n in (("weir_seeds", 250), ("edos", 750))]
    assert "25.0% of the training texts (250, set `weir_seeds`)" in card(MANIFEST, *sources)


def test_a_bundle_without_own_examples_says_nothing_of_them() -> None:
    assert "weir_seeds" not in card(MANIFEST, TrainingSource(id="edos", licence="x", n_texts=750))


def test_outputs_that_nobody_sees_are_named() -> None:
    assert "`aux/sexism`. They were trained beside the categories" in card()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("spelling", "undisguised", "Disguises are undone"),
        ("spelling", "as-written", "read as they were written"),
        ("has_token_logits", True, "`token_logits`"),
        ("previous_tokens", 48, "the turn before, up to 48 tokens"),
        ("previous_tokens", 0, "without its context"),
    ],
)
def test_the_card_says_how_the_model_reads(field: str, value: object, words: str) -> None:
    assert words in card(MANIFEST.model_copy(update={field: value}))


def test_the_card_says_what_the_points_cost_and_where_the_findings_are() -> None:
    text = card()
    assert "one miss costs as much as 9 false alarms (recall), 1.5 (balanced), or a quarter of one (precision)" in text
    assert "at 0.1, 0.4, 0.8" in text
    assert "docs/model-card-text.md" in text
