"""Rows that stand for a window."""

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from monitoring.reports.sampling import MAX_WORDS, OTHER, draw, draw_rows, draw_vectors, left_out, pair
from tests.monitoring.conftest import make_window


@given(st.integers(1, 300), st.integers(1, 400))
def test_rows_that_weigh_the_same_are_drawn_once_and_in_order(n: int, n_rows: int) -> None:
    places = draw(np.ones(n), n_rows)
    assert len(places) == min(n, n_rows)
    assert (np.diff(places) > 0).all()


def test_a_row_is_drawn_as_often_as_it_weighs() -> None:
    weights = np.array([1.0] * 900 + [100.0] * 100)
    places = draw(weights, 500)
    assert abs((places >= 900).mean() - 10_000 / 10_900) < 0.01


def test_nothing_is_drawn_of_nothing() -> None:
    assert len(draw(np.empty(0), 10)) == 0


def test_a_window_of_few_rows_is_taken_whole() -> None:
    window = make_window(50)
    assert list(draw_rows(window)["decision_id"]) == list(window.frame["decision_id"])


def test_embeddings_that_are_missing_are_not_drawn() -> None:
    window = make_window(100)
    vectors = window.text_vectors.copy()
    vectors[::2] = np.nan
    assert len(draw_vectors(replace(window, text_vectors=vectors), vectors)) == 50


def test_columns_without_values_on_a_side_are_left_out_and_named() -> None:
    frame = make_window(200).frame
    emptied = frame.assign(language=np.nan)
    _, _, columns = pair(frame, emptied)
    names = [column.name for column in columns]
    assert "language" not in names
    assert {"language", "image_width"} <= set(left_out(names))
    assert "n_chars" in names


def test_a_window_of_an_older_store_lacks_columns_and_is_compared_by_the_others() -> None:
    frame = make_window(200).frame
    _, _, columns = pair(frame, frame.drop(columns=["script", "n_urls"]))
    assert {"script", "n_urls"}.isdisjoint(column.name for column in columns)


def test_rare_words_of_a_column_become_one() -> None:
    frame = make_window(400).frame
    many = frame.assign(surface=pd.Categorical([f"s{place % 80}" for place in range(len(frame))]))
    was, now, _ = pair(many, many)
    assert was["surface"].nunique() == now["surface"].nunique() == MAX_WORDS + 1
    assert OTHER in set(now["surface"])


def test_a_word_cannot_end_the_script_that_evidently_writes_it_into() -> None:
    frame = pd.DataFrame({"surface": ["</script><script>alert(1)</script>"] * 40})
    was, now, columns = pair(frame, frame)
    assert [column.name for column in columns] == ["surface"]
    assert not any("<" in word for side in (was, now) for word in side["surface"])
    assert now["surface"].nunique() == 1
