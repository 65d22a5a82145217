import numpy as np
import pytest

from models.export.errors import ParityError
from models.export.parity import Parity, ScoreDifference
from models.export.vision.parity import (
    ImageParity,
    ImageParityLimits,
    batch_difference,
    extreme_pixels,
    require_image_parity,
    spread_rows,
)
from models.runtime.vision.classifier import ImageOutputs, Pixels

SAME = ScoreDifference(highest=0.0, mean=0.0, n_flips=0, n_decisions=10)
GOOD = ImageParity(
    scores=Parity(float_onnx=SAME, int8=SAME, batch_difference=0.0, macro_pr_auc_lost=None),
    float_difference=0.0,
    feature_cosine=1.0,
    embedding_cosine=1.0,
    lowest_embedding_cosine=1.0,
    region_difference=0.0,
    n_not_finite=0,
)


def test_what_changed_nothing_passes() -> None:
    require_image_parity(GOOD, ImageParityLimits())


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({"float_difference": 0.01}, "any output"),
        ({"float_difference": float("inf")}, "any output"),
        ({"feature_cosine": 0.9}, "feature cosine"),
        ({"embedding_cosine": 0.9}, "embedding cosine lost:"),
        ({"lowest_embedding_cosine": 0.5}, "worst picture"),
        ({"region_difference": 0.1}, "region"),
        ({"n_not_finite": 1}, "not finite"),
        ({"scores": GOOD.scores.model_copy(update={"batch_difference": 1e-5})}, "alone against in a batch"),
        ({"scores": GOOD.scores.model_copy(update={"macro_pr_auc_lost": 0.006})}, "PR-AUC"),
    ],
)
def test_each_gate_stops_what_changed_too_much(change: dict, gate: str) -> None:
    with pytest.raises(ParityError, match=gate):
        require_image_parity(GOOD.model_copy(update=change), ImageParityLimits())


def test_a_model_that_looks_at_its_neighbours_is_found_out() -> None:
    def run(pixels: Pixels) -> ImageOutputs:
        brightest = np.full((len(pixels), 1), pixels.max(), dtype=np.float32)
        return ImageOutputs(brightest, None, None, None)

    pixels = np.arange(9, dtype=np.uint8).reshape(9, 1, 1, 1).repeat(3, axis=3)
    assert batch_difference(run, pixels) == 8.0


def test_a_value_that_is_not_a_number_is_an_infinite_difference() -> None:
    def run(pixels: Pixels) -> ImageOutputs:
        return ImageOutputs(np.full((len(pixels), 1), np.nan, dtype=np.float32), None, None, None)

    assert batch_difference(run, extreme_pixels(8)) == float("inf")


def test_extreme_pictures_hold_black_and_white() -> None:
    means = extreme_pixels(32).reshape(7, -1).mean(axis=1)
    assert means.min() == 0
    assert means.max() == 255


@pytest.mark.parametrize(("n", "expected"), [(3, 3), (1000, 256)])
def test_rows_are_spread_and_never_repeated(n: int, expected: int) -> None:
    rows = spread_rows(n)
    assert len(rows) == len(set(rows.tolist())) == expected
    assert (rows[0], rows[-1]) == (0, n - 1)
