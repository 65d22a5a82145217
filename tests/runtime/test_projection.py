import hashlib

import numpy as np
import pytest

from models.contracts.records import VECTOR_SCALE, VECTOR_SIZE
from models.runtime.projection import project, projection_matrix


def test_the_matrix_is_the_same_on_every_machine() -> None:
    signs = np.sign(projection_matrix(384)).astype(np.int8)
    assert (
        hashlib.sha256(signs.tobytes()).hexdigest()
        == "731f0d9eceaee5bba7e9921294543f812cfb0d819095dcb849efdd87b92c0558"
    )


def test_cosines_survive_on_average() -> None:
    random = np.random.default_rng(0)
    pairs = random.standard_normal((2, 400, 384)).astype(np.float32)
    pairs[1] = 0.8 * pairs[0] + 0.6 * pairs[1]
    left, right = (project(side).astype(np.float32) / VECTOR_SCALE for side in pairs)
    found = (left * right).sum(axis=1) / (np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1))
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_length_does_not_matter_and_nothing_stays_nothing() -> None:
    vector = np.random.default_rng(1).standard_normal((1, 384)).astype(np.float32)
    assert (project(vector) == project(10 * vector)).all()
    assert project(np.zeros((1, 384), np.float32)).tolist() == [[0] * VECTOR_SIZE]


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        project(np.full((1, 8), np.nan, np.float32))
