"""Importing: rows of a hash list become items of a bank, in groups, however long the list is.

The same list can be imported again: what is there already is counted and left as it is. Every row that cannot be used
is told to `on_skip`. An import that is cut off has kept its finished groups, and is completed by importing again.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Final

from models.runtime.matching.pdq import HASH_BYTES
from service.banks.errors import BankError
from service.banks.exchange import Signal, SignalType, Skipped
from service.banks.rows import NewItem
from service.banks.signatures import (
    DIGEST_BYTES,
    SKETCH_BYTES,
    Signatures,
    StoredEmbedding,
    unpack_embeddings,
    unpack_sketch,
)
from service.banks.signing import Signer, text_signatures
from service.banks.store import BankStore
from service.banks.values import Polarity

GROUP: Final = 2_000
"""Items in one transaction."""
MAX_EMBEDDING_BYTES: Final = 8_192
_MAX_NOTE_CHARS, _MAX_LABELS, _MAX_LABEL_CHARS, _MAX_QUALITY = 500, 32, 64, 100
_OPINIONS: Final = {
    Polarity.POSITIVE: frozenset({"", "POSITIVE_CLASS", "TRUE_POSITIVE"}),
    Polarity.NEGATIVE: frozenset({"", "NEGATIVE_CLASS", "FALSE_POSITIVE"}),
}
"""Opinions of ThreatExchange that mean what the bank means. Source: `exchanges/fetch_state.py`."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import went. A row is one signal; an item may have several."""

    n_rows: int = 0
    n_added: int = 0
    n_duplicates: int = 0
    n_skipped: int = 0

    def as_counts(self) -> dict[str, int]:
        """By name, for the wire and for people."""
        return asdict(self)


OnSkip = Callable[[Skipped], None]
OnProgress = Callable[[ImportReport], None]


class ListImport:
    """Imports one list into one bank."""

    def __init__(self, store: BankStore, bank: str, signer: Signer, on_skip: OnSkip) -> None:
        self._store = store
        self._bank = bank
        self._signer = signer
        self._on_skip = on_skip
        self._n_rows = 0
        self._n_skipped = 0

    def run(self, rows: Iterable[Signal | Skipped], on_progress: OnProgress = lambda _: None) -> ImportReport:
        """Import all rows; `on_progress` hears of every finished group.

        Raises:
            UnknownBankError: There is no such bank.
            ListError: The list is none.

        """
        expected = _OPINIONS[self._store.bank(self._bank).polarity]
        report = ImportReport()
        for group in _groups(self._items(rows, expected)):
            n_added = self._store.add_many(self._bank, group)
            report = ImportReport(
                n_rows=self._n_rows,
                n_added=report.n_added + n_added,
                n_duplicates=report.n_duplicates + len(group) - n_added,
                n_skipped=self._n_skipped,
            )
            on_progress(report)
        return replace(report, n_rows=self._n_rows, n_skipped=self._n_skipped)

    def _items(self, rows: Iterable[Signal | Skipped], opinions: frozenset[str]) -> Iterator[NewItem]:
        for _, joined in groupby(self._usable(rows, opinions), key=lambda signal: signal.item or signal.line):
            if (item := self._join(joined)) is not None:
                yield item

    def _usable(self, rows: Iterable[Signal | Skipped], opinions: frozenset[str]) -> Iterator[Signal]:
        for row in rows:
            self._n_rows += 1
            if isinstance(row, Skipped):
                self._skip(row)
            elif row.category not in opinions:
                self._skip(Skipped(row.line, "its category is not what this bank holds; import it into another bank"))
            else:
                yield row

    def _join(self, signals: Iterable[Signal]) -> NewItem | None:
        """One item of its rows; rows that do not fit are skipped."""
        merged = Signatures()
        first = last = None
        for signal in signals:
            last = signal
            try:
                merged = _merge(merged, self._sign(signal))
            except BankError as error:
                self._skip(Skipped(signal.line, str(error)))
            else:
                first = first or signal
        if first is None or last is None:
            return None
        try:
            return NewItem(merged.checked(), first.note[:_MAX_NOTE_CHARS], _labels(first.labels))
        except BankError as error:
            self._skip(Skipped(last.line, str(error)))
            return None

    def _skip(self, row: Skipped) -> None:
        self._n_skipped += 1
        self._on_skip(row)

    def _sign(self, signal: Signal) -> Signatures:
        if signal.type is SignalType.RAW_TEXT:
            return text_signatures(self._signer, signal.value)
        return _READERS[signal.type](signal)


def _groups(items: Iterator[NewItem]) -> Iterator[list[NewItem]]:
    group: list[NewItem] = []
    for item in items:
        group.append(item)
        if len(group) == GROUP:
            yield group
            group = []
    if group:
        yield group


def _merge(merged: Signatures, more: Signatures) -> Signatures:
    given = {name: value for name in Signatures.__slots__ if (value := getattr(more, name)) is not None}
    if any(getattr(merged, name) is not None for name in given):
        raise BankError("its item has a signal of this type already")
    return replace(merged, **given)


def _hex(value: str, n_bytes: int) -> bytes:
    value = value.strip()
    try:
        digest = bytes.fromhex(value)
    except ValueError:
        digest = b""
    if len(digest) != n_bytes or len(value) != 2 * n_bytes:
        raise BankError(f"the signal is not {2 * n_bytes} hexadecimal digits")
    return digest


def _quality(value: str) -> int | None:
    if value and not (value.isascii() and value.isdigit() and int(value) <= _MAX_QUALITY):
        raise BankError("quality is a whole number from 0 to 100")
    return int(value) if value else None


def _base64(value: str, n_bytes: int) -> bytes:
    try:
        packed = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        packed = b""
    if len(packed) != n_bytes:
        raise BankError(f"the signal is not {n_bytes} bytes in base64")
    return packed


def _embedding(signal: Signal) -> StoredEmbedding:
    bundle = _hex(signal.bundle, DIGEST_BYTES).hex()
    try:
        packed = base64.b64decode(signal.value.strip(), validate=True)
    except (binascii.Error, ValueError):
        packed = b""
    if not 0 < len(packed) <= MAX_EMBEDDING_BYTES or len(packed) % 2:
        raise BankError("the signal is not an embedding in base64")
    return StoredEmbedding(unpack_embeddings(packed, len(packed) // 2)[0], bundle)


_READERS: Final[dict[SignalType, Callable[[Signal], Signatures]]] = {
    SignalType.PDQ: lambda signal: Signatures(
        pdq=_hex(signal.value, HASH_BYTES), pdq_quality=_quality(signal.quality)
    ).checked(),
    SignalType.SHA256: lambda signal: Signatures(sha256=_hex(signal.value, DIGEST_BYTES)),
    SignalType.TEXT_SHA256: lambda signal: Signatures(text_sha256=_hex(signal.value, DIGEST_BYTES)),
    SignalType.TEXT_SKETCH: lambda signal: Signatures(text_sketch=unpack_sketch(_base64(signal.value, SKETCH_BYTES))),
    SignalType.IMAGE_EMBEDDING: lambda signal: Signatures(image_embedding=_embedding(signal)),
    SignalType.TEXT_EMBEDDING: lambda signal: Signatures(text_embedding=_embedding(signal)),
}


def _labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label[:_MAX_LABEL_CHARS] for label in labels[:_MAX_LABELS])
