import numpy as np

from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.metrics import areas


def draw(strata: np.ndarray, n: int = 50, seed: int = 0, groups: np.ndarray | None = None) -> np.ndarray:
    return np.concatenate(list(resample_weights(strata, n, seed, groups)))


def test_every_stratum_keeps_its_size_in_every_resample() -> None:
    strata = np.array([0] * 7 + [1] * 3)
    weights = draw(strata)
    assert (weights[:, strata == 0].sum(axis=1) == 7).all()
    assert (weights[:, strata == 1].sum(axis=1) == 3).all()


def test_rows_of_a_group_are_drawn_together() -> None:
    weights = draw(np.zeros(6, dtype=int), groups=np.array([5, 5, 9, 9, 2, 2]))
    assert (weights[:, 0::2] == weights[:, 1::2]).all()


def test_the_same_seed_draws_the_same_resamples() -> None:
    strata = np.arange(20) % 2
    assert (draw(strata, seed=3) == draw(strata, seed=3)).all()


def test_another_seed_draws_other_resamples() -> None:
    strata = np.arange(20) % 2
    assert (draw(strata, seed=3) != draw(strata, seed=4)).any()


def test_there_are_as_many_resamples_as_asked_for_even_in_chunks() -> None:
    chunks = list(resample_weights(np.zeros(30_000, dtype=int), 150, 0))
    assert len(chunks) > 1
    assert sum(len(chunk) for chunk in chunks) == 150


def test_resampling_moves_the_mean_as_theory_says() -> None:
    values = np.random.default_rng(0).normal(size=400)
    means = draw(np.zeros(400, dtype=int), n=2000) @ values / 400
    assert abs(means.std() / (values.std() / 20.0) - 1.0) < 0.1


def test_an_interval_covers_the_true_area_about_as_often_as_it_promises() -> None:
    rng = np.random.default_rng(1)
    true_roc_auc = 0.7602499389065233  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt(2))
    covered = 0
    for seed in range(60):
        labels = np.arange(120) % 2
        scores = rng.normal(size=120) + labels
        samples = np.concatenate([areas(scores, labels, w).roc_auc for w in resample_weights(labels, 200, seed)])
        found = estimate(float(areas(scores, labels).roc_auc[0]), samples)
        covered += found.low <= true_roc_auc <= found.high
    assert covered >= 51  # 57 expected; fewer than 51 has a chance below 1 %


def test_undefined_resamples_are_left_out_of_the_interval() -> None:
    found = estimate(0.5, np.array([np.nan, 0.4, 0.6, np.nan]))
    assert 0.4 <= found.low <= 0.5 <= found.high <= 0.6


def test_an_interval_without_a_defined_resample_is_the_value() -> None:
    found = estimate(0.5, np.array([np.nan]))
    assert (found.low, found.high) == (0.5, 0.5)
