"""Rows: banks and items between the tables and their values."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import RowMapping

from service.banks.signatures import Signatures, pack_embedding, pack_sketch
from service.banks.values import Bank, BankDraft, Item

Columns = dict[str, Any]
"""Values by column, as SQLAlchemy takes them."""


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be added. Notes and labels are the team's own and never matched."""

    signatures: Signatures
    note: str = ""
    labels: Sequence[str] = ()


def draft_columns(draft: BankDraft) -> Columns:
    """A bank as its row has it, but for what the database adds."""
    columns = draft.model_dump(mode="json")
    return {**columns, "thresholds": json.dumps(columns["thresholds"], sort_keys=True)}


def read_draft(row: RowMapping) -> BankDraft:
    """The bank of a row."""
    return BankDraft.model_validate(_draft_fields(row))


def read_bank(row: RowMapping, n_items: int, n_disabled: int, n_quarantined: int) -> Bank:
    """The bank of a row, with its counts."""
    counts = {"n_items": n_items, "n_disabled": n_disabled, "n_quarantined": n_quarantined}
    return Bank.model_validate({**_draft_fields(row), "created_at": _time(row["created_at_us"]), **counts})


def _draft_fields(row: RowMapping) -> Columns:
    return {name: row[name] for name in BankDraft.model_fields} | {"thresholds": json.loads(row["thresholds"])}


def item_columns(item: NewItem, created_at_us: int, revision: int, bank_id: int) -> Columns:
    """A new item as its row has it."""
    signatures = item.signatures
    image, text = signatures.image_embedding, signatures.text_embedding
    return {
        "bank_id": bank_id,
        "identity": signatures.identity,
        "sha256": signatures.sha256,
        "pdq": signatures.pdq,
        "pdq_quality": signatures.pdq_quality,
        "text_sha256": signatures.text_sha256,
        "text_sketch": None if signatures.text_sketch is None else pack_sketch(signatures.text_sketch),
        "image_embedding": image and pack_embedding(image.vector),
        "image_bundle": image and image.bundle,
        "text_embedding": text and pack_embedding(text.vector),
        "text_bundle": text and text.bundle,
        "note": item.note,
        "labels": json.dumps(list(item.labels)),
        "created_at_us": created_at_us,
        "enabled": True,
        "n_matches": 0,
        "revision": revision,
    }


SHOWN: Final = (
    "id",
    "sha256",
    "pdq",
    "pdq_quality",
    "text_sha256",
    "image_bundle",
    "text_bundle",
    "note",
    "labels",
    "created_at_us",
    "enabled",
    "quarantined_at_us",
    "quarantine_reason",
    "n_matches",
    "last_match_at_us",
)
"""The columns that `read_item` needs, beside `has_text_sketch`."""


def read_item(row: RowMapping, bank: str) -> Item:
    """The item of a row with the columns `SHOWN` and `has_text_sketch`."""
    return Item(
        id=str(row["id"]),
        bank=bank,
        sha256=_hex(row["sha256"]),
        pdq=_hex(row["pdq"]),
        pdq_quality=row["pdq_quality"],
        text_sha256=_hex(row["text_sha256"]),
        has_text_sketch=bool(row["has_text_sketch"]),
        image_bundle=row["image_bundle"],
        text_bundle=row["text_bundle"],
        note=row["note"],
        labels=tuple(json.loads(row["labels"])),
        created_at=_time(row["created_at_us"]),
        enabled=row["enabled"],
        quarantined_at=_optional_time(row["quarantined_at_us"]),
        quarantine_reason=row["quarantine_reason"],
        n_matches=row["n_matches"],
        last_match_at=_optional_time(row["last_match_at_us"]),
    )


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _optional_time(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _time(microseconds)


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
