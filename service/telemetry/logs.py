"""Logs: one line an event on standard error, as JSON for machines or as text for people; never any content.

Messages of Weir's own loggers hold no content by rule. What others log may quote it: an exception's message, or the
arguments of a callback that broke. So no formatter here writes a traceback or the text of an exception, only its type
and where it was raised, and the event loop's own words are replaced.
"""

import logging
import re
import sys
import threading
from datetime import UTC, datetime
from typing import Final

import orjson

from service.faults import describe
from service.telemetry.passage import CURRENT, Passage

OWN: Final = "bentoml.weir"
REQUESTS: Final = f"{OWN}.requests"
_QUOTING: Final = frozenset({"asyncio", "concurrent.futures", "py.warnings"})
"""Loggers whose messages hold the representation of arbitrary objects."""
_NAMED: Final = ("bentoml", "uvicorn", "uvicorn.error", "uvicorn.asgi", "circus", "fastapi")

_TRACEBACK: Final = "Traceback (most recent call last):\n"
_PLACE: Final = re.compile(r'\s+File "([^"]+)", line (\d+)')
_RAISED: Final = re.compile(r"[A-Za-z_][\w.]*")

logger: Final = logging.getLogger(OWN)


def event_fields(record: logging.LogRecord) -> dict[str, object]:
    """What a record says beside its message, by name."""
    passage: Passage | None = getattr(record, "passage", None) or CURRENT.get()
    fields: dict[str, object] = {}
    if passage is not None:
        named = {"request_id": passage.request_id, "tenant": passage.tenant, "key_id": passage.key_id}
        fields = {name: value for name, value in named.items() if value is not None}
    event = getattr(record, "event", None)
    if isinstance(event, dict):
        fields |= event
    if record.exc_info and record.exc_info[1] is not None:
        fields["error"] = describe(record.exc_info[1])
    return fields


def message(record: logging.LogRecord) -> str:
    """The record's message, unless its logger is one that quotes."""
    if record.name.partition(".")[0] in _QUOTING or record.name in _QUOTING:
        return f"{record.name} reports a problem"
    words = record.getMessage()
    return f"{record.name} reports {_reduced(words)}" if _TRACEBACK in words else words


def _reduced(words: str) -> str:
    """Of a traceback that was logged as text, what `describe` says of an exception.

    uvicorn is told as text why a worker cannot start. The first exception of a chain, the cause, is described; what
    stands behind it is not looked at, as the message that ends it may hold anything, another traceback included.
    """
    places: list[str] = []
    for line in words.partition(_TRACEBACK)[2].splitlines():
        if not line.startswith(" "):
            raised = _RAISED.match(line)
            kind = raised[0].rpartition(".")[2] if raised else "an exception"
            return f"{kind} at {' < '.join(reversed(places[-4:])) or 'an unknown place'}"
        if found := _PLACE.match(line):
            places.append(f"{found[1]}:{found[2]}")
    return "an exception"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message(record),
            **event_fields(record),
        }
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class TextFormatter(logging.Formatter):
    """One line of text: time, level, logger, message, and then `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = "".join(f" {name}={value}" for name, value in event_fields(record).items())
        words = message(record).replace("\n", "\\n")
        return f"{at} {record.levelname:<7} {record.name.removeprefix('bentoml.')}: {words}{fields}"


def is_json(log_format: str) -> bool:
    """Whether this process logs JSON; `auto` is text for a terminal and JSON for anything else."""
    return log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())


def log_line(name: str, level: int, words: str) -> str:
    """A line as the log would have it, for a process that has no logs: the one that starts the others."""
    return JsonFormatter().format(logging.LogRecord(name, level, __file__, 0, words, None, None))


def configure_logs(log_format: str, level: str) -> None:
    """Send everything that this process logs to standard error in one format.

    Args:
        log_format: `json`, `text`, or `auto`: text for a terminal, JSON for anything else.
        level: of Weir, BentoML and uvicorn, such as `info`; other libraries are heard from `warning` on.

    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if is_json(log_format) else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _NAMED:
        named = logging.getLogger(name)
        named.handlers.clear()
        named.propagate = True
        named.setLevel(level.upper())
    threading.excepthook = _report_thread


def _report_thread(arguments: threading.ExceptHookArgs) -> None:
    """Python would print the traceback and the message of what ended a thread."""
    if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
        logger.error("a thread ended: %s", describe(arguments.exc_value))
