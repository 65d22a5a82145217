"""Fields that requests share, read as the original reads them: `clientToken` or `client_token`, null as if absent."""

import re
from collections.abc import Mapping
from typing import Final

from models.contracts import FailureCode
from service.wire.document import Json, is_unicode, kind
from service.wire.limits import Limits
from service.wire.perspective.attributes import ATTRIBUTES, Attribute
from service.wire.perspective.comment import Comment, Languages
from service.wire.perspective.errors import CommentError, ErrorType, bad_request
from service.wire.perspective.language import detect_language
from service.wire.perspective.markup import strip_markup

MAX_TOKEN_CHARS: Final = 1_024
MAX_LANGUAGES: Final = 16
PROBABILITY: Final = "PROBABILITY"
SCORE_TYPES: Final = ("SCORE_TYPE_UNSPECIFIED", PROBABILITY, "STD_DEV_SCORE", "PERCENTILE", "RAW")
SCORABLE_TYPES: Final = frozenset({"SCORE_TYPE_UNSPECIFIED", PROBABILITY})
TEXT_TYPES: Final = ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")
COMMON: Final = ("comment", "context", "languages", "clientToken", "sessionId", "communityId")
_TEXT_ENTRY: Final = frozenset({"text", "type"})
_CONTEXT: Final = frozenset({"entries", "articleAndParentComment"})
_ARTICLE: Final = frozenset({"article", "parentComment"})
NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}(@[0-9]{1,4})?")
TAG: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}")
_UPPER: Final = re.compile(r"_([a-z])")


def read_fields(value: Json, legal: frozenset[str], what: str) -> dict[str, Json]:
    """An object with its names in the spelling of the discovery document; a null is as good as absent."""
    if type(value) is not dict:
        raise bad_request(f"{what} is an object, not {kind(value)}")
    fields = {_UPPER.sub(lambda letter: letter[1].upper(), name): entry for name, entry in value.items()}
    if len(fields) < len(value) or not fields.keys() <= legal:
        raise bad_request(f"Invalid JSON payload received. {what} has only these fields: {', '.join(sorted(legal))}")
    return {name: entry for name, entry in fields.items() if entry is not None}


def read_comment(value: Json, limits: Limits) -> Comment:
    """The comment itself.

    Raises:
        CommentError: It is malformed, empty or too long.

    """
    entry = read_fields({} if value is None else value, _TEXT_ENTRY, "comment")
    source = entry.get("text", "")
    if type(source) is not str:
        raise bad_request(f"comment.text is a string, not {kind(source)}")
    text_type = entry.get("type", TEXT_TYPES[0])
    if text_type not in TEXT_TYPES:
        raise bad_request(f"Unknown text type. It is one of {', '.join(TEXT_TYPES)}")
    failure = limits.text_failure(source)
    comment = Comment(source)
    if failure is None and text_type == "HTML":
        comment = Comment(source, strip_markup(source))
        failure = limits.text_failure(comment.text)
    error = None if failure is None else comment_failure(failure, limits)
    if error is not None:
        raise error
    return comment


def comment_failure(code: FailureCode, limits: Limits) -> CommentError | None:
    """What the original says of a comment that cannot be scored; None where it has nothing to say."""
    if code is FailureCode.EMPTY_CONTENT:
        error = CommentError(ErrorType.COMMENT_EMPTY, "Comment must be non-empty.")
    elif code is FailureCode.TEXT_TOO_LONG:
        message = f"Comment text too long. It has at most {limits.max_text_chars} characters."
        error = CommentError(ErrorType.COMMENT_TOO_LONG, message)
    elif code is FailureCode.INVALID_TEXT:
        error = bad_request(limits.message(code))
    else:
        return None
    error.failure = code
    return error


def read_context(value: Json, limits: Limits) -> str | None:
    """The turn that a comment answers: the last entry, or the parent comment; None where there is neither.

    Of one that is longer than a comment may be, the end. The article is taken and not used.
    """
    if value is None:
        return None
    context = read_fields(value, _CONTEXT, "context")
    if len(context) > 1:
        raise bad_request(
            "Context can have either entries or article_and_parent_comment, but both fields were populated."
        )
    entries = context.get("entries", [])
    if type(entries) is not list:
        raise bad_request(f"context.entries is an array, not {kind(entries)}")
    article = read_fields(context.get("articleAndParentComment", {}), _ARTICLE, "context.articleAndParentComment")
    for entry in (*entries, *article.values()):
        fields = read_fields(entry, _TEXT_ENTRY, "a text of the context")
        if type(fields.get("text", "")) is not str or fields.get("type", TEXT_TYPES[0]) not in TEXT_TYPES:
            raise bad_request(f"a text of the context has a string text and a type of {', '.join(TEXT_TYPES)}")
    turn = entries[-1] if entries else article.get("parentComment")
    return None if turn is None else _turn(read_fields(turn, _TEXT_ENTRY, "a text of the context"), limits)


def _turn(entry: Mapping[str, Json], limits: Limits) -> str | None:
    text = entry.get("text", "")
    if type(text) is not str or not is_unicode(text):
        raise bad_request("a text of the context is valid Unicode")
    text = text[-limits.max_text_chars :]
    if entry.get("type") == "HTML":
        text = strip_markup(text).text
    return text if text and not text.isspace() else None


def known_attribute(name: str) -> Attribute:
    """The attribute of a name.

    Raises:
        CommentError: There is none; only what looks like an attribute is repeated.

    """
    if name in ATTRIBUTES:
        return ATTRIBUTES[name]
    if NAME.fullmatch(name) is None:
        raise bad_request("Unknown requested attribute: a name is of capitals, digits and underscores")
    if "@" in name:
        raise bad_request(f"Unknown requested attribute: {name}. There are no versions of attributes here: the loaded "
                          "bundle is the version; ask for the name alone")  # fmt: skip
    raise bad_request(f"Unknown requested attribute: {name}")


def read_share(value: Json, what: str) -> float:
    """A number from 0 to 1."""
    if (type(value) is not float and type(value) is not int) or not 0.0 <= value <= 1.0:
        raise bad_request(f"{what} is a number from 0 to 1")
    return float(value)


def read_languages(document: Mapping[str, Json], comment: Comment) -> Languages:
    """What the caller says of the comment's language, or what it looks like.

    Raises:
        CommentError: A tag is malformed, or nothing is said and there is no letter to tell by.

    """
    given = document.get("languages", [])
    if type(given) is not list or len(given) > MAX_LANGUAGES:
        raise bad_request(f"languages is an array of at most {MAX_LANGUAGES} language tags")
    requested = tuple(tag for tag in given if type(tag) is str and TAG.fullmatch(tag))
    if len(requested) < len(given):
        raise bad_request("a language is an ISO 639-1 or BCP 47 tag, such as en or en-GB")
    if requested:
        return Languages(requested, ())
    detected = detect_language(comment.text)
    if detected is None:
        raise CommentError(ErrorType.LANGUAGE_DETECTION_FAILED, "Unable to detect language")
    return Languages((), (detected,))


def read_flag(document: Mapping[str, Json], name: str) -> bool:
    """True or false; false where it is absent."""
    value = document.get(name, False)
    if type(value) is not bool:
        raise bad_request(f"{name} is true or false, not {kind(value)}")
    return value


def read_token(document: Mapping[str, Json]) -> str | None:
    """The client's token; the ids of session and community are checked and not used."""
    for name in ("clientToken", "sessionId", "communityId"):
        value = document.get(name, "")
        if type(value) is not str or len(value) > MAX_TOKEN_CHARS or not is_unicode(value):
            raise bad_request(f"{name} is a string of at most {MAX_TOKEN_CHARS} characters")
    token = document.get("clientToken")
    return token if type(token) is str else None


def echo(token: str | None) -> dict[str, object]:
    """The client's token again, where there was one."""
    return {} if token is None else {"clientToken": token}
