"""A bundle of a few words, and a dataset written by the real store."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from models.contracts import Category, OperatingPoint
from models.contracts.bundle import (
    CalibrationTable,
    Encoder,
    PlattCalibration,
    Quantization,
    TextManifest,
    ThresholdTable,
)
from models.contracts.taxonomy import Modality
from models.data.examples import Example, Split
from models.data.labels import Label, encode
from models.data.rows import Part
from models.data.store import Placed, write_description, write_examples, write_features
from models.evaluation.suites.report import SuiteModel
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier

LABELS = (Category.HATE, Category.TOXICITY)
AUXILIARY = ("aux/sexism",)
LOGITS = {  # hate, toxicity, aux/sexism
    "vile": (3.0, 3.0, 3.0),
    "rude": (-2.0, 1.5, -2.0),
    "plain": (-3.0, -3.0, -3.0),
    "purple": (0.4, 0.4, 0.0),
    "[UNK]": (-0.01, -0.01, 0.0),
}
WORDS = ("[CLS]", "[SEP]", *LOGITS)


def _write_model(path: Path) -> None:
    """Logits are the sum over the tokens under the mask."""
    n_outputs = len(LABELS) + len(AUXILIARY)
    table = np.zeros((len(WORDS), n_outputs), dtype=np.float32)
    for word, logits in LOGITS.items():
        table[WORDS.index(word)] = logits
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["embedded"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["embedded", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "tokens"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", n_outputs])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2]), "last"),
            numpy_helper.from_array(np.array([1]), "tokens"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())


def _write_tokenizer(path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
    )
    tokenizer.save(str(path))


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    folder.mkdir()
    _write_model(folder / "model.onnx")
    _write_tokenizer(folder / "tokenizer.json")
    maps = CalibrationTable(categories={label: PlattCalibration(method="temperature", scale=1.0) for label in LABELS})
    points = {OperatingPoint.RECALL: 0.3, OperatingPoint.BALANCED: 0.5, OperatingPoint.PRECISION: 0.9}
    table = ThresholdTable(categories=dict.fromkeys(LABELS, points))
    (folder / "calibration.json").write_text(maps.model_dump_json())
    (folder / "thresholds.json").write_text(table.model_dump_json())
    manifest = TextManifest(
        name="tiny",
        version="1.0.0",
        modality=Modality.TEXT,
        labels=LABELS,
        auxiliary_labels=AUXILIARY,
        max_tokens=16,
        window_stride=4,
        opset=17,
        quantization=Quantization(scheme="none", macro_pr_auc_lost=0.0),
        encoder=Encoder(name="table", source="test", licence="Apache-2.0"),
        files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()},
        dataset_digest="0" * 64,
        checkpoint_digest="0" * 64,
        created_on="2026-01-01",
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


Row = tuple[Split, str, str, Mapping[Label, int]] | tuple[Split, str, str, Mapping[Label, int], str]
"""Split, source, text, marks, and the turn before it where there is one."""


def placed(row: Row, i: int) -> Placed:
    split, source, text, marks, *turn = row
    digest = hashlib.sha256(text.encode()).hexdigest()
    part = Part.PROBE if split is Split.PROBE else None
    return Placed(Example(text, digest, source, encode(marks), part, None, None, 1.0, None, None, *turn), split, i)


@pytest.fixture
def make_model(bundle: Path, tmp_path: Path) -> Callable[[list[Row]], SuiteModel]:
    """The bundle, and a dataset of these rows."""

    def make(rows: list[Row]) -> SuiteModel:
        folder = tmp_path / "data"
        folder.mkdir()
        examples = [placed(row, i) for i, row in enumerate(rows)]
        write_examples(folder, examples)
        write_features(folder, examples)
        write_description(folder, {})
        return SuiteModel(open_classifier(load_text_bundle(bundle)), folder, n_resamples=20)

    return make


@pytest.fixture
def bare(bundle: Path) -> SuiteModel:
    """The bundle without a dataset."""
    return SuiteModel(open_classifier(load_text_bundle(bundle)), None, n_resamples=20)


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def progress() -> Callable[[str, int, int], None]:
    return silent
