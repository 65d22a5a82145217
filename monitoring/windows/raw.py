"""Raw rows: which columns of the table `decisions` monitoring reads, and what it can do without."""

from typing import Final

RawValue = str | int | float | bool | bytes | None
RawRow = tuple[RawValue, ...]
"""One decision in the order of `RAW`."""

RAW: Final = (
    "decision_id",
    "decided_at_us",
    "tenant",
    "surface",
    "modalities",
    "content_digest",
    "n_chars",
    "n_tokens",
    "n_windows",
    "ascii_share",
    "upper_share",
    "digit_share",
    "scores",
    "action",
    "review",
    "flagged",
    "decider_id",
    "latency_ms",
    "n_images",
    "image_width",
    "image_height",
    "brightness",
    "n_frames",
    "n_text_chars",
    "sources",
    "context",
    "signals",
    "erased_at_us",
    "language",
    "script",
    "n_urls",
    "n_emoji",
    "altered_share",
    "disguised_share",
    "cached",
    "text_vector",
    "image_vector",
)
"""Columns of the decision store, by their names there. Nothing of them is content."""
MINIMUM: Final = ("decision_id", "decided_at_us", "scores", "action")
"""Without these there is nothing to watch."""
ABSENT: Final = {"context": ""}
"""What stands in a raw row for a column that a store does not have, where NULL would say that a caller said nothing."""
AT: Final = {name: position for position, name in enumerate(RAW)}
"""Where a column stands in a raw row."""


def missing_note(missing: list[str]) -> str:
    """What a reader has to know of a store that was made by an older version."""
    return f"the store is older than this version and has no {', '.join(missing)}: these columns are empty"
