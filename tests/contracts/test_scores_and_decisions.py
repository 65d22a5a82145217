"""A score is either a probability or an explicit "not applied"; the ladder of actions is ordered."""

import pytest
from pydantic import TypeAdapter, ValidationError

from models.contracts import Action, CategoryScore, FailureCode, ItemFailure, ItemOutcome


def test_not_applied_has_no_probability() -> None:
    with pytest.raises(ValidationError, match="prob exactly when"):
        CategoryScore(category="spam", status="not_applied", prob=0.0)


def test_scored_needs_a_probability() -> None:
    with pytest.raises(ValidationError, match="prob exactly when"):
        CategoryScore(category="spam", status="scored", modalities=("text",))


def test_scored_names_the_modalities_it_looked_at() -> None:
    with pytest.raises(ValidationError, match="modalities"):
        CategoryScore(category="spam", status="scored", prob=0.5, severity=2)


def test_actions_rise_from_allow_to_remove() -> None:
    assert [action.strictness for action in Action] == [0, 1, 2, 3, 4, 5, 6]
    assert Action.ALLOW.strictness == 0


def test_a_failure_is_told_from_a_decision_by_its_outcome() -> None:
    failure = ItemFailure(code=FailureCode.EMPTY_CONTENT, message="nothing to score")
    adapter: TypeAdapter[ItemOutcome] = TypeAdapter(ItemOutcome)
    assert adapter.validate_json(failure.model_dump_json()) == failure


def test_an_outcome_that_is_neither_is_refused() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(ItemOutcome).validate_python({"outcome": "allowed"})
