import numpy as np
import pytest

from models.contracts import PlattCalibration
from models.export.errors import ParityError
from models.export.parity import (
    Parity,
    ParityLimits,
    Readout,
    ScoreDifference,
    batch_difference,
    read_corpus,
    require_parity,
    score_difference,
)
from models.runtime.batching import TokenIds
from models.runtime.calibration import batch_calibration

PLAIN = batch_calibration([PlattCalibration(method="temperature", scale=1.0)] * 2)
READOUT = Readout(PLAIN, np.array([0.5, 0.5], dtype=np.float32))
SAME = ScoreDifference(highest=0.0, mean=0.0, n_flips=0, n_decisions=100)
GOOD = Parity(float_onnx=SAME, int8=SAME, batch_difference=0.0, macro_pr_auc_lost=0.0)


def test_equal_models_pass() -> None:
    require_parity(GOOD, ParityLimits())


def test_without_held_out_rows_the_other_gates_still_pass() -> None:
    require_parity(GOOD.model_copy(update={"macro_pr_auc_lost": None}), ParityLimits())


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({"float_onnx": SAME.model_copy(update={"highest": 0.5})}, "float ONNX"),
        ({"int8": SAME.model_copy(update={"highest": 0.9})}, "highest"),
        ({"int8": SAME.model_copy(update={"mean": 0.2})}, "mean"),
        ({"int8": SAME.model_copy(update={"n_flips": 50})}, "flip"),
        ({"batch_difference": 2e-4}, "batch"),
        ({"macro_pr_auc_lost": 0.006}, "PR-AUC"),
    ],
)
def test_each_gate_fails_by_name(change: dict[str, object], gate: str) -> None:
    with pytest.raises(ParityError, match=gate) as raised:
        require_parity(GOOD.model_copy(update=change), ParityLimits())
    assert len(raised.value.failures) == 1


def test_all_failures_are_named_at_once() -> None:
    bad = GOOD.model_copy(update={"batch_difference": 1.0, "macro_pr_auc_lost": 1.0})
    with pytest.raises(ParityError) as raised:
        require_parity(bad, ParityLimits())
    assert len(raised.value.failures) == 2


def test_a_gain_is_no_failure() -> None:
    require_parity(GOOD.model_copy(update={"macro_pr_auc_lost": -0.1}), ParityLimits())


def test_differences_are_of_probabilities_and_flips_of_decisions() -> None:
    expected = np.array([[0.0, -9.0], [1.0, -9.0]], dtype=np.float32)
    given = np.array([[-0.1, -9.0], [1.0, -9.0]], dtype=np.float32)
    difference = score_difference(expected, given, READOUT)
    assert difference.highest == pytest.approx(0.5 - 1 / (1 + np.exp(0.1)), abs=1e-6)
    assert difference.mean == pytest.approx(difference.highest / 4)
    assert (difference.n_flips, difference.n_decisions) == (1, 4)


def test_a_score_that_is_not_a_number_is_the_largest_difference() -> None:
    expected = np.zeros((2, 2), dtype=np.float32)
    given = np.array([[np.nan, 0.0], [0.0, 0.0]], dtype=np.float32)
    assert score_difference(expected, given, READOUT).highest == 1.0


def test_a_model_that_looks_at_its_neighbours_is_caught() -> None:
    def peeking(windows: list[TokenIds]) -> np.ndarray:
        return np.array([[len(windows), len(window)] for window in windows], dtype=np.float32)

    def blind(windows: list[TokenIds]) -> np.ndarray:
        return np.array([[window.sum(), len(window)] for window in windows], dtype=np.float32)

    windows = [np.arange(length) for length in range(2, 20)]
    assert batch_difference(peeking, windows, PLAIN) > 0.1
    assert batch_difference(blind, windows, PLAIN) == 0.0


def test_the_corpus_is_long_varied_and_free_of_repeats() -> None:
    corpus = read_corpus()
    assert len(corpus) >= 200
    assert len(set(corpus)) == len(corpus)
    assert min(map(len, corpus)) <= 2
    assert max(map(len, corpus)) > 1500
    assert sum(not text.isascii() for text in corpus) > 50
