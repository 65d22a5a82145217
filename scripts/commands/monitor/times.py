"""Times that commands of the monitor take: spans such as `1h`, and moments in ISO 8601 or as an age."""

import re
from datetime import UTC, datetime
from typing import Final

from monitoring.errors import MonitoringError

_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LONGEST_S: Final = 36_525 * 86_400
_CALENDAR: Final = (1970, 2999)
"""Years in which, with a span of a hundred years before, dates can be computed and shown."""
_MOST_SPANS: Final = 8
_SPAN: Final = re.compile(r"(\d{1,6})([smhdw])")


def read_span_us(text: str, name: str) -> int:
    """Microseconds of a span.

    Raises:
        MonitoringError: it is none.

    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise MonitoringError(f"{name}: {text!r} is no span of time; write one such as 90s, 30m, 1h or 7d")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _LONGEST_S:
        raise MonitoringError(f"{name}: {text!r} is longer than a hundred years")
    return seconds * 1_000_000


def read_spans_us(text: str, name: str) -> list[int]:
    """Microseconds of some different spans, such as `1h,6h,24h`, shortest first.

    Raises:
        MonitoringError: one of them is none, one is there twice, or there are too many.

    """
    spans = sorted(read_span_us(one, name) for one in text.split(","))
    if len(set(spans)) < len(spans) or len(spans) > _MOST_SPANS:
        raise MonitoringError(f"{name}: up to {_MOST_SPANS} different lengths, such as 1h,6h,24h")
    return spans


def read_hours(hours: float, name: str) -> int:
    """Microseconds of a number of hours.

    Raises:
        MonitoringError: it is no length of time.

    """
    if not 0 <= hours * 3_600 <= _LONGEST_S:  # what is not a number is neither
        raise MonitoringError(f"{name}: {hours} is no length of time; give a number up to a hundred years")
    return round(hours * 3.6e9)


def read_moment_us(text: str, name: str, now_us: int) -> int:
    """Microseconds since 1970 of a moment in ISO 8601 (UTC unless it says otherwise), `now`, or an age such as `7d`.

    Raises:
        MonitoringError: it is none.

    """
    if text == "now":
        return now_us
    if _SPAN.fullmatch(text):
        return now_us - read_span_us(text, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MonitoringError(
            f"{name}: {text!r} is no moment; write one such as 2026-11-21T19:00, now, or an age such as 2h"
        ) from None
    first, last = _CALENDAR
    if not first <= moment.year <= last:
        raise MonitoringError(f"{name}: {text!r} is not in the years {first} to {last}")
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1e6)
