"""Answers: what all review routes share: their parameters and the errors beyond those that every route may give."""

from typing import Annotated, Any, Final

from fastapi import Path, Query

from service.reviews.values import MAX_PAGE, UuidText
from service.wire.schemas import ErrorEnvelope

DecisionId = Annotated[UuidText, Path(description="Of the decision, a UUID.")]
AppealId = Annotated[UuidText, Path(description="Of the appeal, a UUID.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="At most so many.")]
ImagePosition = Annotated[int, Path(ge=0, le=1_000, description="From 0.")]
SinceUs = Annotated[int, Query(ge=0, le=2**53, description="From this time on: microseconds since 1970, UTC.")]

NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": ErrorEnvelope, "description": "Nothing of this id that the key may see."}
}
CONFLICT: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": ErrorEnvelope, "description": "Something else happened first; the code says what."}
}
EITHER: Final = NOT_FOUND | CONFLICT
