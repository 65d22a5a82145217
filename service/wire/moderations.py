"""The wire format of the OpenAI moderation endpoint, with Weir's own categories after the thirteen.

The format has no place for a failure of one item, so the first failure fails the request, and `param` says which
input it was. A category that no model scores has an empty list of applied input types, a score of 0 and is false.

Source: the OpenAI API reference, "Create moderation", and the types of the `openai` Python client.
"""

from collections.abc import Sequence
from typing import Final, cast

import orjson

from models.contracts import CATEGORIES, Category, FailureCode, Modality
from service.errors import failure_error, invalid
from service.moderator import Judgement
from service.wire.document import Json, kind, read_object, refuse_unknown
from service.wire.limits import Limits

_FIELDS: Final = frozenset({"input", "model"})
_PART_FIELDS: Final = {"text": frozenset({"type", "text"}), "image_url": frozenset({"type", "image_url"})}
_IMAGE_FIELDS: Final = frozenset({"url"})
_INPUT: Final = "a string, an array of strings, or an array of text and image_url parts"
_NAMES: Final = tuple(category.value for category in CATEGORIES)
MAX_MODEL_CHARS: Final = 256


def read_moderations(body: bytes, limits: Limits) -> list[str]:
    """The texts of a request, each of which can be scored as far as can be told.

    Raises:
        RequestError: The request is malformed or one of its inputs cannot be scored.

    """
    document = read_object(body)
    refuse_unknown(document, _FIELDS, None)
    model = document.get("model", "")
    if type(model) is not str or len(model) > MAX_MODEL_CHARS:
        raise invalid("invalid_type", f"model is a string of at most {MAX_MODEL_CHARS} characters", "model")
    if "input" not in document:
        raise invalid("missing_field", f"input is missing: {_INPUT}", "input")
    value = document["input"]
    if type(value) is str:
        _require_scorable(value, limits, "input")
        return [value]
    if type(value) is not list:
        raise invalid("invalid_type", f"input is {_INPUT}, not {kind(value)}", "input")
    return _read_array(value, limits)


def _read_array(values: list[Json], limits: Limits) -> list[str]:
    if not 1 <= len(values) <= limits.max_items:
        raise invalid("invalid_length", f"input has 1 to {limits.max_items} entries", "input")
    if type(values[0]) is dict:
        text = "\n".join([_read_part(part, f"input[{index}]") for index, part in enumerate(values)])
        _require_scorable(text, limits, "input")
        return [text]
    for index, value in enumerate(values):
        if type(value) is not str:
            raise invalid("invalid_type", f"an entry of input is a string, not {kind(value)}", f"input[{index}]")
    texts = cast("list[str]", values)
    for index, text in enumerate(texts):
        _require_scorable(text, limits, f"input[{index}]")
    return texts


def _read_part(part: Json, param: str) -> str:
    """The text of one part; all parts of a request are one item."""
    if type(part) is not dict:
        raise invalid("invalid_type", f"a part is an object like the first, not {kind(part)}", param)
    part_type = part.get("type")
    legal = _PART_FIELDS.get(part_type) if type(part_type) is str else None
    if legal is None:
        raise invalid("invalid_value", "the type of a part is text or image_url", f"{param}.type")
    refuse_unknown(part, legal, param)
    if part_type == "image_url":
        _refuse_image(part.get("image_url"), f"{param}.image_url")
    text = part.get("text")
    if type(text) is not str:
        raise invalid("invalid_type", "the text of a part is a string", f"{param}.text")
    return text


def _refuse_image(value: Json, param: str) -> None:
    if type(value) is not dict or type(value.get("url")) is not str:
        raise invalid("invalid_type", "image_url is an object with the string field url", param)
    refuse_unknown(value, _IMAGE_FIELDS, param)
    raise failure_error(FailureCode.UNSUPPORTED_MODALITY, param)


def _require_scorable(text: str, limits: Limits, param: str) -> None:
    failure = limits.text_failure(text)
    if failure is not None:
        raise failure_error(failure, param, limits.message(failure))


class ModerationsWriter:
    """Writes judgements in this format, for one order of labels."""

    def __init__(self, labels: Sequence[Category], balanced: Sequence[float], model: str) -> None:
        scored = set(labels)
        self._model = model
        self._columns = tuple(labels.index(category) if category in scored else None for category in CATEGORIES)
        self._balanced = tuple(balanced)
        self._applied = orjson.Fragment(
            orjson.dumps({c.value: [Modality.TEXT.value] if c in scored else [] for c in CATEGORIES})
        )
        self._clean = self._categories([0.0] * len(labels))

    def write(self, response_id: str, judgements: Sequence[Judgement]) -> bytes:
        """The response body."""
        return orjson.dumps(
            {"id": response_id, "model": self._model, "results": [self._result(entry) for entry in judgements]}
        )

    def _result(self, judgement: Judgement) -> dict[str, object]:
        probs, flagged = judgement.probs, judgement.verdict.flagged
        return {
            "flagged": flagged,
            "categories": self._categories(probs) if flagged else self._clean,
            "category_scores": {
                name: 0.0 if column is None else probs[column]
                for name, column in zip(_NAMES, self._columns, strict=True)
            },
            "category_applied_input_types": self._applied,
        }

    def _categories(self, probs: Sequence[float]) -> orjson.Fragment:
        balanced = self._balanced
        return orjson.Fragment(
            orjson.dumps(
                {
                    name: column is not None and probs[column] >= balanced[column]
                    for name, column in zip(_NAMES, self._columns, strict=True)
                }
            )
        )
