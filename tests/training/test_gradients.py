from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from models.training.gradients import accumulate


@pytest.mark.parametrize("n_parts", [1, 2, 5])
def test_parts_of_a_batch_give_the_gradient_of_the_whole(n_parts: int) -> None:
    model, inputs, weights = nn.Linear(3, 1), torch.randn(5, 3), torch.tensor([1.0, 2.0, 0.5, 1.0, 3.0])

    def cost_of(rows: Tensor) -> tuple[Tensor, Tensor]:
        cost = model(inputs[rows]).squeeze(1) ** 2 * weights[rows]
        return cost.sum(), weights[rows].sum()

    parameters = list(model.parameters())
    whole = (model(inputs).squeeze(1) ** 2 * weights).sum() / weights.sum()
    expected = torch.autograd.grad(whole, parameters)
    with ThreadPoolExecutor(n_parts) as pool:
        mean = accumulate(parameters, cost_of, [torch.arange(i, 5, n_parts) for i in range(n_parts)], pool)
    assert mean == pytest.approx(float(whole.detach()), rel=1e-5)
    for parameter, gradient in zip(parameters, expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_a_parameter_that_takes_no_part_has_no_gradient() -> None:
    used, unused = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    with ThreadPoolExecutor(1) as pool:
        accumulate([used, unused], lambda _: (used.sum(), torch.tensor(1.0)), [torch.arange(1)], pool)
    assert used.grad is not None
    assert unused.grad is None
