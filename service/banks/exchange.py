"""Hash lists as they are exchanged: CSV, JSON Lines, and the plain lines of `threatexchange`'s own files.

    collab,signal_type,signal_str,category,tags            the CSV that `threatexchange dataset -P --csv` prints
    pdq,f8f8f0cee0f4a84f06370a22038f63f0b36e2ed59...      CSV without a header: type and signal, in either order
    {"signal_type": "pdq", "signal_str": "f8f8..."}        JSON Lines
    {"type": "HASH_PDQ", "indicator": "f8f8..."}           as the ThreatExchange API names the same things
    {"pdq": "f8f8...", "note": "..."}                      as Hasher-Matcher-Actioner adds signals to banks
    pdq f8f8f0cee0f4a84f06370a22038f63f0b36e2ed59...      lines, as the exchange `local_file` reads them

Weir's own lists are these formats with more columns, which other programs ignore: `item` joins the rows of one item,
`quality` is that of PDQ, and the types `text_sha256`, `text_sketch`, `image_embedding` and `text_embedding` carry what
is known of a text or picture without its content. A row that cannot be used is told with its line and the reason.

Source: facebook/ThreatExchange, `python-threatexchange` (`cli/dataset_cmd.py`, `exchanges/impl/file_api.py`).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TextIO

import orjson

from service.banks.errors import BankError
from service.wire.document import is_unicode

MAX_LINE_CHARS: Final = 1_000_000
COLUMNS: Final = ("collab", "signal_type", "signal_str", "category", "tags", "item", "note", "quality", "bundle")
"""Of the lists that Weir writes; the first five are those of `threatexchange`."""


class ListFormat(StrEnum):
    """How a list is written."""

    CSV = "csv"
    JSONL = "jsonl"
    LINES = "txt"


class SignalType(StrEnum):
    """The signals that a bank can use."""

    PDQ = "pdq"
    SHA256 = "sha256"
    RAW_TEXT = "raw_text"
    TEXT_SHA256 = "text_sha256"
    TEXT_SKETCH = "text_sketch"
    IMAGE_EMBEDDING = "image_embedding"
    TEXT_EMBEDDING = "text_embedding"


_ALIASES: Final = {
    **{kind.value: kind for kind in SignalType},
    "hash_pdq": SignalType.PDQ,
    "photo_pdq": SignalType.PDQ,
    "hash_sha256": SignalType.SHA256,
    "photo_sha256": SignalType.SHA256,
    "text": SignalType.RAW_TEXT,
    "text_string": SignalType.RAW_TEXT,
}
_UNUSED: Final = {
    **dict.fromkeys(("md5", "hash_md5", "photo_md5"), "digests of pictures are sha256 here, md5 is not computed"),
    **dict.fromkeys(("video_md5", "hash_video_md5", "vpdq", "video_vpdq"), "videos are not matched"),
    **dict.fromkeys(("text_tlsh", "hash_text_tlsh", "tlsh_pdf"), "TLSH is not computed; near-duplicates use MinHash"),
    **dict.fromkeys(("url", "uri", "url_md5"), "addresses are not matched"),
    **dict.fromkeys(("trend_query",), "queries are not matched"),
}
_TYPE_NAMES: Final = ("signal_type", "type", "hash_type")
_VALUE_NAMES: Final = ("signal_str", "signal", "signal_content", "hash", "value", "indicator")


class ListError(BankError):
    """The file is not a hash list in this format at all."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One usable row. `item` joins the rows of one item; empty for an item of one row."""

    line: int
    type: SignalType
    value: str
    item: str = ""
    category: str = ""
    labels: tuple[str, ...] = ()
    note: str = ""
    quality: str = ""
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that cannot be used, and why. Never quotes the row."""

    line: int
    reason: str


def read_signals(stream: TextIO, form: ListFormat, default: SignalType | None = None) -> Iterator[Signal | Skipped]:
    """Read a list row by row, however long it is.

    Args:
        stream: opened with `encoding="utf-8-sig", errors="surrogateescape", newline=""`.
        form: how it is written.
        default: the type of rows that name none.

    Raises:
        ListError: A line is longer than `MAX_LINE_CHARS`.

    """
    lines = _lines(stream)
    if form is ListFormat.CSV:
        yield from _read_csv(lines, default)
    elif form is ListFormat.JSONL:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield from _read_json(number, line, default)
    else:
        for number, line in enumerate(lines, start=1):
            if cells := line.strip().split(" ", 1):
                yield from [_row(number, _typed(cells, default))] if cells[0] else []


def _lines(stream: TextIO) -> Iterator[str]:
    while line := stream.readline(MAX_LINE_CHARS + 1):
        if len(line) > MAX_LINE_CHARS:
            raise ListError(f"a line has at most {MAX_LINE_CHARS} characters; this is not a hash list")
        yield line


def _read_csv(lines: Iterator[str], default: SignalType | None) -> Iterator[Signal | Skipped]:
    reader = csv.reader(lines)
    header: list[str] | None = None
    is_first = True
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Skipped(reader.line_num, "not CSV, or a field is too long")
            continue
        if not any(cells):
            continue
        if is_first and not _VALUE_COLUMNS.isdisjoint(names := [cell.strip().lower() for cell in cells]):
            header = names
        elif header is None:
            yield _row(reader.line_num, _typed(cells, default))
        else:
            yield _row(reader.line_num, _named(dict(zip(header, cells, strict=False)), default))
        is_first = False


_VALUE_COLUMNS: Final = frozenset(_VALUE_NAMES)


def _read_json(number: int, line: str, default: SignalType | None) -> Iterator[Signal | Skipped]:
    try:
        row = orjson.loads(line) if is_unicode(line) else None
    except orjson.JSONDecodeError:
        row = None
    if not isinstance(row, dict):
        yield Skipped(number, "not a JSON object in UTF-8")
        return
    fields = {name.lower(): _text(value) for name, value in row.items()}
    known = [name for name in fields if name in _ALIASES or name in _UNUSED]
    if known and not any(name in fields for name in _VALUE_NAMES):
        for name in known:
            joined = {"signal_type": name, "signal_str": fields[name], "item": fields.get("item", f"line {number}")}
            yield _row(number, {**fields, **joined})
    else:
        yield _row(number, _named(fields, default))


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(entry for entry in value if isinstance(entry, str))
    return "" if value is None or isinstance(value, dict) else str(value)


def _typed(cells: list[str], default: SignalType | None) -> dict[str, str]:
    """A row without names: type and signal in either order, or the signal alone."""
    first, second = cells[0].strip(), cells[1] if len(cells) > 1 else ""
    if first.lower() in _ALIASES or first.lower() in _UNUSED:
        return {"signal_type": first, "signal_str": second}
    if second.strip().lower() in _ALIASES or second.strip().lower() in _UNUSED:
        return {"signal_type": second.strip(), "signal_str": cells[0]}
    return {"signal_type": default.value if default else "", "signal_str": " ".join(cells)}


def _named(fields: dict[str, str], default: SignalType | None) -> dict[str, str]:
    kind = next((fields[name] for name in _TYPE_NAMES if fields.get(name)), default.value if default else "")
    value = next((fields[name] for name in _VALUE_NAMES if fields.get(name)), "")
    return {**fields, "signal_type": kind, "signal_str": value}


def _row(line: int, fields: dict[str, str]) -> Signal | Skipped:
    name, value = fields["signal_type"].strip().lower(), fields["signal_str"]
    if name in _UNUSED:
        return Skipped(line, f"{name}: {_UNUSED[name]}")
    if name not in _ALIASES:
        return Skipped(line, f"no type, or an unknown one; types: {', '.join(SignalType)}")
    if not value.strip():
        return Skipped(line, "the signal is empty")
    if not all(is_unicode(field) and "\0" not in field for field in fields.values()):
        return Skipped(line, "not UTF-8, or it has a NUL character")
    return Signal(
        line=line,
        type=_ALIASES[name],
        value=value,
        item=fields.get("item", ""),
        category=fields.get("category", "").strip().upper(),
        labels=tuple(fields.get("tags", "").split()),
        note=fields.get("note", ""),
        quality=fields.get("quality", "").strip(),
        bundle=fields.get("bundle", "").strip(),
    )
