"""A tiny bundle, built from parts: a table of token vectors, their mean, and one matrix. No torch."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from models.contracts import (
    CalibrationTable,
    Category,
    Encoder,
    IsotonicCalibration,
    Modality,
    OperatingPoint,
    PlattCalibration,
    Quantization,
    TextManifest,
    ThresholdTable,
)

LABELS = (Category.HATE, Category.TOXICITY, Category.SPAM)
N_OUTPUTS = 4
INPUTS = ("input_ids", "attention_mask")
HIDDEN = 8
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS), "@", "!", "."]


def write_tokenizer(path: Path) -> None:
    tokenizer = Tokenizer(models.WordPiece(vocab={word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(path))


def write_model(
    path: Path, n_outputs: int = N_OUTPUTS, *, has_embedding: bool = True, has_token_logits: bool = False
) -> None:
    random = np.random.default_rng(0)
    constants = {
        "table": random.normal(size=(len(VOCABULARY), HIDDEN)).astype(np.float32),
        "heads": (3 * random.normal(size=(HIDDEN, n_outputs))).astype(np.float32),
        "last": np.array([2], dtype=np.int64),
        "one": np.array([1], dtype=np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["table", "input_ids"], ["vectors"]),
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["mask", "last"], ["column"]),
        node("Mul", ["vectors", "column"], ["masked"]),
        node("ReduceSum", ["masked", "one"], ["total"], keepdims=0),
        node("ReduceSum", ["mask", "one"], ["count"], keepdims=1),
        node("Div", ["total", "count"], ["embedding"]),
        node("MatMul", ["embedding", "heads"], ["logits"]),
    ]
    outputs: dict[str, list[str | int]] = {"logits": ["n", n_outputs]}
    if has_embedding:
        outputs["embedding"] = ["n", HIDDEN]
    if has_token_logits:
        nodes.append(node("MatMul", ["vectors", "heads"], ["token_logits"]))
        outputs["token_logits"] = ["n", "t", n_outputs]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), str(path))


def write_bundle(
    folder: Path,
    n_outputs: int = N_OUTPUTS,
    *,
    has_embedding: bool = True,
    embedding_size: int | None = HIDDEN,
    auxiliary_labels: tuple[str, ...] = ("aux/sexism",),
    has_token_logits: bool = False,
    previous_tokens: int = 0,
) -> Path:
    folder.mkdir(parents=True)
    write_tokenizer(folder / "tokenizer.json")
    write_model(folder / "model.onnx", n_outputs, has_embedding=has_embedding, has_token_logits=has_token_logits)
    calibration = CalibrationTable(
        categories={
            Category.HATE: PlattCalibration(method="platt", scale=0.7, shift=-1.0),
            Category.TOXICITY: IsotonicCalibration(logits=(-2.0, 0.0, 3.0), probs=(0.05, 0.2, 0.9)),
            Category.SPAM: PlattCalibration(method="temperature", scale=1.5),
        }
    )
    points = dict(zip(OperatingPoint, (0.8, 0.5, 0.2), strict=True))
    (folder / "calibration.json").write_text(calibration.model_dump_json())
    (folder / "thresholds.json").write_text(ThresholdTable(categories=dict.fromkeys(LABELS, points)).model_dump_json())
    manifest = TextManifest(
        name="tiny",
        version="0.0.1",
        modality=Modality.TEXT,
        labels=LABELS,
        auxiliary_labels=auxiliary_labels,
        max_tokens=16,
        window_stride=4,
        embedding_size=embedding_size,
        has_token_logits=has_token_logits,
        previous_tokens=previous_tokens,
        opset=17,
        quantization=Quantization(scheme="none", macro_pr_auc_lost=0.0),
        encoder=Encoder(name="tiny", source="tests", licence="Apache-2.0"),
        files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()},
        dataset_digest="0" * 64,
        checkpoint_digest="0" * 64,
        created_on="2026-01-01",
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[..., Path]:
    return lambda **changes: write_bundle(tmp_path / "bundle", **changes)


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tiny")
