from dataclasses import replace

import numpy as np
import pytest

from models.training.fusion import FusionInputs
from models.training.memes.folds import N_FOLDS, cross_fitted, meme_folds, training_rows
from models.training.memes.material import Material
from models.training.memes.ordinary import WORLDS
from models.training.memes.systems import EARLY, PICTURE, WORDS, Fitted, systems
from tests.training.memes.conftest import TINY


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


class Remembering:
    """A system that gives 1 to rows it was fitted to and 0 to all others."""

    def __call__(self, inputs: FusionInputs, harmful: np.ndarray, very_harmful: np.ndarray, seed: int) -> Fitted:
        seen = {row.tobytes() for row in inputs.image}
        return lambda rows: np.array([float(row.tobytes() in seen) for row in rows.image])


def test_near_duplicates_share_a_fold(material: Material) -> None:
    folds = meme_folds(material.memes, seed=0)
    assert all(len(set(folds[material.memes.groups == group])) == 1 for group in set(material.memes.groups))


def test_no_row_is_scored_by_a_model_that_saw_it(material: Material) -> None:
    scores = cross_fitted(material.memes, material.ordinary, {"memory": Remembering()}, 0, silent)
    for part in (scores.read, scores.transcribed, scores.ordinary):
        assert part["memory"].sum() == 0.0


def test_no_meme_is_scored_by_a_model_that_saw_its_subject(material: Material) -> None:
    scores = cross_fitted(material.memes, material.ordinary, {"memory": Remembering()}, 0, silent)
    assert scores.other_subject["memory"].sum() == 0.0


def test_no_ordinary_post_is_scored_by_a_model_that_saw_its_world(material: Material) -> None:
    worlds = material.ordinary.world.astype(np.float32)
    inputs = FusionInputs(
        material.ordinary.inputs.text, material.ordinary.inputs.image_text, np.tile(worlds[:, np.newaxis], (1, 12))
    )
    ordinary = replace(material.ordinary, inputs=inputs)
    scores = cross_fitted(material.memes, ordinary, {"memory": Remembering()}, 0, silent)
    assert scores.ordinary["memory"].sum() == 0.0


def test_there_is_a_fold_for_every_world() -> None:
    assert len(WORLDS) <= N_FOLDS


def test_a_meme_trains_with_both_kinds_of_words_and_ordinary_posts_are_harmless(material: Material) -> None:
    rows = training_rows(material.memes, np.array([0, 1]), material.ordinary, np.array([1, 3, 5]))
    expected = [*material.memes.harmful[:2], *material.memes.harmful[:2], False, False, False]
    assert rows.harmful.tolist() == expected
    np.testing.assert_array_equal(rows.inputs.image_text[2:4], material.memes.transcribed.image_text[:2])


@pytest.mark.parametrize("name", [WORDS, PICTURE, EARLY])
def test_a_system_scores_every_row(material: Material, name: str) -> None:
    memes = material.memes
    fitted = systems(TINY.model_copy(update={"steps": 5}))[name](memes.read, memes.harmful, memes.very_harmful, 0)
    scores = fitted(memes.read)
    assert scores.shape == memes.harmful.shape
    assert np.isfinite(scores).all()
