"""The trainer on coloured squares: it learns, it can be killed, and it tells nobody else's snapshot for its own."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from models.training.errors import CheckpointError
from models.training.vision.config import VisionConfig
from models.training.vision.material import VisionMaterial
from models.training.vision.model import VisionModel
from models.training.vision.trainer import VisionProgress, VisionTrainer, cosine_factor, harmful_kinds


class KilledError(Exception):
    pass


def make(
    config: VisionConfig, squares: VisionMaterial, model: VisionModel, run_dir: Path, kill_at: int | None = None
) -> VisionTrainer:
    def report(at: VisionProgress) -> None:
        if at.step == kill_at:
            raise KilledError

    return VisionTrainer(config, squares, np.arange(len(squares)), model, run_dir, "squares", report)


@pytest.fixture(autouse=True)
def _small_views(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.vision.trainer.SIDE", 64)
    torch.manual_seed(0)


def test_it_learns_what_a_red_square_is(
    tiny_config: VisionConfig, squares: VisionMaterial, tiny_model: VisionModel, run_dir: Path
) -> None:
    longer = tiny_config.model_copy(update={"optimiser": tiny_config.optimiser.model_copy(update={"epochs": 25})})
    make(longer, squares, tiny_model, run_dir).fit()
    with torch.inference_mode():
        logits, _ = tiny_model.judge(squares.pixels(np.arange(len(squares))))
    weapons = squares.targets[:, 0] == 1
    assert logits[weapons, 0].mean() > logits[~weapons, 0].mean() + 1


def test_a_killed_run_ends_like_one_that_was_not(
    tiny_config: VisionConfig, squares: VisionMaterial, tiny_model: VisionModel, tmp_path: Path
) -> None:
    twin = copy.deepcopy(tiny_model)
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    torch.manual_seed(1)
    make(tiny_config, squares, tiny_model, tmp_path / "whole").fit()
    torch.manual_seed(1)
    with pytest.raises(KilledError):
        make(tiny_config, squares, twin, tmp_path / "killed", kill_at=5).fit()
    make(tiny_config, squares, twin, tmp_path / "killed").fit()
    for one, other in zip(tiny_model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(one, other)


def test_another_runs_snapshot_is_refused(
    tiny_config: VisionConfig, squares: VisionMaterial, tiny_model: VisionModel, run_dir: Path
) -> None:
    make(tiny_config, squares, tiny_model, run_dir).fit()
    with pytest.raises(CheckpointError):
        make(tiny_config.model_copy(update={"seed": 99}), squares, tiny_model, run_dir).fit()


def test_kinds_that_carry_a_label_are_found_by_name(tiny_config: VisionConfig) -> None:
    assert harmful_kinds(tiny_config) == {0: 0, 1: 1}


def test_the_rate_rises_then_falls_to_nothing() -> None:
    factors = [cosine_factor(step, 100, 0.1) for step in range(100)]
    assert factors[:10] == sorted(factors[:10])
    assert factors[9:] == sorted(factors[9:], reverse=True)
    assert factors[-1] < 0.01
