from pathlib import Path

import numpy as np
import pytest

from models.contracts import CATEGORIES
from models.evaluation.baselines import BaselineError, load_baselines


def save(path: Path, digests: list[str], value: float = 0.5) -> None:
    np.savez(path, digests=np.array(digests), probs=np.full((len(digests), len(CATEGORIES)), value))


def test_a_baseline_is_laid_beside_the_rows_by_digest(tmp_path: Path) -> None:
    probs = np.array([[0.1] * len(CATEGORIES), [0.2] * len(CATEGORIES)])
    np.savez(tmp_path / "tfidf-test.npz", digests=np.array(["a", "b"]), probs=probs)
    found = load_baselines(tmp_path, "test", ["b", "unseen", "a"])["tfidf"][:, 0]
    assert found[[0, 2]].tolist() == [0.2, 0.1]
    assert np.isnan(found[1])


def test_only_the_files_of_the_split_are_read(tmp_path: Path) -> None:
    save(tmp_path / "tfidf-test.npz", ["a"])
    save(tmp_path / "frozen-minilm-validation.npz", ["a"])
    assert list(load_baselines(tmp_path, "validation", ["a"])) == ["frozen-minilm"]


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_no_folder_means_no_baselines(folder: Path | None) -> None:
    assert load_baselines(folder, "test", ["a"]) == {}


def test_a_file_without_the_arrays_is_refused_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "tfidf-test.npz", digests=np.array(["a"]))
    with pytest.raises(BaselineError, match=r"tfidf-test\.npz"):
        load_baselines(tmp_path, "test", ["a"])


def test_a_file_with_another_number_of_columns_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "tfidf-test.npz", digests=np.array(["a"]), probs=np.zeros((1, 3)))
    with pytest.raises(BaselineError, match=f"{len(CATEGORIES)} columns"):
        load_baselines(tmp_path, "test", ["a"])
