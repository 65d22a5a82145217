"""Times that commands of the monitor take: spans such as `1h`, and moments in ISO 8601 or as an age."""

import re
from datetime import UTC, datetime
from typing import Final

from monitoring.errors import MonitoringError

_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN: Final = re.compile(r"(\d{1,6})([smhdw])")


def read_span_us(text: str, name: str) -> int:
    """Microseconds of a span.

    Raises:
        MonitoringError: it is none.

    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise MonitoringError(f"{name}: {text!r} is no span of time; write one such as 90s, 30m, 1h or 7d")
    return int(found[1]) * _SECONDS[found[2]] * 1_000_000


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
        return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1e6)
    except (ValueError, OverflowError):
        raise MonitoringError(
            f"{name}: {text!r} is no moment; write one such as 2026-11-21T19:00, now, or an age such as 2h"
        ) from None
