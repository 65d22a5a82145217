import numpy as np
import pandas as pd

from models.contracts import CATEGORIES
from monitoring.windows.columns import BY_NAME, COLUMNS, KEYS, Kind, score_column
from monitoring.windows.window import HOUR_US, Period, Window


def test_every_category_has_a_column_of_scores() -> None:
    assert {score_column(category) for category in CATEGORIES} == {
        column.name for column in COLUMNS if column.kind is Kind.PROBABILITY
    }


def test_columns_and_keys_are_distinct() -> None:
    assert len(BY_NAME) == len(COLUMNS)
    assert not set(KEYS) & set(BY_NAME)


def test_a_window_with_fewer_rows_than_decisions_is_a_sample() -> None:
    nothing = np.empty((0, 32), np.float32)
    window = Window(Period(0, HOUR_US), 3, pd.DataFrame(), nothing, nothing)
    assert window.is_sampled
    assert window.period.start.isoformat() == "1970-01-01T00:00:00+00:00"
