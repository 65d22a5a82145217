from pathlib import Path

import pytest
import torch

from models.training.errors import CheckpointError
from models.training.vision.checkpoint import load_vision, save_vision, weights_digest
from models.training.vision.config import VisionConfig
from models.training.vision.run import build_model, mix_pretrained


def test_a_checkpoint_gives_back_the_model(tmp_path: Path) -> None:
    config = VisionConfig(name="tiny", region_kinds=("weapons",))
    model = build_model(config)
    save_vision(model, tmp_path, config, "0" * 64)
    again = load_vision(tmp_path)
    pixels = torch.randint(0, 255, (1, 64, 64, 3), dtype=torch.uint8)
    with torch.inference_mode():
        one, other = model.eval()(pixels), again(pixels)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert again.labels == ("weapons", "fire", "handgun", "knife", "long_gun", "smoke", "text")
    assert len(weights_digest(tmp_path)) == 64


def test_an_empty_folder_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        load_vision(tmp_path)


def test_keeping_all_of_the_pretrained_weights_undoes_training() -> None:
    config = VisionConfig(name="tiny", keep_pretrained=1.0)
    model, untouched = build_model(config), build_model(config)
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.add_(1.0)
    mix_pretrained(model, config)
    for one, other in zip(model.encoder.parameters(), untouched.encoder.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
