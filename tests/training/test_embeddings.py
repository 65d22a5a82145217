from pathlib import Path

import numpy as np
import pytest

from models.training.embeddings import EmbeddingStore, embed
from models.training.encoder import load_encoder, read_encoder_tokenizer
from models.training.errors import CheckpointError

TEXTS = {"b": "you are nice", "a": "buy cheap pills", "c": "good day"}


@pytest.fixture
def store(encoder_folder: Path, tmp_path: Path) -> EmbeddingStore:
    return EmbeddingStore(tmp_path, str(encoder_folder))


def test_an_embedding_has_length_one(encoder_folder: Path) -> None:
    encoder, tokenizer = load_encoder(str(encoder_folder)).eval(), read_encoder_tokenizer(str(encoder_folder))
    rows = embed(encoder, tokenizer, ["you", "nice day " * 30])
    assert rows.dtype == np.float16
    np.testing.assert_allclose(np.linalg.norm(rows.astype(np.float32), axis=1), 1.0, atol=2e-3)


def test_rows_are_found_by_digest_in_any_order(store: EmbeddingStore) -> None:
    store.extend(TEXTS)
    np.testing.assert_array_equal(store.lookup(["c", "a"]), store.lookup(["a", "c"])[::-1])


def test_only_what_is_missing_is_computed(store: EmbeddingStore) -> None:
    assert store.extend({"a": TEXTS["a"]}) == 1
    assert store.extend(TEXTS) == 2
    assert store.extend(TEXTS) == 0
    assert store.load()[0] == ["a", "b", "c"]


def test_growing_leaves_the_rows_that_were_there(store: EmbeddingStore) -> None:
    store.extend({"a": TEXTS["a"]})
    before = store.lookup(["a"])
    store.extend(TEXTS)
    np.testing.assert_array_equal(store.lookup(["a"]), before)


def test_a_text_that_was_never_embedded_is_a_typed_error(store: EmbeddingStore) -> None:
    with pytest.raises(CheckpointError, match="1 texts have no embedding"):
        store.lookup(["a"])


def test_another_encoder_is_not_mixed_in(store: EmbeddingStore, tmp_path: Path) -> None:
    store.extend(TEXTS)
    with pytest.raises(CheckpointError, match="another encoder"):
        EmbeddingStore(tmp_path, "wheel").load()


def test_files_that_do_not_fit_each_other_are_noticed(store: EmbeddingStore, tmp_path: Path) -> None:
    store.extend(TEXTS)
    (tmp_path / "embeddings.digests").write_text("a\n", encoding="utf-8")
    with pytest.raises(CheckpointError, match="do not fit"):
        store.load()


def test_progress_ends_at_the_number_of_missing_texts(store: EmbeddingStore) -> None:
    reports: list[tuple[str, int, int]] = []
    store.extend(TEXTS, lambda *report: reports.append(report))
    assert reports[-1] == ("embedding", 3, 3)
