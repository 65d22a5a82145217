import numpy as np
import torch

from models.training.vision.cutouts import collect_scraps, harmless_scrap, paste
from models.training.vision.material import VisionMaterial


def test_every_labelled_object_is_a_scrap(squares: VisionMaterial) -> None:
    scraps = collect_scraps(squares, np.arange(len(squares)), (0, 1))
    assert [scrap.row for scrap in scraps] == list(range(0, 24, 2))


def test_a_pasted_object_is_marked(squares: VisionMaterial) -> None:
    scrap = collect_scraps(squares, np.arange(1), (0,))[0]
    canvas, mask = torch.zeros(3, 64, 64, dtype=torch.uint8), torch.zeros(2, 30, 30)
    paste(canvas, mask, squares, scrap, np.random.default_rng(0))
    assert canvas[0].max() > 200
    assert mask[0].max() == 1
    assert mask[1].max() == 0


def test_a_harmless_scrap_changes_the_picture_and_not_the_mask(squares: VisionMaterial) -> None:
    like = collect_scraps(squares, np.arange(1), (0,))[0]
    canvas, mask = torch.zeros(3, 64, 64, dtype=torch.uint8), torch.zeros(2, 30, 30)
    paste(canvas, mask, squares, harmless_scrap(1, 64, like), np.random.default_rng(0))
    assert canvas.max() > 0
    assert mask.max() == 0
