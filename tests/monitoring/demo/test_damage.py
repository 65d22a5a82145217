"""A damaged bundle: valid, with another digest, and with scores closer to the middle."""

from pathlib import Path

import numpy as np
import pytest

from models.runtime.bundle import load_text_bundle
from models.runtime.calibration import apply_calibration
from scripts.demo.damage import DamageError, damage_bundle

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "bundles" / "text-minilm"


def test_the_copy_is_a_valid_bundle_of_another_digest_with_pulled_scores(tmp_path: Path) -> None:
    copy = load_text_bundle(damage_bundle(SHIPPED, tmp_path))
    shipped = load_text_bundle(SHIPPED)
    assert copy.digest != shipped.digest
    logits = np.array([4.0])
    for label in shipped.manifest.labels:
        known, pulled = shipped.calibration.categories[label], copy.calibration.categories[label]
        assert apply_calibration(logits, pulled) == pytest.approx(apply_calibration(logits * 0.7, known))


def test_a_copy_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / SHIPPED.name).mkdir()
    with pytest.raises(DamageError, match="exists"):
        damage_bundle(SHIPPED, tmp_path)
