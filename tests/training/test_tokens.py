from pathlib import Path

import pytest

from models.runtime.tokenization import open_tokenizer
from models.training.encoder import wheel_folder
from models.training.tokens import read_tokenizer, tokenize_all

TOKENIZER = wheel_folder() / "tokenizer.json"


def test_training_reads_a_text_as_serving_does() -> None:
    texts = ["Hello there, @user!", "x" * 150, "🔪 " * 20, "a"]
    served = open_tokenizer(TOKENIZER, max_tokens=10_000, window_stride=0).tokenize(texts)
    table = tokenize_all(read_tokenizer(TOKENIZER), texts)
    assert [table[row].tolist() for row in range(len(texts))] == [text.windows[0].tolist() for text in served]


def test_a_long_text_is_read_whole() -> None:
    assert tokenize_all(read_tokenizer(TOKENIZER), ["day " * 5000]).lengths.tolist() == [5002]


def test_no_texts_make_an_empty_table() -> None:
    assert len(tokenize_all(read_tokenizer(TOKENIZER), []).lengths) == 0


def test_a_missing_tokenizer_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_tokenizer(tmp_path / "tokenizer.json")


def test_a_broken_tokenizer_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(OSError, match="not a tokenizer"):
        read_tokenizer(tmp_path / "tokenizer.json")
