"""A tiny encoder and a tiny dataset, real in every other respect: written, read and trained like the large ones."""

import hashlib
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from models.contracts import Category
from models.contracts.bundle import Encoder
from models.data.examples import Example, Split
from models.data.labels import Auxiliary, encode
from models.data.store import Placed, write_description, write_examples, write_features
from models.training.classifier import TextClassifier
from models.training.config import TrainingConfig
from models.training.encoder import load_encoder, read_encoder_tokenizer

WORDS = ("you", "are", "a", "the", "my", "nice", "fool", "buy", "cheap", "pills", "now", "day", "good", "idiot", "sky")
RUDE, SPAMMY, PLAIN = ("fool", "idiot"), ("buy", "cheap", "pills"), ("nice", "day", "good", "sky", "the", "my")


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers and 32 dimensions with a vocabulary of a few words, as `save_pretrained` writes it."""
    folder = tmp_path_factory.mktemp("encoder")
    vocabulary = {token: i for i, token in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture
def classifier(encoder_folder: Path) -> TextClassifier:
    torch.manual_seed(1)
    return TextClassifier(
        load_encoder(str(encoder_folder)),
        read_encoder_tokenizer(str(encoder_folder)),
        (Category.HARASSMENT, Category.SPAM),
        ("aux/sexism",),
        max_tokens=16,
        dataset_digest="d" * 64,
        origin=Encoder(name="tiny", source="test", licence="none"),
    ).eval()


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Insults from one set, spam from another, neither says anything about the other's label."""
    folder = tmp_path_factory.mktemp("dataset")
    placed = [Placed(example, split, group=i) for i, (example, split) in enumerate(_examples())]
    write_examples(folder, placed)
    write_features(folder, placed)
    write_description(folder, {"sources": ["insults", "mail"]})
    return folder


def _examples() -> list[tuple[Example, Split]]:
    rows = []
    splits = (Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.CALIBRATION, Split.TEST)
    for i in range(240):
        plain = " ".join(PLAIN[(i * k + k * k) % len(PLAIN)] for k in range(1, 3 + i % 5))
        spam, rude = SPAMMY[i % 3], RUDE[i % 2]
        rows += [
            _example(f"you are a {rude} {plain}", "insults", {Category.HARASSMENT: 1, Auxiliary.SEXISM: i % 2}, i),
            _example(f"you are nice {plain}", "insults", {Category.HARASSMENT: 0, Auxiliary.SEXISM: 0}, i),
            _example(f"{spam} now {plain}", "mail", {Category.SPAM: 1}, i),
            _example(f"{plain} good day", "mail", {Category.SPAM: 0}, i),
        ]
    return [(example, splits[i // 4 % len(splits)]) for i, example in enumerate(rows)]


def _example(text: str, source: str, marks: dict, number: int) -> Example:
    text = f"{text} {number}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Example(
        text=text,
        digest=digest,
        source=source,
        labels=encode(marks),
        part=None,
        order=None,
        timestamp=None,
        weight=1.0,
        kin=None,
    )


@pytest.fixture(scope="session")
def tiny_config(encoder_folder: Path) -> TrainingConfig:
    """Two epochs of a few dozen steps, over in about a second."""
    return TrainingConfig.model_validate(
        {
            "name": "tiny",
            "threads": 1,
            "device": "cpu",
            "precision": "float32",
            "resume_every_steps": 5,
            "encoder": {"name": str(encoder_folder), "freeze_words": False},
            "heads": {"min_positives": 10, "max_tokens": 16},
            "sampling": {"examples_an_epoch": 300, "max_repeats": 1.0},
            "batches": {"max_tokens": 16, "padded_tokens": 512, "pool_rows": 128},
            "optimiser": {"epochs": 2, "lr": 3e-3, "head_lr": 1e-2, "average_decay": 0.5},
            "validation": {"rows": 120, "every_steps": 5, "min_positives": 5, "patience": 20},
        }
    )
