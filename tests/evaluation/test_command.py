"""`weir evaluate` on a real bundle of three words and a dataset written by the real store."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import typer
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from typer.testing import CliRunner

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
from models.data.labels import Auxiliary, encode
from models.data.store import Placed, write_description, write_examples, write_features
from models.evaluation.results import EvaluationResult
from scripts.commands.evaluate import evaluate

VOCABULARY = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "vile": 3, "plain": 4, "word": 5}
LOGITS = {"vile": (3.0, 3.0), "plain": (-3.0, -3.0)}  # hate, aux/sexism
N = 240

app = typer.Typer()
app.command()(evaluate)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_model(path: Path) -> None:
    """Logits are the sum of a two-number embedding over the tokens under the mask."""
    table = np.zeros((len(VOCABULARY), 2), dtype=np.float32)
    for word, logits in LOGITS.items():
        table[VOCABULARY[word]] = logits
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["embedded"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["embedded", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "tokens"], ["logits"], keepdims=0),
    ]
    shape = ["n", "t"]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 2])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2]), "last"),
            numpy_helper.from_array(np.array([1]), "tokens"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def write_tokenizer(path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.save(str(path))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    write_model(folder / "model.onnx")
    write_tokenizer(folder / "tokenizer.json")
    maps = CalibrationTable(categories={Category.HATE: PlattCalibration(method="temperature", scale=1.0)})
    points = ThresholdTable(categories={Category.HATE: dict.fromkeys(OperatingPoint, 0.5)})
    (folder / "calibration.json").write_text(maps.model_dump_json())
    (folder / "thresholds.json").write_text(points.model_dump_json())
    manifest = TextManifest(
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
        files={path.name: sha256(path.read_bytes()) for path in folder.iterdir()},
        dataset_digest="0" * 64,
        checkpoint_digest="0" * 64,
        created_on="2026-01-01",
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A run whose best checkpoint is a tiny encoder with untrained weights."""
    import torch
    from transformers import BertConfig, BertModel

    from models.training.checkpoint import save_classifier
    from models.training.classifier import TextClassifier

    torch.manual_seed(0)
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    encoder = BertModel(BertConfig(vocab_size=len(VOCABULARY), **shape), add_pooling_layer=False)
    write_tokenizer(tmp_path / "tokenizer.json")
    classifier = TextClassifier(
        encoder,
        Tokenizer.from_file(str(tmp_path / "tokenizer.json")),
        [Category.HATE],
        ["aux/sexism"],
        max_tokens=16,
        dataset_digest="0" * 64,
        origin=Encoder(name="tiny", source="test", licence="Apache-2.0"),
    )
    (tmp_path / "first-run").mkdir()
    save_classifier(classifier, tmp_path / "first-run" / "best")
    return tmp_path / "first-run"


def example(split: Split, i: int) -> Placed:
    """Every third text is hate and says so, but for one in ten."""
    hate = i % 3 == 0
    text = f"{'vile' if hate != (i % 10 == 0) else 'plain'} word {split} {i}"
    labels = encode({Category.HATE: int(hate), Auxiliary.SEXISM: int(hate)})
    return Placed(Example(text, sha256(text.encode()), "edos", labels, None, None, None, 1.0, None), split, i)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    held_out = (Split.VALIDATION, Split.CALIBRATION, Split.TEST)
    placed = [example(split, i) for split in held_out for i in range(N)]
    write_examples(folder, placed)
    write_features(folder, placed)
    write_description(folder, {})
    return folder


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_bundle_is_measured_and_the_numbers_are_printed_as_json(bundle: Path, data: Path, tmp_path: Path) -> None:
    code, out, _ = run("--bundle", bundle, "--data", data, "--out", tmp_path / "out", "--json")
    assert code == 0
    result = EvaluationResult.model_validate_json(out)
    assert (result.model, result.n_rows) == ("tiny", N)
    # Eight of the eighty hateful texts look plain, and sixteen of the others look vile.
    hate = result.categories[0].points[OperatingPoint.BALANCED]
    assert (hate.recall, hate.precision) == (pytest.approx(72 / 80), pytest.approx(72 / 88))


def test_the_report_lies_in_the_folder_that_was_named(bundle: Path, data: Path, tmp_path: Path) -> None:
    code, out, _ = run("--bundle", bundle, "--data", data, "--out", tmp_path / "out")
    assert code == 0
    assert str(tmp_path / "out" / "report.md") in out
    assert json.loads((tmp_path / "out" / "report.json").read_text())["model"] == "tiny"


def test_a_limit_takes_that_many_rows(bundle: Path, data: Path, tmp_path: Path) -> None:
    _, out, _ = run("--bundle", bundle, "--data", data, "--out", tmp_path / "out", "--limit", "90", "--json")
    assert EvaluationResult.model_validate_json(out).n_rows == 90


def test_neither_a_bundle_nor_a_run_is_one_clear_line(data: Path) -> None:
    code, _, said = run("--data", data)
    assert (code, said) == (2, "Give one of --bundle <folder> and --run <folder>.\n")


def test_a_missing_bundle_is_one_clear_line(tmp_path: Path, data: Path) -> None:
    code, _, said = run("--bundle", tmp_path / "nowhere", "--data", data)
    assert (code, said.count("\n")) == (2, 1)
    assert "nowhere" in said


def test_a_missing_dataset_says_how_to_make_one(bundle: Path, tmp_path: Path) -> None:
    code, _, said = run("--bundle", bundle, "--data", tmp_path / "nowhere")
    assert (code, said.count("\n")) == (2, 1)
    assert "weir data build" in said


def test_a_split_that_does_not_exist_is_refused_with_those_that_do(bundle: Path, data: Path) -> None:
    code, _, said = run("--bundle", bundle, "--data", data, "--split", "tset")
    assert code == 2
    assert "calibration" in said


def test_a_run_is_measured_with_a_calibration_of_its_own(trained: Path, data: Path, tmp_path: Path) -> None:
    code, out, _ = run("--run", trained, "--data", data, "--out", tmp_path / "out", "--json")
    assert code == 0
    result = EvaluationResult.model_validate_json(out)
    hate = result.categories[0].calibration
    assert result.model == "first-run"
    assert hate is not None
    assert hate.cv_log_loss != {}


def test_a_run_that_was_not_trained_says_how_to_train(tmp_path: Path, data: Path) -> None:
    code, _, said = run("--run", tmp_path / "nowhere", "--data", data)
    assert code == 2
    assert "weir train text" in said
