import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.nn import functional

from models.training.config import LossConfig
from models.training.losses import distillation_loss, focal_factor, label_balance, masked_loss

BCE, FOCAL = LossConfig(kind="bce"), LossConfig(kind="focal", focal_gamma=2.0)
PLAIN = torch.ones(2, 3)


def mean_loss(logits, targets, config, weights=None, balance=PLAIN) -> torch.Tensor:
    weights = torch.ones(len(logits)) if weights is None else weights
    cost, known = masked_loss(logits, targets, weights, balance, config)
    return cost / known


def test_with_everything_known_it_is_binary_cross_entropy() -> None:
    logits, targets = torch.randn(4, 3), torch.tensor([[0, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 1]])
    expected = functional.binary_cross_entropy_with_logits(logits, targets.float())
    torch.testing.assert_close(mean_loss(logits, targets, BCE), expected)


@pytest.mark.parametrize("config", [BCE, FOCAL])
def test_an_unknown_label_costs_nothing_and_teaches_nothing(config: LossConfig) -> None:
    logits = torch.tensor([[0.3, 9.0, -1.0]], requires_grad=True)
    mean_loss(logits, torch.tensor([[1, -1, 0]]), config).backward()
    assert logits.grad is not None
    assert logits.grad[0, 1] == 0
    assert (logits.grad[0, [0, 2]] != 0).all()


def test_a_batch_that_knows_nothing_costs_nothing() -> None:
    cost, known = masked_loss(torch.randn(2, 3), torch.full((2, 3), -1), torch.ones(2), PLAIN, BCE)
    assert (float(cost), float(known)) == (0.0, 0.0)


def test_focal_loss_with_gamma_zero_is_cross_entropy() -> None:
    logits, targets = torch.randn(4, 3), torch.randint(-1, 2, (4, 3))
    plain = mean_loss(logits, targets, BCE)
    torch.testing.assert_close(mean_loss(logits, targets, LossConfig(kind="focal", focal_gamma=0.0)), plain)


def test_the_focal_factor_is_the_chance_of_being_wrong_to_the_power_of_gamma() -> None:
    logits, truth = torch.tensor([[2.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    prob = torch.sigmoid(torch.tensor(2.0))
    torch.testing.assert_close(focal_factor(logits, truth, 2.0), torch.stack([(1 - prob) ** 2, prob**2])[None])


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    logits, targets = torch.randn(2, 3), torch.randint(0, 2, (2, 3))
    doubled = mean_loss(logits, targets, BCE, torch.tensor([2.0, 1.0]))
    repeated = mean_loss(logits[[0, 0, 1]], targets[[0, 0, 1]], BCE)
    torch.testing.assert_close(doubled, repeated)


def test_a_positive_weighs_the_root_of_the_imbalance() -> None:
    targets = np.array([[1]] * 10 + [[0]] * 90 + [[-1]] * 50, dtype=np.int8)
    balance = label_balance(targets, 1, LossConfig(positive_power=0.5, positive_cap=100.0))
    assert float(balance[0, 0]) == pytest.approx(3.0)


@given(hnp.arrays(np.int8, (30, 4), elements=st.integers(-1, 1)), st.floats(1.0, 8.0))
def test_a_positive_weighs_at_least_one_and_at_most_the_cap(targets: np.ndarray, cap: float) -> None:
    balance = label_balance(targets, 3, LossConfig(positive_cap=cap))[0]
    assert (balance >= 1.0).all()
    assert (balance <= cap + 1e-5).all()


def test_auxiliary_columns_have_their_own_weight() -> None:
    balance = label_balance(np.zeros((4, 3), np.int8), 2, LossConfig(auxiliary_weight=0.25))
    assert balance[1].tolist() == [1.0, 1.0, 0.25]


def test_what_a_teacher_says_is_a_mean_whatever_the_weight() -> None:
    logits, teacher = torch.tensor([[0.0, 2.0]]), torch.tensor([[0.0, 0.0]])
    means = [total / cells for total, cells in (distillation_loss(logits, teacher, weight) for weight in (0.5, 4.0))]
    assert torch.allclose(means[0], means[1])
    assert means[0].item() == pytest.approx((math.log(2.0) + math.log1p(math.exp(-2.0)) + 1.0) / 2, abs=1e-5)
