"""The list of models on the wire: for the OpenAPI document and for tests."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from models.contracts.base import Value


class Model(Value):
    """A name that `POST /v1/moderations` takes; `bundles` is what it means."""

    id: Annotated[str, StringConstraints(min_length=1)]
    object: Literal["model"]
    created: Annotated[int, Field(ge=0, description="Seconds since 1970 at which the newest bundle was made.")]
    owned_by: str
    bundles: Annotated[list[str], Field(min_length=1)]


class ModelList(Value):
    """All names."""

    object: Literal["list"]
    data: list[Model]
