"""Linear read-out: a question answered from all outputs together."""

import numpy as np

from models.evaluation.linear_readout import accuracy_by_resample, decide_linearly, fits, macro_f1_by_resample


def question(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two outputs that each know half of the answer."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(size=(n, 3))
    return logits, (logits[:, 0] + logits[:, 1] > 0).astype(int)


def test_outputs_together_answer_what_neither_answers_alone() -> None:
    fit_logits, fit_truth = question(400, 0)
    logits, truth = question(400, 1)
    decided = decide_linearly(fit_logits, fit_truth, logits, balanced=True)
    alone = max(float(((logits[:, i] > 0) == truth).mean()) for i in range(2))
    assert float((decided == truth).mean()) > 0.95 > alone


def test_three_classes_are_told_apart() -> None:
    chance = np.random.default_rng(0)
    truth = np.arange(300) % 3
    logits = np.eye(3)[truth] * 4 + chance.normal(size=(300, 3))
    decided = decide_linearly(logits, truth, logits, balanced=True)
    assert macro_f1_by_resample(decided, truth, np.ones((1, 300)))[0] > 0.9


def test_a_question_with_hardly_any_row_of_a_class_is_not_fitted() -> None:
    assert not fits(np.array([0] * 100 + [1] * 3))
    assert fits(np.arange(100) % 2)


def test_resamples_weigh_rows() -> None:
    decided, truth = np.array([1, 1, 0, 0]), np.array([1, 0, 0, 1])
    weights = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]])
    assert accuracy_by_resample(decided, truth, weights).tolist() == [1.0, 0.0]
    assert macro_f1_by_resample(decided, truth, weights).tolist() == [1.0, 0.0]
