"""Answers as they are stored: without content and without the caller's names for it, which a repeat brings again.

Left out are blurred copies of images, the words that were read in them, and which words of a text carried a score. The
caller's `content_id`s are put back from the repeated request, so that nothing stored here has to be found when a person
is forgotten.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from models.contracts import FailureCode, SpanState
from service.errors import FAILURE_STATUS

PASSING: Final = frozenset({FailureCode.OVERLOADED.value, FailureCode.DEADLINE_EXCEEDED.value})
"""Failures that a repeat may not meet again, so they are nobody's last word."""

Result = dict[str, Any]
"""One entry of `results` in an answer, as JSON."""


def is_open(result: Mapping[str, Any]) -> bool:
    """Whether an item failed for a reason that passes."""
    return result["outcome"] == "failed" and result["code"] in PASSING


def stored_form(results: Sequence[Result]) -> bytes:
    """What is kept of an answer."""
    return orjson.dumps([without_content(result) for result in results])


def without_content(result: Result) -> Result:
    """A result without what shows the item itself, and without the caller's name for it."""
    kept = {name: value for name, value in result.items() if name != "redacted_images"} | {"content_id": None}
    evidence = result.get("evidence")
    if evidence:
        images = [image | {"text": "", "text_regions": []} for image in evidence["images"]]
        spans = {"spans": [], "spans_state": SpanState.NOT_KEPT.value} if evidence.get("spans") else {}
        kept["evidence"] = evidence | {"images": images} | spans
    return kept


def restored(stored: bytes, content_ids: Sequence[str | None]) -> list[Result]:
    """The results of a stored answer, with the names that the repeated request has for its items."""
    results: list[Result] = orjson.loads(stored)
    return [result | {"content_id": name} for result, name in zip(results, content_ids, strict=True)]


def status_of(results: Sequence[Mapping[str, Any]]) -> int:
    """200 when any item was decided, else that of passing failures, else 422; 500 when the server alone is to blame."""
    if any(result["outcome"] != "failed" for result in results):
        return 200
    statuses = {FAILURE_STATUS[FailureCode(result["code"])] for result in results}
    if statuses <= {500}:
        return 500
    return next((status for status in (429, 503) if status in statuses), 422)
