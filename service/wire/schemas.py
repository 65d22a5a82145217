"""The wire formats as pydantic types: for the OpenAPI document and for tests that hold the fast readers to them.

No request passes through these: validating and building them would cost more than the rest of the HTTP path.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, create_model

from models.contracts import CATEGORIES, DEFINITIONS, Content, Decision, ItemFailure, Modality, Redaction
from models.contracts.base import Value
from models.contracts.scores import Probability
from service.naming import LATEST
from service.wire.moderations import MAX_MODEL_CHARS


class TextPart(Value):
    """A text, one part of an item."""

    type: Literal["text"]
    text: str


class ImageUrl(Value):
    """An image as a `data:` URL with base64 content. Nothing is fetched: another address is `remote_images_off`."""

    url: str


class ImagePart(Value):
    """An image, one part of an item. Refused with `unsupported_modality` where no loaded model looks at images."""

    type: Literal["image_url"]
    image_url: ImageUrl


class ModerationsRequest(Value):
    """What to moderate: one text, several texts, or the parts of one item."""

    input: (
        str
        | Annotated[list[str], Field(min_length=1)]
        | Annotated[list[Annotated[TextPart | ImagePart, Field(discriminator="type")]], Field(min_length=1)]
    )
    model: Annotated[str, Field(max_length=MAX_MODEL_CHARS, description="A name that `GET /v1/models` lists.")] = LATEST
    stream: Annotated[Any, Field(description="Taken, and changes nothing: there is nothing to stream.")] = None
    stream_options: Annotated[Any, Field(description="Taken, and changes nothing.")] = None
    user: Annotated[Any, Field(description="Taken, and neither used nor stored.")] = None


_CLOSED = ConfigDict(extra="forbid", hide_input_in_errors=True)
_FIELDS = {category: category.value.replace("/", "_").replace("-", "_") for category in CATEGORIES}

Categories = create_model(
    "Categories",
    __config__=_CLOSED,
    **{
        _FIELDS[category]: (bool, Field(alias=category.value, description=DEFINITIONS[category].definition))
        for category in CATEGORIES
    },  # type: ignore[call-overload]
)
CategoryScores = create_model(
    "CategoryScores",
    __config__=_CLOSED,
    **{_FIELDS[category]: (Probability, Field(alias=category.value)) for category in CATEGORIES},  # type: ignore[call-overload]
)
CategoryAppliedInputTypes = create_model(
    "CategoryAppliedInputTypes",
    __config__=_CLOSED,
    **{_FIELDS[category]: (list[Modality], Field(alias=category.value)) for category in CATEGORIES},  # type: ignore[call-overload]
)


class Moderation(Value):
    """One input's result. A category without applied input types was not scored: its score of 0 says nothing."""

    flagged: bool
    categories: Categories
    category_scores: CategoryScores
    category_applied_input_types: CategoryAppliedInputTypes


class ModerationsResponse(Value):
    """One result an input, in order."""

    id: Annotated[str, StringConstraints(pattern=r"^modr-")]
    model: str
    results: list[Moderation]


class PostedItem(Content):
    """Content to decide on: a text, images as `data:` URLs, or both.

    `redact` says what to blur in copies of its images, which the answer then carries. Without it there are copies only
    when the action is `blur`. `evidence` asks which words of its text carried the scores: `evidence.spans`.
    `previous` is the turn that its text answers, as long as a text may be: it is read with the text of an item without
    images where the loaded model was trained so, and left out otherwise. It is neither stored nor logged.
    """

    redact: list[Redaction] = Field(default_factory=list)
    evidence: bool = False


class DecisionsRequest(Value):
    """Items to decide on."""

    items: Annotated[list[PostedItem], Field(min_length=1)]


class RedactedCopy(Value):
    """A blurred copy of one image of an item, as a `data:` URL with a JPEG; of an animation the first frame."""

    index: Annotated[int, Field(ge=0)]
    url: str


class DecidedItem(Decision):
    """A decision, with copies of the item's images if the action is `blur` or they were asked for."""

    redacted_images: tuple[RedactedCopy, ...] = ()


class DecisionsResponse(Value):
    """One outcome an item, in order."""

    results: list[Annotated[DecidedItem | ItemFailure, Field(discriminator="outcome")]]


class RedactionRequest(Value):
    """An image, and what to blur in a copy of it."""

    image: ImageUrl
    redact: Annotated[list[Redaction], Field(min_length=1)] = Field(default_factory=lambda: [Redaction.HARM])


class ErrorBody(Value):
    """What went wrong. Never quotes the content."""

    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None
    code: str


class ErrorEnvelope(Value):
    """The one shape of every error."""

    error: ErrorBody


class Status(Value):
    """The answer of a probe."""

    status: Literal["alive", "ready", "draining", "records_unavailable"]
