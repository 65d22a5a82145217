"""The context of an item on the wire: rare enough that the shared vocabulary itself reads it."""

from pydantic import ValidationError

from models.contracts import Context
from service.errors import invalid
from service.wire.document import Json, kind


def read_context(value: Json, param: str) -> Context:
    """What a caller says of an item.

    Raises:
        RequestError: It is not an object, or a field of it is not what it should be (400).

    """
    if type(value) is not dict:
        raise invalid("invalid_type", f"context is an object, not {kind(value)}", param)
    try:
        return Context.model_validate(value, strict=False)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if first["type"] == "extra_forbidden":
            raise invalid("unknown_field", "there is an unknown field in context", param) from None
        place = ".".join(str(part) for part in first["loc"])
        raise invalid("invalid_value", f"{place}: {first['msg']}", f"{param}.{place}") from None
