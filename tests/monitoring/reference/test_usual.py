"""What is called usual: of windows to come, as many as said are beyond it, however few stretches were seen."""

import numpy as np
import pytest

from monitoring.reference.noise import EXCEEDED, usual


@pytest.mark.parametrize("n_stretches", [4, 16, 48])
def test_a_window_to_come_is_beyond_the_usual_as_rarely_as_it_says(n_stretches: int) -> None:
    random = np.random.default_rng(0)
    n_references = 40_000
    stretches = random.standard_normal((n_references, n_stretches))
    means = stretches.mean(axis=1)
    squares = ((stretches - means[:, None]) ** 2).mean(axis=1)
    coming = np.abs(random.standard_normal(n_references) - means)
    beyond = coming > usual(1.0, 0.0, n_stretches) * np.sqrt(squares)
    assert beyond.mean() == pytest.approx(EXCEEDED, abs=0.0015)


def test_what_chance_explains_is_not_time() -> None:
    assert usual(0.01, 0.02, 4) == 0.0
    assert usual(0.05, 0.01, 4) > usual(0.05, 0.03, 4)
