"""A bundle's files cannot say something inconsistent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.contracts import IsotonicCalibration, TextManifest, ThresholdTable

DIGEST = "0" * 64


def _manifest(**changes: object) -> TextManifest:
    fields: dict[str, object] = {
        "name": "text-minilm",
        "version": "0.1.0",
        "modality": "text",
        "labels": ["hate", "spam"],
        "max_tokens": 256,
        "window_stride": 32,
        "opset": 17,
        "quantization": {"scheme": "none", "macro_pr_auc_lost": 0.0},
        "encoder": {"name": "e", "source": "s", "licence": "Apache-2.0"},
        "files": {"model.onnx": DIGEST},
        "dataset_digest": DIGEST,
        "checkpoint_digest": DIGEST,
        "created_on": "2026-01-31",
    }
    return TextManifest.model_validate(fields | changes)


def test_a_consistent_manifest_survives_a_round_trip() -> None:
    manifest = _manifest()
    assert TextManifest.model_validate_json(manifest.model_dump_json()) == manifest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["hate", "hate"]}, "distinct"),
        ({"labels": ["sexual/minors"]}, "never scored"),
        ({"labels": []}, "labels"),
        ({"window_stride": 254}, "window_stride"),
        ({"files": {"model.onnx": "abc"}}, "files"),
        ({"format": 2}, "format"),
    ],
)
def test_an_inconsistent_manifest_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        _manifest(**change)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_thresholds_rise_from_recall_to_precision(points: list[float]) -> None:
    recall, balanced, precision = points
    table = {"categories": {"hate": {"recall": recall, "balanced": balanced, "precision": precision}}}
    if recall <= balanced <= precision:
        ThresholdTable.model_validate(table)
    else:
        with pytest.raises(ValidationError, match="thresholds rise"):
            ThresholdTable.model_validate(table)


def test_a_missing_operating_point_is_refused() -> None:
    with pytest.raises(ValidationError, match="every operating point"):
        ThresholdTable.model_validate({"categories": {"hate": {"recall": 0.1, "balanced": 0.2}}})


@pytest.mark.parametrize(
    ("logits", "probs"),
    [((0.0, 0.0), (0.1, 0.2)), ((1.0, 0.0), (0.1, 0.2)), ((0.0, 1.0), (0.3, 0.2)), ((0.0, 1.0, 2.0), (0.1, 0.2))],
)
def test_an_isotonic_map_that_is_not_monotone_is_refused(logits: tuple[float, ...], probs: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        IsotonicCalibration(logits=logits, probs=probs)
