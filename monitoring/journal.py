"""The journal: log lines of the monitor as JSON on standard error, one a line, in the fields of the service's log."""

import json
import logging
from datetime import UTC, datetime
from typing import Final

_EXTRAS: Final = ("alarm", "delivery")
"""What log calls of the monitor add."""
NAME: Final = "weir.monitor"


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON. Exceptions are told by type alone, since their messages can quote what they met."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info is not None and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        line |= {name: found for name in _EXTRAS if (found := getattr(record, name, None)) is not None}
        return json.dumps(line, ensure_ascii=False)


def start_journal(level: int = logging.INFO) -> None:
    """Write the monitor's log lines to standard error. Called once, by a command."""
    logger = logging.getLogger(NAME)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
