from random import Random

import numpy as np
from torch import nn

from models.training.vision.config import VisionConfig
from models.training.vision.gate import GateExamples, captioned_canvas, fit_gate, gate_examples, unseen_gate
from models.training.vision.material import VisionMaterial
from models.training.vision.model import VisionModel


def examples() -> GateExamples:
    """One column knows, another one names the source."""
    rng = np.random.default_rng(0)
    pooled = rng.normal(size=(120, 6)).astype(np.float32)
    has_text = np.arange(120) % 2 == 0
    sources = np.array(["one", "two", "three"])[np.arange(120) % 3]
    pooled[:, 0] += 4 * has_text
    pooled[:, 1] += 9 * (sources == "one")
    return GateExamples(pooled, has_text, sources)


def test_a_source_is_judged_by_a_gate_that_has_not_seen_it() -> None:
    found = examples()
    said = unseen_gate(found)
    assert ((said > 0) == found.has_text).mean() > 0.9


def test_a_fitted_gate_is_a_plain_linear_layer() -> None:
    found = examples()
    gate = nn.Linear(6, 1)
    fit_gate(gate, found)
    said = found.pooled @ gate.weight.detach().numpy()[0] + gate.bias.item()
    assert ((said > 0) == found.has_text).mean() > 0.9


def test_photographs_without_words_come_back_with_words(
    tiny_config: VisionConfig, tiny_model: VisionModel, squares: VisionMaterial
) -> None:
    """All 24 are known to have none: each is learnt as it is, and once more with a caption."""
    found = gate_examples(tiny_model, squares, np.ones(24, dtype=bool), tiny_config, lambda stage, done, total: None)
    assert found.pooled.shape == (48, tiny_model.gate.in_features)
    assert found.has_text.sum() == 24


def test_a_caption_changes_the_picture_the_same_way_each_time() -> None:
    canvas = np.full((3, 120, 120), 128, dtype=np.uint8)
    one, other = (captioned_canvas(canvas, Random(3)) for _ in range(2))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, canvas)
