import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from models.training.classifier import TextClassifier
from models.training.config import OptimiserConfig
from models.training.optimiser import WeightAverage, build_optimiser, lr_factor, set_lr


def lr_of(classifier: TextClassifier, config: OptimiserConfig, name: str) -> float:
    wanted = dict(classifier.named_parameters())[name]
    groups = build_optimiser(classifier, config).param_groups
    return next(group["lr"] for group in groups if any(parameter is wanted for parameter in group["params"]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("heads.weight", 1e-2),
        ("encoder.encoder.layer.1.output.dense.weight", 1e-3),
        ("encoder.encoder.layer.0.output.dense.weight", 5e-4),
        ("encoder.embeddings.word_embeddings.weight", 2.5e-4),
    ],
)
def test_rates_fall_towards_the_input(classifier: TextClassifier, name: str, expected: float) -> None:
    config = OptimiserConfig(lr=1e-3, head_lr=1e-2, layer_decay=0.5)
    assert lr_of(classifier, config, name) == pytest.approx(expected)


def test_every_parameter_that_learns_is_in_one_group(classifier: TextClassifier) -> None:
    classifier.encoder.get_input_embeddings().requires_grad_(False)
    groups = build_optimiser(classifier, OptimiserConfig()).param_groups
    grouped = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in classifier.parameters() if p.requires_grad)


def test_biases_and_norms_are_not_decayed(classifier: TextClassifier) -> None:
    groups = build_optimiser(classifier, OptimiserConfig(weight_decay=0.1)).param_groups
    assert all((p.ndim > 1) == (group["weight_decay"] > 0) for group in groups for p in group["params"])


@given(st.integers(2, 500), st.floats(0.0, 0.9))
def test_the_rate_rises_to_its_base_and_falls_to_nearly_nothing(n_steps: int, warmup: float) -> None:
    factors = [lr_factor(step, n_steps, warmup) for step in range(n_steps)]
    peak = factors.index(max(factors))
    assert max(factors) == pytest.approx(1.0)
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)
    assert lr_factor(n_steps, n_steps, warmup) == 0.0


def test_rates_are_scaled_from_their_base_and_not_from_the_last_step(classifier: TextClassifier) -> None:
    optimiser = build_optimiser(classifier, OptimiserConfig(head_lr=1.0))
    set_lr(optimiser, 0.5)
    assert set_lr(optimiser, 0.5) == pytest.approx(0.5)


def test_the_average_approaches_weights_that_stay() -> None:
    weight = nn.Parameter(torch.zeros(2))
    average = WeightAverage([weight], decay=0.5)
    weight.data.fill_(1.0)
    for step in range(100, 110):
        average.update(step)
    torch.testing.assert_close(average.averages[0], torch.ones(2), atol=2e-3, rtol=0)


def test_the_model_has_the_average_inside_the_block_and_its_own_weights_after() -> None:
    weight = nn.Parameter(torch.zeros(2))
    average = WeightAverage([weight], decay=0.5)
    weight.data.fill_(1.0)
    with average.in_place():
        inside = weight.detach().clone()
    assert (inside.tolist(), weight.tolist()) == ([0.0, 0.0], [1.0, 1.0])
    assert average.averages[0].tolist() == [0.0, 0.0]
