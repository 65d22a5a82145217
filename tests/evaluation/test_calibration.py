import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from models.contracts import IsotonicCalibration, PlattCalibration
from models.evaluation.calibration import (
    MAX_KNOTS,
    MIN_PROB,
    Family,
    choose_calibration,
    fit_calibration,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    log_losses,
    smoothed_targets,
)
from models.evaluation.reliability import expected_calibration_error
from models.runtime.calibration import apply_calibration, sigmoid

samples = st.lists(st.tuples(st.floats(-30.0, 30.0, width=32), st.integers(0, 1)), min_size=1, max_size=150).map(
    lambda pairs: (np.array([x for x, _ in pairs]), np.array([y for _, y in pairs]))
)


def drawn(n: int, prob_of: object, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits spread around 0, and labels that come true with `prob_of(logit)`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 2.5, size=n)
    return logits, (rng.random(n) < prob_of(logits)).astype(np.int64)  # type: ignore[operator]


def test_temperature_finds_the_scale_that_made_the_labels() -> None:
    found = fit_temperature(*drawn(20_000, lambda x: sigmoid(0.4 * x)))
    assert found.scale == pytest.approx(0.4, abs=0.02)


def test_temperature_has_no_shift() -> None:
    found = fit_temperature(*drawn(500, lambda x: sigmoid(0.4 * x - 2.0)))
    assert (found.method, found.shift) == ("temperature", 0.0)


def test_platt_finds_the_scale_and_the_shift_that_made_the_labels() -> None:
    found = fit_platt(*drawn(20_000, lambda x: sigmoid(0.7 * x - 1.5)))
    assert (found.scale, found.shift) == (pytest.approx(0.7, abs=0.03), pytest.approx(-1.5, abs=0.06))


def test_platt_promises_as_many_positives_as_there_are_targets() -> None:
    # The gradient of the shift is zero exactly when mean promise and mean target agree.
    logits, labels = drawn(2_000, lambda x: sigmoid(x) ** 3)
    promised = apply_calibration(logits, fit_platt(logits, labels))
    assert promised.mean() == pytest.approx(smoothed_targets(labels).mean(), abs=1e-4)


def test_smoothed_targets_are_platts() -> None:
    assert smoothed_targets(np.array([1, 0, 0])).tolist() == [2 / 3, 1 / 4, 1 / 4]


def test_isotonic_passes_through_the_centres_of_its_blocks() -> None:
    # From the left: no, no | yes, no pooled | yes. Targets: yes 3/4, no 1/5.
    found = fit_isotonic(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 0, 1]))
    assert found.logits == (0.5, 2.5, 4.0)
    assert found.probs == (pytest.approx(0.2), pytest.approx(0.475), pytest.approx(0.75))


def test_isotonic_on_a_falling_sample_is_flat() -> None:
    found = fit_isotonic(np.array([0.0, 1.0]), np.array([1, 0]))
    assert len(found.logits) == 2
    assert len(set(found.probs)) == 1


def test_isotonic_never_has_more_knots_than_allowed() -> None:
    logits = np.linspace(-4.0, 4.0, 40_000)
    labels = np.zeros(40_000, dtype=np.int64)
    for block in range(200):  # a staircase of 200 steps: as many blocks as pooling can find
        labels[block * 200 : block * 200 + block] = 1
    labels = np.concatenate([np.sort(part)[::-1] for part in labels.reshape(200, 200)])
    assert len(fit_isotonic(logits, labels).logits) <= MAX_KNOTS


def test_isotonic_bends_where_a_sigmoid_cannot() -> None:
    logits, labels = drawn(8_000, lambda x: np.where(x > 1.0, 0.9, np.where(x > -1.0, 0.5, 0.02)))
    assert isinstance(fit_calibration(logits, labels, seed=0), IsotonicCalibration)


def test_a_shifted_sigmoid_is_won_by_platt() -> None:
    choice = choose_calibration(*drawn(3_000, lambda x: sigmoid(x - 2.0)), seed=0)
    assert choice.calibration.method == "platt"
    assert choice.log_losses[Family.PLATT] == min(choice.log_losses.values())


def test_calibration_lowers_the_error_on_rows_it_has_not_seen() -> None:
    logits, labels = drawn(3_000, lambda x: sigmoid(0.5 * x - 1.0))
    unseen, truth = drawn(3_000, lambda x: sigmoid(0.5 * x - 1.0), seed=1)
    after = apply_calibration(unseen, fit_calibration(logits, labels, seed=0))
    assert expected_calibration_error(after, truth) < 0.03 < expected_calibration_error(sigmoid(unseen), truth)


def test_isotonic_keeps_nearly_all_of_the_ranking() -> None:
    logits, labels = drawn(4_000, lambda x: sigmoid(x - 1.0))
    after = apply_calibration(logits, fit_isotonic(logits, labels))
    assert average_precision_score(labels, after) == pytest.approx(average_precision_score(labels, logits), abs=0.01)


def test_the_same_seed_chooses_the_same_calibration() -> None:
    sample = drawn(800, sigmoid)
    assert choose_calibration(*sample, seed=5) == choose_calibration(*sample, seed=5)


def test_one_class_alone_leaves_the_logits_as_they_are() -> None:
    found = fit_calibration(np.array([1.0, 2.0]), np.array([0, 0]), seed=0)
    assert found == PlattCalibration(method="temperature", scale=1.0)


def test_no_rows_at_all_leave_the_logits_as_they_are() -> None:
    assert fit_calibration(np.empty(0), np.empty(0, dtype=np.int64), seed=0).method == "temperature"


def test_a_handful_of_positives_gets_platt_without_a_contest() -> None:
    logits, labels = np.linspace(-3.0, 3.0, 100), np.zeros(100, dtype=np.int64)
    labels[-4:] = 1
    choice = choose_calibration(logits, labels, seed=0)
    assert (choice.calibration.method, choice.log_losses) == ("platt", {})


def test_few_positives_keep_isotonic_out_of_the_contest() -> None:
    logits, labels = np.linspace(-3.0, 3.0, 1_000), np.zeros(1_000, dtype=np.int64)
    labels[::20] = 1
    assert set(choose_calibration(logits, labels, seed=0).log_losses) == {Family.TEMPERATURE, Family.PLATT}


def test_a_perfectly_separated_sample_stays_finite() -> None:
    logits = np.linspace(-3.0, 3.0, 400)
    found = fit_platt(logits, (logits > 0).astype(np.int64))
    assert 1.0 < found.scale < 1e2
    assert math.isfinite(found.shift)


@given(samples)
@settings(max_examples=60)
def test_every_family_maps_a_rising_logit_to_a_probability_that_never_falls(
    sample: tuple[np.ndarray, np.ndarray],
) -> None:
    grid = np.linspace(-40.0, 40.0, 400)
    for fit in (fit_temperature, fit_platt, fit_isotonic):
        probs = apply_calibration(grid, fit(*sample))
        assert (np.diff(probs) >= 0.0).all()
        assert ((probs >= 0.0) & (probs <= 1.0)).all()


@given(samples)
@settings(max_examples=60)
def test_isotonic_knots_rise_and_promise_nothing_for_certain(sample: tuple[np.ndarray, np.ndarray]) -> None:
    found = fit_isotonic(*sample)
    assert all(a < b for a, b in itertools.pairwise(found.logits))
    assert all(MIN_PROB <= prob <= 1.0 - MIN_PROB for prob in found.probs)


@given(samples, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_fitting_does_not_depend_on_the_order_of_rows(sample: tuple[np.ndarray, np.ndarray], random: st.DrawFn) -> None:
    order = list(range(len(sample[0])))
    random.shuffle(order)  # type: ignore[attr-defined]
    grid = np.linspace(-30.0, 30.0, 50)
    before = apply_calibration(grid, fit_isotonic(*sample))
    after = apply_calibration(grid, fit_isotonic(sample[0][order], sample[1][order]))
    assert after == pytest.approx(before, abs=1e-9)


def test_log_loss_of_a_coin_is_log_two() -> None:
    assert log_losses(np.array([0.5, 0.5]), np.array([0, 1])) == pytest.approx([math.log(2.0)] * 2)


@pytest.mark.parametrize(
    ("logits", "labels", "said"),
    [
        (np.zeros(3), np.zeros(2, dtype=np.int64), "one entry a row"),
        (np.array([np.nan]), np.array([1]), "finite"),
        (np.zeros(1), np.array([-1]), "0 or 1"),
    ],
)
def test_a_sample_that_cannot_be_fitted_is_refused(logits: np.ndarray, labels: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fit_calibration(logits, labels, seed=0)
