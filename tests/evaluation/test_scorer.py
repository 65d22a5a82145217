from pathlib import Path

import pytest

from models.evaluation.scorer import ROWS_A_STEP, ScoreError, cached_logits, score_rows


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def test_a_second_question_is_answered_from_the_cache(scorer, tmp_path: Path) -> None:
    texts, digests = ["1 2 3", "4 5 6"], ["d1", "d2"]
    first = cached_logits(scorer, texts, digests, tmp_path, "test", silent)
    second = cached_logits(scorer, texts, digests, tmp_path, "test", silent)
    assert scorer.asked == texts
    assert (first == second).all()


def test_other_rows_never_meet_an_old_answer(scorer, tmp_path: Path) -> None:
    cached_logits(scorer, ["1 2 3"], ["d1"], tmp_path, "test", silent)
    assert cached_logits(scorer, ["4 5 6"], ["d2"], tmp_path, "test", silent).tolist() == [[4.0, 5.0, 6.0]]


def test_another_model_never_meets_an_old_answer(scorer, tmp_path: Path) -> None:
    cached_logits(scorer, ["1 2 3"], ["d1"], tmp_path, "test", silent)
    other = type(scorer)(digest="b" * 64)
    cached_logits(other, ["1 2 3"], ["d1"], tmp_path, "test", silent)
    assert other.asked == ["1 2 3"]


def test_the_cache_leaves_no_half_written_file(scorer, tmp_path: Path) -> None:
    cached_logits(scorer, ["1 2 3"], ["d1"], tmp_path, "test", silent)
    assert [path.suffixes for path in tmp_path.iterdir()] == [[".npy"]]


def test_progress_counts_every_row(scorer) -> None:
    seen: list[tuple[int, int]] = []
    n = ROWS_A_STEP + 5
    score_rows(scorer, ["0 0 0"] * n, "test", lambda stage, done, total: seen.append((done, total)))
    assert seen == [(0, n), (ROWS_A_STEP, n), (n, n)]


def test_a_logit_that_is_not_a_number_is_an_error_that_counts_rows(scorer) -> None:
    with pytest.raises(ScoreError, match="1 of 2 rows"):
        score_rows(scorer, ["nan 0 0", "0 0 0"], "test", silent)


def test_a_model_with_a_missing_column_is_refused(scorer) -> None:
    with pytest.raises(ScoreError, match="3 columns"):
        score_rows(scorer, ["1 2"], "test", silent)
