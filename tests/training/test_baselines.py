from pathlib import Path

import joblib
import numpy as np
import pytest

from models.contracts import CATEGORIES, Category
from models.data.examples import Split
from models.data.store import Examples, load_dataset_digest, load_split
from models.training.baselines import TFIDF, BaselineConfig, BaselineResult, all_texts, fit_baselines, training_sample
from models.training.regressions import OneVsRest, macro_pr_auc, make_vectoriser

SPAM = CATEGORIES.index(Category.SPAM)


@pytest.fixture(scope="module")
def fitted(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[BaselineResult]]:
    out = tmp_path_factory.mktemp("baselines")
    config = BaselineConfig(min_positives=10)
    return out, fit_baselines(data_dir, out, config, lambda _stage, _done, _total: None, (TFIDF,))


def test_tfidf_learns_what_a_single_word_gives_away(fitted: tuple[Path, list[BaselineResult]]) -> None:
    assert all(result.macro_pr_auc > 0.95 for result in fitted[1])


@pytest.mark.parametrize("split", ["validation", "calibration", "test"])
def test_predictions_are_written_for_every_held_out_row(
    fitted: tuple[Path, list[BaselineResult]], data_dir: Path, split: str
) -> None:
    with np.load(fitted[0] / f"{TFIDF}-{split}.npz", allow_pickle=False) as file:
        assert file["digests"].tolist() == load_split(data_dir, Split(split)).digests
        assert file["probs"].shape == (len(file["digests"]), len(CATEGORIES))
        assert file["probs"].dtype == np.float32


def test_a_category_without_a_head_is_nan_and_never_zero(fitted: tuple[Path, list[BaselineResult]]) -> None:
    with np.load(fitted[0] / f"{TFIDF}-test.npz") as file:
        has_head = np.isfinite(file["probs"]).all(axis=0)
    assert {CATEGORIES[i] for i in np.flatnonzero(has_head)} == {Category.HARASSMENT, Category.SPAM}


def test_a_fitted_baseline_can_be_loaded_and_names_its_dataset(
    fitted: tuple[Path, list[BaselineResult]], data_dir: Path
) -> None:
    saved = joblib.load(fitted[0] / f"{TFIDF}.joblib")
    assert saved["dataset_digest"] == load_dataset_digest(data_dir)
    probs = saved["model"].probabilities(make_vectoriser().fit_transform(["buy pills"]))
    assert probs.shape == (1, len(CATEGORIES))


def test_unknown_labels_do_not_move_a_regression() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 3)).astype(np.float32)
    labels = np.full((60, len(CATEGORIES)), -1, dtype=np.int8)
    labels[:40, SPAM] = features[:40, 0] > 0
    some, every = (OneVsRest(c=1.0, min_positives=5) for _ in range(2))
    some.fit(features[:40], labels[:40], np.ones(40, np.float32), lambda _done, _total: None)
    every.fit(features, labels, np.ones(60, np.float32), lambda _done, _total: None)
    np.testing.assert_allclose(some.probabilities(features), every.probabilities(features), atol=1e-6)


def test_the_sample_keeps_every_positive_of_a_rare_category() -> None:
    labels = np.zeros((1000, len(CATEGORIES)), dtype=np.int8)
    labels[[3, 500, 999], SPAM] = 1
    names = [f"{i:04}" for i in range(1000)]
    auxiliary = np.zeros((1000, 1), np.int8)
    examples = Examples(names, names, labels, auxiliary, ["s"] * 1000, np.ones(1000, np.float32))
    sample = training_sample(examples, 200)
    assert len(sample) == 200
    assert sample.labels[:, SPAM].sum() == 3


def test_the_macro_is_over_heads_only() -> None:
    labels = np.zeros((40, len(CATEGORIES)), dtype=np.int8)
    labels[:20] = 1
    probs = np.full((40, len(CATEGORIES)), np.nan, dtype=np.float32)
    probs[:, SPAM] = np.linspace(1, 0, 40)
    assert macro_pr_auc(probs, labels) == pytest.approx(1.0)


def test_all_texts_leaves_nothing_out(data_dir: Path) -> None:
    splits = (Split.TRAIN, Split.VALIDATION, Split.CALIBRATION, Split.TEST)
    assert len(all_texts(data_dir)) == sum(len(load_split(data_dir, split)) for split in splits)
