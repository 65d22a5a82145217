"""Weir's own wire format: Content items in, one Decision or one typed failure an item out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

import orjson

from models.contracts import (
    CATEGORIES,
    NO_CONTEXT,
    Category,
    CategoryScore,
    Context,
    Evidence,
    FailureCode,
    Redaction,
    ScoreStatus,
)
from service.errors import FAILURE_STATUS, invalid
from service.explainer import Explained
from service.fetching.images import RemoteImage
from service.moderator import Judgement, Moderator
from service.panel import Ruling
from service.policy.severity import severity
from service.policy.verdicts import Fired
from service.vision.redacting import RedactedImage
from service.wire.context import read_context
from service.wire.document import Json, is_unicode, kind, read_object, refuse_unknown
from service.wire.images import jpeg_url, read_image_url
from service.wire.limits import Limits

_FIELDS: Final = frozenset({"items"})
_ITEM_FIELDS: Final = frozenset({"id", "text", "images", "redact", "evidence", "context", "previous"})
_IMAGE_FIELDS: Final = frozenset({"url"})
_REDACTIONS: Final = frozenset(entry.value for entry in Redaction)
MAX_ID_CHARS: Final = 128


@dataclass(slots=True)
class Item:
    """One item as asked: a text, images, or the failure that is known already.

    Attributes:
        text: empty where the item is images alone.
        images: the bytes of each, or where they are; only of an item without a failure.
        redact: what is blurred in the copies of its images that the answer carries; None where nobody asked.
        problem: the failure in words, where they say more than those of its code.
        redacted: blurred copies of its images, once it is decided.
        context: what the caller said of it.
        evidence: whether the answer is to say which words of its text carried its scores.
        explained: the same, once it is decided; None where nobody asked.
        previous: the turn that its text answers; None where there is none, or nothing in it.

    """

    content_id: str | None
    text: str
    failure: FailureCode | None
    images: tuple[bytes | RemoteImage, ...] = ()
    redact: frozenset[Redaction] | None = None
    problem: str | None = None
    redacted: tuple[RedactedImage, ...] = ()
    context: Context = NO_CONTEXT
    evidence: bool = False
    explained: Explained | None = None
    previous: str | None = None


def read_decisions(body: bytes | bytearray, limits: Limits) -> list[Item]:
    """The items of a request.

    Raises:
        RequestError: The request is malformed. An item that is well-formed but cannot be scored fails by itself.

    """
    document = read_object(body)
    refuse_unknown(document, _FIELDS, None)
    values = document.get("items")
    if type(values) is not list:
        raise invalid("invalid_type" if "items" in document else "missing_field", "items is an array of items", "items")
    if not 1 <= len(values) <= limits.max_items:
        raise invalid("invalid_length", f"items has 1 to {limits.max_items} entries", "items")
    return [_read_item(value, limits, index) for index, value in enumerate(values)]


def _read_item(value: Json, limits: Limits, index: int) -> Item:
    if type(value) is not dict:
        raise invalid("invalid_type", f"an item is an object, not {kind(value)}", f"items[{index}]")
    refuse_unknown(value, _ITEM_FIELDS, f"items[{index}]")
    content_id = value.get("id")
    if content_id is not None and not _is_id(content_id):
        raise invalid("invalid_value", f"id is a string of 1 to {MAX_ID_CHARS} characters", f"items[{index}].id")
    text = value.get("text")
    if text is not None and type(text) is not str:
        raise invalid("invalid_type", f"text is a string, not {kind(text)}", f"items[{index}].text")
    redact = _redactions(value["redact"], f"items[{index}].redact") if "redact" in value else None
    context = read_context(value["context"], f"items[{index}].context") if "context" in value else NO_CONTEXT
    evidence = value.get("evidence", False)
    if type(evidence) is not bool:
        raise invalid("invalid_type", f"evidence is true or false, not {kind(evidence)}", f"items[{index}].evidence")
    urls = _urls(value["images"], f"items[{index}].images") if "images" in value else None
    item = Item(content_id, text or "", None, context=context, evidence=evidence)  # type: ignore[arg-type]
    if urls:
        item.redact = redact
        _read_images(item, urls, limits)
    else:
        item.failure = FailureCode.EMPTY_CONTENT if text is None else limits.text_failure(text)
    if value.get("previous") is not None:
        _read_previous(item, value["previous"], limits, f"items[{index}].previous")
    return item


def _read_previous(item: Item, turn: Json, limits: Limits, param: str) -> None:
    """Take the turn before an item's text, or say why the item fails for it; a blank one is as good as none."""
    if type(turn) is not str:
        raise invalid("invalid_type", f"previous is a string, not {kind(turn)}", param)
    failure = limits.text_failure(turn)
    if failure is None:
        item.previous = turn
    elif failure is not FailureCode.EMPTY_CONTENT and item.failure is None:
        item.failure, item.problem = failure, f"previous: {limits.message(failure)}"


def _is_id(value: Json) -> bool:
    return type(value) is str and 1 <= len(value) <= MAX_ID_CHARS and is_unicode(value)


def _redactions(values: Json, param: str) -> frozenset[Redaction]:
    if type(values) is not list or not all(type(value) is str and value in _REDACTIONS for value in values):
        raise invalid("invalid_value", f"redact is an array of {', '.join(Redaction)}", param)
    return frozenset(entry for entry in Redaction if entry.value in values)


def _urls(values: Json, param: str) -> list[str]:
    if type(values) is not list:
        raise invalid("invalid_type", f"images is an array, not {kind(values)}", param)
    urls: list[str] = []
    for index, image in enumerate(values):
        url = image.get("url") if type(image) is dict else None
        if type(image) is not dict or type(url) is not str:
            raise invalid("invalid_type", "an image is an object with the string field url", f"{param}[{index}]")
        refuse_unknown(image, _IMAGE_FIELDS, f"{param}[{index}]")
        urls.append(url)
    return urls


def _read_images(item: Item, urls: Sequence[str], limits: Limits) -> None:
    """Decode an item's images, or say why it fails: its text, their number, or the first bad one."""
    if limits.images is None:
        item.failure = FailureCode.UNSUPPORTED_MODALITY
        return
    failure = limits.text_failure(item.text)
    if failure is FailureCode.EMPTY_CONTENT:
        item.text = ""
    elif failure is not None:
        item.failure = failure
    if item.failure is None and len(urls) > limits.images.max_images:
        item.failure = FailureCode.TOO_MANY_IMAGES
    images: list[bytes | RemoteImage] = []
    for index, url in enumerate(urls if item.failure is None else ()):
        data = read_image_url(url, limits.images)
        if isinstance(data, FailureCode):
            item.failure, item.problem = data, f"images[{index}]: {limits.message(data)}"
            return
        images.append(data)
    item.images = tuple(images)


Outcome = Judgement | Ruling | FailureCode
"""What is written of an item."""


class DecisionsWriter:
    """Writes judgements and failures in this format."""

    def __init__(self, moderator: Moderator, limits: Limits) -> None:
        self._limits = limits
        self._policies: dict[str, orjson.Fragment] = {}
        self._columns = _columns(moderator.labels)
        self._bundles = orjson.Fragment(orjson.dumps([bundle.model_dump(mode="json") for bundle in moderator.bundles]))

    def write(self, items: Sequence[Item], outcomes: Sequence[Outcome]) -> tuple[int, bytes]:
        """Status and body: 200 when any item was decided, else that of passing failures, else 422."""
        results = [
            self._failed(item, outcome)
            if isinstance(outcome, FailureCode)
            else (_ruled(item, outcome) if isinstance(outcome, Ruling) else self._decided(item, outcome))
            for item, outcome in zip(items, outcomes, strict=True)
        ]
        return _status(outcomes), orjson.dumps({"results": results})

    def _policy(self, moderator: Moderator) -> orjson.Fragment:
        """The reference to a policy, written once: a version names one text."""
        policy = moderator.policy
        if policy.version not in self._policies:
            written = orjson.dumps({"name": policy.name, "version": policy.version})
            self._policies[policy.version] = orjson.Fragment(written)
        return self._policies[policy.version]

    def _failed(self, item: Item, code: FailureCode) -> dict[str, object]:
        return {
            "outcome": "failed",
            "content_id": item.content_id,
            "code": code.value,
            "message": item.problem or self._limits.message(code),
        }

    def _decided(self, item: Item, judgement: Judgement) -> dict[str, object]:
        verdict, probs, points = judgement.verdict, judgement.probs, judgement.moderator.points
        return {
            "outcome": "decided",
            "decision_id": judgement.decision_id,
            "content_id": item.content_id,
            "action": verdict.action.value,
            "review": verdict.review,
            "flagged": verdict.flagged,
            "reasons": [_reason(entry) for entry in verdict.fired],
            "scores": [
                name
                if column is None
                else {
                    "category": name,
                    "status": "scored",
                    "prob": probs[column],
                    "severity": severity(probs[column], points[column]),
                    "modalities": _TEXT,
                }
                for name, column in self._columns
            ],
            "decided_by": verdict.decided_by,
            "evidence": None if item.explained is None else Evidence(**_spans(item.explained)).model_dump(mode="json"),
            "policy": self._policy(judgement.moderator),
            "bundles": self._bundles,
            "decided_at": datetime.fromtimestamp(judgement.decided_at_us / 1e6, UTC),
        }


def _reason(entry: Fired) -> dict[str, object]:
    rule = entry.rule
    return {
        "rule": rule.id,
        "code": rule.code,
        "category": rule.category,
        "prob": entry.prob,
        "threshold": entry.threshold,
        "action": rule.action,
        "message": rule.message,
        "source": entry.source,
        "bank": entry.bank,
        "list": entry.list,
    }


_TEXT: Final = orjson.Fragment(b'["text"],"source":"text"')
"""Two fields in one fragment: what a text's score looked at, and the source of it, never change."""


def _columns(labels: Sequence[Category]) -> tuple[tuple[str | orjson.Fragment, int | None], ...]:
    """For every category of the taxonomy its name and column; neighbours without one are written as they stand here."""
    columns = {label: column for column, label in enumerate(labels)}
    entries: list[tuple[str | orjson.Fragment, int | None]] = []
    for is_scored, group in groupby(CATEGORIES, key=columns.__contains__):
        if is_scored:
            entries += [(category.value, columns[category]) for category in group]
        else:
            absent = (CategoryScore(category=category, status=ScoreStatus.NOT_APPLIED) for category in group)
            entries.append((orjson.Fragment(",".join(score.model_dump_json() for score in absent)), None))
    return tuple(entries)


def _ruled(item: Item, ruling: Ruling) -> dict[str, object]:
    """A decision that more than the text has a part in, with the copies of its images."""
    decision = ruling.decision
    if item.explained is not None:
        evidence = (decision.evidence or Evidence()).model_copy(update=_spans(item.explained))
        decision = decision.model_copy(update={"evidence": evidence})
    written = decision.model_dump(mode="json") | {"content_id": item.content_id}
    if item.redacted:
        written["redacted_images"] = [{"index": copy.index, "url": jpeg_url(copy.jpeg)} for copy in item.redacted]
    return written


def _spans(explained: Explained) -> dict[str, Any]:
    """The fields of evidence that say which words carried the scores."""
    return {"spans": explained.spans, "spans_state": explained.state}


def _status(outcomes: Sequence[Outcome]) -> int:
    """The status of all outcomes together.

    One failure that passes by itself (overload, deadline) is reason enough to tell the client to come again, once
    nothing was decided; 500 only when the server alone is to blame.
    """
    if any(not isinstance(outcome, FailureCode) for outcome in outcomes):
        return 200
    statuses = {FAILURE_STATUS[outcome] for outcome in outcomes if isinstance(outcome, FailureCode)}
    if statuses <= {500}:
        return 500
    return next((status for status in (429, 503) if status in statuses), 422)
