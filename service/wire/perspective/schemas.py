"""The wire format of the Perspective API as pydantic types: for the OpenAPI document and for tests.

As in `service.wire.schemas`, no request passes through these. In a request every field may be null or spelled in snake
case; the types show the one spelling that the original documents.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, create_model
from pydantic.alias_generators import to_camel

from models.contracts.base import Value
from models.contracts.scores import Probability
from service.wire.perspective.attributes import ATTRIBUTES
from service.wire.perspective.errors import STATUSES, ErrorType
from service.wire.perspective.fields import MAX_LANGUAGES, MAX_TOKEN_CHARS, TAG

Token = Annotated[str, StringConstraints(max_length=MAX_TOKEN_CHARS)]
LanguageTags = Annotated[
    list[Annotated[str, StringConstraints(pattern=f"^{TAG.pattern}$")]], Field(max_length=MAX_LANGUAGES)
]
Place = Annotated[int, Field(ge=0)]


class Camel(Value):
    """A value whose fields are spelled in camel case on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class TextEntry(Camel):
    """A text, and whether it is HTML, which is scored without its markup."""

    text: str
    type: Literal["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"] = "PLAIN_TEXT"


class ArticleAndParentComment(Camel):
    """What a comment is about."""

    article: TextEntry | None = None
    parent_comment: TextEntry | None = None


class CommentContext(Camel):
    """What a comment refers to, by one of the two fields.

    The last entry, or the parent comment, is the turn that the comment answers, and is read with it where the loaded
    model was trained so. The article and earlier entries are taken and not used.
    """

    entries: list[TextEntry] | None = None
    article_and_parent_comment: ArticleAndParentComment | None = None


class AttributeParameters(Camel):
    """How an attribute is wanted. Scores below `scoreThreshold` are not returned."""

    score_type: Literal["SCORE_TYPE_UNSPECIFIED", "PROBABILITY"] = "PROBABILITY"
    score_threshold: Probability | None = None


class CommentScore(Camel):
    """A score: a calibrated probability."""

    value: Probability
    type: Literal["PROBABILITY"] = "PROBABILITY"


class SpanScore(Camel):
    """The score of a part of a comment; `begin` and `end` (exclusive) count UTF-16 code units."""

    begin: Place
    end: Place
    score: CommentScore


class AttributeScores(Camel):
    """The scores of one attribute. Without `spanAnnotations` the only span is the whole comment."""

    span_scores: list[SpanScore] = Field(default_factory=list)
    summary_score: CommentScore | None = None


RequestedAttributes = create_model(
    "RequestedAttributes",
    __config__=ConfigDict(extra="forbid", hide_input_in_errors=True),
    __doc__="Attributes by name. Those that are refused are documented with the others.",
    **{
        name: (AttributeParameters | None, Field(default=None, description=entry.meaning))
        for name, entry in ATTRIBUTES.items()
    },  # type: ignore[call-overload]
)
ScoresByAttribute = create_model(
    "ScoresByAttribute",
    __config__=ConfigDict(extra="forbid", hide_input_in_errors=True),
    __doc__="Scores by attribute.",
    **{
        name: (AttributeScores | None, Field(default=None, description=entry.meaning))
        for name, entry in ATTRIBUTES.items()
    },  # type: ignore[call-overload]
)


class AnalyzeCommentRequest(Camel):
    """A comment, and the attributes that it is scored by."""

    comment: TextEntry
    requested_attributes: RequestedAttributes
    span_annotations: bool = False
    languages: LanguageTags = Field(default_factory=list)
    do_not_store: bool = False
    drop_unsupported_attributes: bool = False
    context: CommentContext | None = None
    client_token: Token | None = None
    session_id: Token | None = None
    community_id: Token | None = None


class AnalyzeCommentResponse(Camel):
    """Scores of the requested attributes that reach their thresholds."""

    attribute_scores: ScoresByAttribute
    languages: list[str]
    detected_languages: list[str] = Field(default_factory=list)
    client_token: str | None = None


class SuggestCommentScoreRequest(Camel):
    """A comment, and the scores that somebody finds right for it."""

    comment: TextEntry
    attribute_scores: ScoresByAttribute
    languages: LanguageTags = Field(default_factory=list)
    context: CommentContext | None = None
    client_token: Token | None = None
    session_id: Token | None = None
    community_id: Token | None = None


class SuggestCommentScoreResponse(Camel):
    """The suggestion is on record."""

    client_token: str | None = None
    requested_languages: list[str] = Field(default_factory=list)
    detected_languages: list[str] = Field(default_factory=list)


class UnsupportedLanguage(Camel):
    """Which attribute reads none of these languages."""

    attribute: str
    requested_languages: list[str] = Field(default_factory=list)
    detected_languages: list[str] = Field(default_factory=list)


class GoogleErrorDetail(Camel):
    """What is wrong: the original's `errorType`, or Weir's own code as a `reason`."""

    kind: Annotated[str, Field(alias="@type")]
    error_type: ErrorType | None = None
    language_not_supported_by_attribute_error: UnsupportedLanguage | None = None
    reason: str | None = None
    domain: Literal["weir"] | None = None


class GoogleError(Camel):
    """What went wrong. Never quotes the comment."""

    code: int
    message: str
    status: Literal[STATUSES]  # type: ignore[valid-type]
    details: list[GoogleErrorDetail]


class GoogleErrorEnvelope(Camel):
    """The one shape of every error of the Perspective format."""

    error: GoogleError
