"""The contracts hold for every value: frozen, closed, finite, silent about their input."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from models import contracts
from models.contracts.base import Value

VALUES = [value for value in vars(contracts).values() if isinstance(value, type) and issubclass(value, BaseModel)]


def test_there_are_values_to_check() -> None:
    assert len(VALUES) > 10


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_every_contract_is_a_frozen_closed_value(value: type[BaseModel]) -> None:
    assert issubclass(value, Value)
    assert value.model_config["frozen"] is True
    assert value.model_config["extra"] == "forbid"
    assert value.model_config["hide_input_in_errors"] is True


def test_a_value_cannot_be_changed() -> None:
    content = contracts.Content(text="hello")
    with pytest.raises(ValidationError):
        content.text = "goodbye"  # type: ignore[misc]


def test_an_unknown_field_is_an_error_that_does_not_quote_its_value() -> None:
    with pytest.raises(ValidationError) as caught:
        contracts.Content.model_validate({"text": "a", "txt": "a secret sentence"})
    assert "txt" in str(caught.value)
    assert "a secret sentence" not in str(caught.value)


@pytest.mark.parametrize("prob", [math.nan, math.inf, -math.inf, -0.01, 1.01])
def test_a_probability_is_finite_and_between_zero_and_one(prob: float) -> None:
    with pytest.raises(ValidationError):
        contracts.CategoryScore(category="hate", status="scored", prob=prob, modalities=("text",), source="text")


@given(st.floats(min_value=0, max_value=1))
def test_a_score_survives_a_round_trip_through_json(prob: float) -> None:
    score = contracts.CategoryScore(
        category="hate", status="scored", prob=prob, severity=2, modalities=("text",), source="text"
    )
    assert contracts.CategoryScore.model_validate_json(score.model_dump_json()) == score
