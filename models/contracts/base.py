"""The base of every value that crosses a boundary: frozen, closed, finite, and silent about its input."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable value of the shared vocabulary.

    Frozen (safe to share between threads), closed (an unknown field is an error, not a silent loss),
    finite (NaN and infinity are refused), and its validation errors never quote the input, so that content
    a person wrote cannot reach a log through a traceback.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        ser_json_inf_nan="constants",
    )
