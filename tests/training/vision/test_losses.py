import torch
from torch.nn import functional

from models.training.vision.losses import copies_loss, region_loss


def test_unknown_places_cost_nothing() -> None:
    logits = torch.full((2, 1, 4, 4), 9.0, requires_grad=True)
    loss = region_loss(logits, torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, dtype=torch.bool))
    assert float(loss.detach()) == 0.0


def test_a_right_map_costs_less_than_a_wrong_one() -> None:
    masks = torch.zeros(1, 1, 4, 4)
    masks[..., :2] = 1
    known = torch.ones(1, 1, dtype=torch.bool)
    right, wrong = (masks * 2 - 1) * 5, (1 - masks * 2) * 5
    assert region_loss(right, masks, known) < region_loss(wrong, masks, known)


def test_copies_that_agree_cost_less() -> None:
    torch.manual_seed(0)
    first = functional.normalize(torch.randn(8, 16), dim=1)
    near, far = first, first.roll(1, dims=0)
    assert copies_loss(first, near, 0.1, 0.0) < copies_loss(first, far, 0.1, 0.0)


def test_pictures_that_crowd_together_cost_more() -> None:
    torch.manual_seed(0)
    spread = functional.normalize(torch.randn(8, 16), dim=1)
    crowded = functional.normalize(torch.ones(8, 16) + 0.01 * torch.randn(8, 16), dim=1)
    assert copies_loss(crowded, crowded, 0.1, 1.0) > copies_loss(spread, spread, 0.1, 1.0)
