"""The wire format of the OpenAI moderation endpoint, with Weir's own categories after the thirteen.

The format has no place for a failure of one item, so the first failure fails the request, and `param` says which
input it was. A category that no model scores has an empty list of applied input types, a score of 0 and is false.

Source: the OpenAI API reference, "Create moderation", and the types of the `openai` Python client.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

import orjson

from models.contracts import CATEGORIES, Category, FailureCode, Modality
from service.errors import failure_error, invalid
from service.fetching.images import RemoteImage
from service.moderator import Judgement
from service.naming import LATEST, ModelName, ModelNames, model_not_found
from service.panel import Ruling
from service.wire.document import Json, kind, read_object, refuse_unknown
from service.wire.images import read_image_url
from service.wire.limits import Limits

IGNORED: Final = ("stream", "stream_options", "user")
"""Fields of other endpoints that callers send along: the original takes them and does nothing, and so does this."""
_FIELDS: Final = frozenset({"input", "model", *IGNORED})
_PART_FIELDS: Final = {"text": frozenset({"type", "text"}), "image_url": frozenset({"type", "image_url"})}
_IMAGE_FIELDS: Final = frozenset({"url"})
_INPUT: Final = "a string, an array of strings, or an array of text and image_url parts"
_NAMES: Final = tuple(category.value for category in CATEGORIES)
MAX_MODEL_CHARS: Final = 256
NOT_SEEING: Final = "The model takes texts only; GET /v1/models lists the names that take images."


@dataclass(frozen=True, slots=True)
class PicturedInput:
    """One item of text and images.

    Attributes:
        text: its texts, joined by line breaks; may be empty.
        images: the bytes of each image, or where they are.
        params: where each image stands in the request.
        bundles: names with versions of those that answer; None for all.

    """

    text: str
    images: tuple[bytes | RemoteImage, ...]
    params: tuple[str, ...]
    bundles: frozenset[str] | None = None


def read_moderations(
    body: bytes | bytearray, limits: Limits, names: ModelNames | None = None
) -> list[str] | PicturedInput:
    """The texts of a request, or its one item with images, each of which can be scored as far as can be told.

    Args:
        body: JSON.
        limits: on texts and images.
        names: of the models that may be asked for; None lets every name pass.

    Raises:
        RequestError: The request is malformed, names no model there is, or one of its inputs cannot be scored.

    """
    document = read_object(body)
    if not document.keys() <= _FIELDS:
        legal = ", ".join(sorted(_FIELDS))
        raise invalid("unknown_parameter", f"Unknown parameter. Legal parameters: {legal}.")
    model = _find_model(document.get("model", LATEST), names)
    if "input" not in document:
        raise invalid("missing_required_parameter", f"Missing required parameter: 'input'. It is {_INPUT}.", "input")
    value = document["input"]
    if type(value) is str:
        _require_scorable(value, limits, "input")
        return [value]
    if type(value) is not list:
        message = f"Invalid type for 'input': expected {_INPUT}, but got {kind(value)} instead."
        raise invalid("invalid_type", message, "input")
    if not value:
        message = "Invalid 'input': empty array. Expected an array with minimum length 1, but got none instead."
        raise invalid("empty_array", message, "input")
    if len(value) > limits.max_items:
        message = f"Invalid 'input': array too long. Expected an array with maximum length {limits.max_items}."
        raise invalid("array_above_max_length", message, "input")
    return _read_parts(value, limits, model) if type(value[0]) is dict else _read_texts(value, limits)


def _find_model(model: Json, names: ModelNames | None) -> ModelName | None:
    if type(model) is not str or len(model) > MAX_MODEL_CHARS:
        message = f"Invalid type for 'model': expected a string of at most {MAX_MODEL_CHARS} characters."
        raise invalid("invalid_type", message, "model")
    found = None if names is None else names.find(model)
    if names is not None and found is None:
        raise model_not_found(model)
    return found


def _read_texts(values: list[Json], limits: Limits) -> list[str]:
    for index, value in enumerate(values):
        if type(value) is not str:
            raise invalid("invalid_type", f"an entry of input is a string, not {kind(value)}", f"input[{index}]")
    texts = cast("list[str]", values)
    for index, text in enumerate(texts):
        _require_scorable(text, limits, f"input[{index}]")
    return texts


def _read_parts(values: list[Json], limits: Limits, model: ModelName | None) -> list[str] | PicturedInput:
    """All parts of a request are one item; what is malformed is found before what cannot be scored."""
    texts: list[str] = []
    urls: dict[str, str] = {}
    for index, part in enumerate(values):
        param = f"input[{index}]"
        if _part_type(part, param) == "text":
            texts.append(_text(part, param))
        else:
            urls[f"{param}.image_url"] = _url(part, f"{param}.image_url")
    text = "\n".join(texts)
    if not urls:
        _require_scorable(text, limits, "input")
        return [text]
    if model is not None and not model.sees and limits.images is not None:
        raise failure_error(FailureCode.UNSUPPORTED_MODALITY, "input", NOT_SEEING)
    bundles = None if model is None else frozenset(model.bundles)
    return PicturedInput(_beside_images(text, limits), tuple(_read_images(urls, limits)), tuple(urls), bundles)


def _part_type(part: Json, param: str) -> str:
    if type(part) is not dict:
        raise invalid("invalid_type", f"a part is an object like the first, not {kind(part)}", param)
    part_type = part.get("type")
    legal = _PART_FIELDS.get(part_type) if type(part_type) is str else None
    if legal is None:
        raise invalid("invalid_value", "the type of a part is text or image_url", f"{param}.type")
    refuse_unknown(part, legal, param)
    return cast("str", part_type)


def _text(part: Json, param: str) -> str:
    text = cast("dict[str, Json]", part).get("text")
    if type(text) is not str:
        raise invalid("invalid_type", "the text of a part is a string", f"{param}.text")
    return text


def _url(part: Json, param: str) -> str:
    value = cast("dict[str, Json]", part).get("image_url")
    url = value.get("url") if type(value) is dict else None
    if type(value) is not dict or type(url) is not str:
        raise invalid("invalid_type", "image_url is an object with the string field url", param)
    refuse_unknown(value, _IMAGE_FIELDS, param)
    return url


def _beside_images(text: str, limits: Limits) -> str:
    """A text beside images may be blank: the images are content enough."""
    failure = limits.text_failure(text)
    if failure is FailureCode.EMPTY_CONTENT:
        return ""
    if failure is not None and limits.images is not None:
        raise failure_error(failure, "input", limits.message(failure))
    return text


def _read_images(urls: dict[str, str], limits: Limits) -> Iterator[bytes | RemoteImage]:
    if limits.images is None:
        raise failure_error(FailureCode.UNSUPPORTED_MODALITY, next(iter(urls)))
    if len(urls) > limits.images.max_images:
        raise failure_error(FailureCode.TOO_MANY_IMAGES, "input", limits.message(FailureCode.TOO_MANY_IMAGES))
    for param, url in urls.items():
        data = read_image_url(url, limits.images)
        if isinstance(data, FailureCode):
            raise failure_error(data, param, limits.message(data))
        yield data


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

    def write(self, response_id: str, outcomes: Sequence[Judgement | Ruling]) -> bytes:
        """The response body."""
        results = [_ruled(entry) if isinstance(entry, Ruling) else self._result(entry) for entry in outcomes]
        model = _makers(outcomes[0]) if isinstance(outcomes[0], Ruling) else self._model
        return orjson.dumps({"id": response_id, "model": model, "results": results})

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


def _makers(ruling: Ruling) -> str:
    """The names of all bundles that looked at an item."""
    return "+".join(f"{bundle.name}-{bundle.version}" for bundle in ruling.decision.bundles)


def _ruled(ruling: Ruling) -> dict[str, object]:
    """A result that more than the text has a part in: every category says what was looked at for it."""
    decision = ruling.decision
    return {
        "flagged": decision.flagged,
        "categories": {category.value: category in ruling.flagged for category in CATEGORIES},
        "category_scores": {score.category.value: score.prob or 0.0 for score in decision.scores},
        "category_applied_input_types": {score.category.value: score.modalities for score in decision.scores},
    }
