import numpy as np
import pytest

from models.contracts import CATEGORIES, CalibrationTable, Category, OperatingPoint, PlattCalibration, ThresholdTable
from models.evaluation.readout import fitted_readout, shipped_readout, uncalibrated

HATE, SPAM = CATEGORIES.index(Category.HATE), CATEGORIES.index(Category.SPAM)


def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(400, 2))
    labels = np.full((400, len(CATEGORIES)), -1, dtype=np.int8)
    labels[:, [HATE, SPAM]] = rng.random((400, 2)) < 1.0 / (1.0 + np.exp(-2.0 * logits))
    return logits, labels


def test_every_category_gets_its_own_column_of_the_taxonomy() -> None:
    probs = uncalibrated(np.array([[0.0, 2.0, 9.0]]), [Category.HATE, Category.SPAM])
    assert (probs[0, HATE], probs[0, SPAM]) == (0.5, pytest.approx(1.0 / (1.0 + np.exp(-2.0))))
    assert np.isnan(np.delete(probs[0], [HATE, SPAM])).all()


def test_rows_with_an_unknown_label_do_not_move_a_map() -> None:
    logits, labels = sample()
    categories = [Category.HATE, Category.SPAM]
    before = fitted_readout(logits, labels, categories, seed=0)
    more_logits = np.concatenate([logits, np.full((100, 2), 50.0)])
    more_labels = np.concatenate([labels, np.full((100, len(CATEGORIES)), -1, dtype=np.int8)])
    assert fitted_readout(more_logits, more_labels, categories, seed=0) == before


def test_thresholds_are_chosen_on_calibrated_probabilities() -> None:
    logits, labels = sample()
    readout = fitted_readout(logits, labels, [Category.HATE, Category.SPAM], seed=0)
    probs = readout.probabilities(logits)[:, HATE]
    found = labels[probs >= readout.thresholds[Category.HATE][OperatingPoint.RECALL], HATE].sum()
    assert found >= 0.9 * labels[:, HATE].sum()


def test_a_category_that_the_calibration_split_does_not_know_keeps_its_logits() -> None:
    logits, labels = sample()
    labels[:, SPAM] = -1
    readout = fitted_readout(logits, labels, [Category.HATE, Category.SPAM], seed=0)
    assert readout.choices[Category.SPAM].calibration == PlattCalibration(method="temperature", scale=1.0)


def test_a_model_that_ships_nothing_has_no_readout_of_its_own(scorer) -> None:
    assert shipped_readout(scorer) is None


def test_what_a_bundle_ships_is_used_as_it_is(scorer) -> None:
    shipped = PlattCalibration(method="platt", scale=3.0, shift=1.0)
    bundle = type(scorer)(
        calibration=CalibrationTable(categories=dict.fromkeys(scorer.labels, shipped)),
        thresholds=ThresholdTable(categories={c: dict.fromkeys(OperatingPoint, 0.4) for c in scorer.labels}),
    )
    readout = shipped_readout(bundle)
    assert readout is not None
    assert readout.balanced == {Category.HATE: 0.4, Category.SPAM: 0.4}
    assert readout.probabilities(np.zeros((1, 3)))[0, HATE] == pytest.approx(1.0 / (1.0 + np.exp(-1.0)))
