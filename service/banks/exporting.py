"""Exporting: the matching items of a bank as a hash list that other programs read, and that Weir imports unchanged."""

import base64
import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Engine, Row, select

from service.banks.exchange import COLUMNS, ListFormat, SignalType
from service.banks.store import bank_id
from service.banks.tables import bank_items, banks
from service.banks.values import Polarity

MAX_ITEMS: Final = 10_000
"""Items in one piece."""
_CATEGORY: Final = {Polarity.POSITIVE: "POSITIVE_CLASS", Polarity.NEGATIVE: "NEGATIVE_CLASS"}
_PLAIN: Final = frozenset({SignalType.PDQ, SignalType.SHA256})
"""Signals that other programs know; the only ones that a list of plain lines has room for."""


class Piece(NamedTuple):
    """A part of a list. `next_after_id` continues it; None when this was the last part."""

    text: str
    next_after_id: int | None
    n_items: int


def export_piece(
    engine: Engine, bank: str, form: ListFormat, *, after_id: int = 0, limit: int = MAX_ITEMS, with_header: bool = True
) -> Piece:
    """Write some items, in the order of their ids. Disabled and quarantined items are left out.

    Args:
        engine: the database.
        bank: its name.
        form: how to write.
        after_id: the last id of the piece before.
        limit: at most so many items, and at most `MAX_ITEMS`.
        with_header: a CSV begins with the names of its columns; ask for it with the first piece only.

    Raises:
        UnknownBankError: There is none of this name.

    """
    limit = min(limit, MAX_ITEMS)
    matching = bank_items.c.enabled & bank_items.c.quarantined_at_us.is_(None) & (bank_items.c.id > after_id)
    with engine.connect() as connection:
        number = bank_id(connection, bank)
        polarity = Polarity(connection.execute(select(banks.c.polarity).where(banks.c.id == number)).scalar_one())
        query = select(bank_items).where(bank_items.c.bank_id == number, matching)
        rows = connection.execute(query.order_by(bank_items.c.id).limit(limit + 1)).all()
    kept = rows[:limit]
    listed = (line for row in kept for line in _lines(row, bank, _CATEGORY[polarity]))
    text = _WRITERS[form](listed, with_header)
    return Piece(text, kept[-1].id if len(rows) > limit else None, len(kept))


def _lines(row: Row[Any], bank: str, category: str) -> Iterator[dict[str, str]]:
    """One line a signal; those of an item stand together, the first with its note."""
    labels = " ".join(orjson.loads(row.labels))
    shared = {"collab": bank, "category": category, "tags": labels, "item": str(row.id), "note": row.note}
    for kind, value, quality, bundle in _signals(row):
        yield {**shared, "signal_type": kind.value, "signal_str": value, "quality": quality, "bundle": bundle}


def _signals(row: Row[Any]) -> Iterator[tuple[SignalType, str, str, str]]:
    if row.sha256 is not None:
        yield SignalType.SHA256, row.sha256.hex(), "", ""
    if row.pdq is not None:
        yield SignalType.PDQ, row.pdq.hex(), "" if row.pdq_quality is None else str(row.pdq_quality), ""
    if row.text_sha256 is not None:
        yield SignalType.TEXT_SHA256, row.text_sha256.hex(), "", ""
    if row.text_sketch is not None:
        yield SignalType.TEXT_SKETCH, _base64(row.text_sketch), "", ""
    if row.image_embedding is not None:
        yield SignalType.IMAGE_EMBEDDING, _base64(row.image_embedding), "", row.image_bundle
    if row.text_embedding is not None:
        yield SignalType.TEXT_EMBEDDING, _base64(row.text_embedding), "", row.text_bundle


def _base64(packed: bytes) -> str:
    return base64.b64encode(packed).decode()


def _write_csv(lines: Iterator[dict[str, str]], with_header: bool) -> str:  # noqa: FBT001
    out = StringIO(newline="")
    # All quoted: Python 3.11 leaves a lone carriage return bare, and readers take it for the end of a line.
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n", quoting=csv.QUOTE_ALL)
    if with_header:
        writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def _write_jsonl(lines: Iterator[dict[str, str]], _: bool) -> str:  # noqa: FBT001
    return "".join(orjson.dumps(line).decode() + "\n" for line in lines)


def _write_plain(lines: Iterator[dict[str, str]], _: bool) -> str:  # noqa: FBT001
    return "".join(f"{line['signal_type']} {line['signal_str']}\n" for line in lines if line["signal_type"] in _PLAIN)


_WRITERS: Final = {
    ListFormat.CSV: _write_csv,
    ListFormat.JSONL: _write_jsonl,
    ListFormat.LINES: _write_plain,
}
