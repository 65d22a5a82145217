import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from models.contracts import CATEGORIES, Category
from models.evaluation.arrays import Rows
from models.export.card import TrainingSource
from models.export.errors import ExportError, ParityError
from models.export.parity import ParityLimits
from models.export.pipeline import ExportData, Exported, ExportRequest, export_bundle
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier
from models.training.classifier import TextClassifier
from models.training.predict import predict_logits

TEXT = "you are so kind idiot love hate buy now the a cat http free money thanks today never"
WORDS = TEXT.split()
LOOSE = ParityLimits(int8_highest=0.5, int8_mean=0.05, int8_flip_share=0.1, macro_pr_auc_lost=0.2)


def make_rows(seed: int, n: int = 120) -> Rows:
    random = np.random.default_rng(seed)
    texts = [" ".join(random.choice(WORDS, random.integers(1, 50))) for _ in range(n)]
    labels = np.full((n, len(CATEGORIES)), -1, dtype=np.int8)
    for column, word in ((Category.HATE, "hate"), (Category.TOXICITY, "idiot")):
        labels[:, CATEGORIES.index(column)] = [word in text.split() for text in texts]
    return Rows([str(i) for i in range(n)], texts, labels, np.full((n, 1), -1, dtype=np.int8), ["tiny"] * n)


@pytest.fixture(scope="module")
def data() -> ExportData:
    return ExportData(
        train_texts=make_rows(0).texts,
        calibration=make_rows(1),
        test=make_rows(2),
        dataset_digest="a" * 64,
        sources=(TrainingSource(id="tiny", licence="CC0-1.0", n_texts=120),),
    )


@pytest.fixture(scope="module")
def make_request(checkpoint: Path) -> Callable[[Path], ExportRequest]:
    def build(out: Path) -> ExportRequest:
        return ExportRequest(checkpoint, out, "text-tiny", "0.1.0", date(2026, 1, 1), limits=LOOSE)

    return build


@pytest.fixture(scope="module")
def exported(
    make_request: Callable[[Path], ExportRequest], data: ExportData, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    return export_bundle(make_request(tmp_path_factory.mktemp("bundles") / "text-tiny"), data)


def test_the_bundle_can_be_loaded_and_scores(exported: Exported) -> None:
    scores = open_classifier(load_text_bundle(exported.bundle.path)).score(["you are so kind", "I hate you idiot"])
    assert scores.shape == (2, 3)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_bundle_scores_what_the_checkpoint_scores(exported: Exported, classifier: TextClassifier) -> None:
    texts = ["you are so kind", "hate " * 60, "a", "buy now free money"]
    shipped = open_classifier(exported.bundle).logits(texts)
    trained = predict_logits(classifier, texts)
    assert np.abs(shipped - trained).max() < 0.3 * max(1.0, trained.std())


def test_the_bundle_gives_embeddings(exported: Exported) -> None:
    embeddings = open_classifier(exported.bundle).embeddings(["you are so kind", "hate " * 60])
    assert embeddings.shape == (2, exported.bundle.manifest.embedding_size)


def test_the_manifest_traces_dataset_and_weights(exported: Exported, checkpoint: Path) -> None:
    manifest = exported.bundle.manifest
    assert manifest.dataset_digest == "a" * 64
    assert manifest.checkpoint_digest != "0" * 64
    assert set(manifest.files) == {"model.onnx", "tokenizer.json", "calibration.json", "thresholds.json", "CARD.md"}


def test_the_card_is_written_from_the_data(exported: Exported) -> None:
    card = (exported.bundle.path / "CARD.md").read_text()
    assert "| tiny | CC0-1.0 | 120 |" in card
    assert "`sexual/minors`: never scored" in card
    for one in exported.measurements:
        assert f"{one.pr_auc:.3f}" in card


def test_exporting_twice_gives_the_same_bundle(
    exported: Exported, make_request: Callable[[Path], ExportRequest], data: ExportData, tmp_path: Path
) -> None:
    again = export_bundle(make_request(tmp_path / "again"), data)
    assert again.bundle.digest == exported.bundle.digest


def test_an_older_bundle_is_replaced(
    exported: Exported, make_request: Callable[[Path], ExportRequest], data: ExportData, tmp_path: Path
) -> None:
    shutil.copytree(exported.bundle.path, tmp_path / "old")
    request = replace(make_request(tmp_path / "old"), version="0.2.0")
    assert export_bundle(request, data).bundle.manifest.version == "0.2.0"


def test_a_failed_gate_leaves_nothing_behind(
    make_request: Callable[[Path], ExportRequest], data: ExportData, tmp_path: Path
) -> None:
    request = replace(make_request(tmp_path / "out"), limits=ParityLimits(int8_highest=0.0))
    with pytest.raises(ParityError, match="int8"):
        export_bundle(request, data)
    assert list(tmp_path.iterdir()) == []


def test_another_dataset_is_refused(
    make_request: Callable[[Path], ExportRequest], data: ExportData, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="another dataset"):
        export_bundle(make_request(tmp_path / "out"), replace(data, dataset_digest="b" * 64))


def test_a_folder_that_is_no_bundle_is_not_overwritten(
    make_request: Callable[[Path], ExportRequest], data: ExportData, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportError, match="not a bundle"):
        export_bundle(make_request(tmp_path), data)
    assert (tmp_path / "thesis.txt").exists()


def test_a_folder_that_is_no_checkpoint_is_refused(
    make_request: Callable[[Path], ExportRequest], data: ExportData, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="checkpoint"):
        export_bundle(replace(make_request(tmp_path / "out"), checkpoint=tmp_path), data)
