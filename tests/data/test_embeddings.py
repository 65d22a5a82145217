import numpy as np
import pytest

from models.data.embeddings import embeddings_path, load_embeddings, write_embeddings
from models.data.errors import DataError


def test_vectors_come_back_by_digest(tmp_path):
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    write_embeddings(tmp_path, "some/Encoder v1", ["c", "a", "b"], vectors)
    digests, found = load_embeddings(tmp_path, "some/Encoder v1")
    assert digests == ["a", "b", "c"]
    assert found.tolist() == [[2, 3], [4, 5], [0, 1]]


def test_encoders_have_files_of_their_own(tmp_path):
    assert embeddings_path(tmp_path, "a/b") != embeddings_path(tmp_path, "a/c")


def test_repeated_digests_are_refused(tmp_path):
    with pytest.raises(ValueError, match="distinct"):
        write_embeddings(tmp_path, "e", ["a", "a"], np.zeros((2, 4), np.float32))


def test_missing_vectors_are_a_clear_error(tmp_path):
    with pytest.raises(DataError, match="no embeddings"):
        load_embeddings(tmp_path, "e")
