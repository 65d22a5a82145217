"""A tiny checkpoint, float model and calibration batches, made once."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from models.contracts import Category, Encoder
from models.export.conversion import convert
from models.training.checkpoint import save_classifier
from models.training.classifier import TextClassifier

LABELS = (Category.HATE, Category.TOXICITY, Category.SPAM)
TEXT = "you are so kind idiot love hate buy now the a cat http @ user free money thanks today never"
WORDS = TEXT.split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
N_HEADS, HIDDEN, N_LAYERS = 2, 32, 2
DATASET_DIGEST = "a" * 64


def make_tokenizer() -> Tokenizer:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = list(dict.fromkeys([*pieces, *WORDS, *"!?.,@", *(f"[unused{i}]" for i in range(1000))]))
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def make_classifier() -> TextClassifier:
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=HIDDEN,
        num_hidden_layers=N_LAYERS,
        num_attention_heads=N_HEADS,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,
    )
    encoder = BertModel._from_config(config, attn_implementation="eager", add_pooling_layer=False)
    return TextClassifier(
        encoder,
        tokenizer,
        LABELS,
        ("aux/sexism",),
        max_tokens=64,
        dataset_digest=DATASET_DIGEST,
        origin=Encoder(name="tiny", source="tests", licence="Apache-2.0"),
    ).eval()


@pytest.fixture(scope="session")
def classifier() -> TextClassifier:
    return make_classifier()


@pytest.fixture(scope="session")
def checkpoint(classifier: TextClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "best"
    save_classifier(classifier, folder)
    return folder


@pytest.fixture(scope="session")
def float_path(classifier: TextClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("float") / "float.onnx"
    convert(classifier, path)
    return path


@pytest.fixture(scope="session")
def float_model(float_path: Path) -> onnx.ModelProto:
    return onnx.load(str(float_path))


@pytest.fixture(scope="session")
def batches() -> list[NDArray[np.int64]]:
    random = np.random.default_rng(0)
    lengths = random.integers(3, 32, 40)
    return [np.concatenate([[2], random.integers(4, 90, length - 2), [3]])[np.newaxis, :] for length in lengths]
