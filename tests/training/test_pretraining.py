"""Continued pretraining: what is hidden, what is learned, and that a killed run ends as one that was not."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from models.data.examples import Split
from models.data.store import load_split
from models.training.config import BatchesConfig, OptimiserConfig
from models.training.encoder import load_encoder
from models.training.errors import ConfigError, NothingToLearnError
from models.training.pretraining import PretrainingConfig, hide, pretrain
from models.training.trainer import Progress

MASK = 99


def config(**changes: object) -> PretrainingConfig:
    values: dict[str, object] = {
        "name": "test",
        "texts": 400,
        "threads": 1,
        "precision": "float32",
        "spelling": "as-written",
        "resume_every_steps": 5,
        "batches": BatchesConfig(max_tokens=16, padded_tokens=512, pool_rows=64),
        "optimiser": OptimiserConfig(lr=3e-3, head_lr=3e-3, layer_decay=1.0),
    }
    return PretrainingConfig.model_validate(values | changes)


@pytest.fixture
def masking_encoder(encoder_folder: Path, tmp_path: Path) -> str:
    """The tiny encoder with a token to hide words with, in the place of one that no text has."""
    folder = tmp_path / "encoder"
    load_encoder(str(encoder_folder)).save_pretrained(folder)
    described = json.loads((encoder_folder / "tokenizer.json").read_text("utf-8"))
    words = described["model"]["vocab"]
    words["[MASK]"] = words.pop("sky")
    (folder / "tokenizer.json").write_text(json.dumps(described), encoding="utf-8")
    return str(folder)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_encoder(str(folder)).state_dict())


def test_a_share_of_the_words_is_hidden_and_no_special_token() -> None:
    ids = np.tile(np.arange(100, 150), (40, 1))
    ids[:, 30:] = 0
    mask = (np.arange(50) < 30).astype(np.int64) * np.ones((40, 1), dtype=np.int64)
    shown, truth = hide(ids, mask, 0.2, MASK, 1000, np.random.default_rng(0))
    asked = truth != -100
    assert not asked[:, [0, *range(29, 50)]].any()
    assert 0.15 < asked[:, 1:29].mean() < 0.26
    assert (truth[asked] == ids[asked]).all()
    assert (shown[~asked] == ids[~asked]).all()
    assert 0.7 < (shown[asked] == MASK).mean() < 0.9
    assert 0.03 < (shown[asked] == ids[asked]).mean() < 0.2


def test_a_text_of_one_word_is_asked_for_it() -> None:
    _, truth = hide(np.array([[2, 7, 3]]), np.ones((1, 3), dtype=np.int64), 0.01, MASK, 10, np.random.default_rng(1))
    assert truth.tolist() == [[-100, 7, -100]]


def test_the_encoder_learns_to_guess_and_is_left_where_training_finds_it(
    masking_encoder: str, data_dir: Path, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    folder = pretrain(config(encoder=masking_encoder, texts=3000), data_dir, tmp_path / "run", seen.append)
    losses = [at.loss for at in seen]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.2
    before, after = weights(Path(masking_encoder)), weights(folder)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(".layer." in name for name in moved)
    assert "embeddings.word_embeddings.weight" not in moved
    assert Tokenizer.from_file(str(folder / "tokenizer.json")).token_to_id("[MASK]") is not None


def test_a_killed_run_ends_as_one_that_was_not(masking_encoder: str, data_dir: Path, tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def kill(at: Progress) -> None:
        if at.step == 8:
            raise KilledError

    whole = pretrain(config(encoder=masking_encoder), data_dir, tmp_path / "whole", lambda _: None)
    with pytest.raises(KilledError):
        pretrain(config(encoder=masking_encoder), data_dir, tmp_path / "killed", kill)
    resumed = pretrain(config(encoder=masking_encoder), data_dir, tmp_path / "killed", lambda _: None)
    one, other = weights(whole), weights(resumed)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_an_encoder_without_a_token_to_hide_with_is_refused(
    encoder_folder: Path, data_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="MASK"):
        pretrain(config(encoder=str(encoder_folder)), data_dir, tmp_path / "run", lambda _: None)


def test_there_has_to_be_a_text(masking_encoder: str, data_dir: Path, tmp_path: Path) -> None:
    every = sorted(set(load_split(data_dir, Split.TRAIN).sources))
    with pytest.raises(NothingToLearnError):
        pretrain(config(encoder=masking_encoder, exclude=every), data_dir, tmp_path / "run", lambda _: None)
