"""The store of banks: create, read, change, delete; add items one by one or in bulk. Knows no matching.

Every change of what can match takes the next revision as the first statement of its transaction. That one row makes
writers take turns on both databases, so revisions become visible in their order and a reader that has seen one has
missed nothing before it.
"""

import json
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, Row, Select, case, func, literal_column, select
from sqlalchemy.exc import IntegrityError

from service.banks.errors import BankError, BankExistsError, UnknownBankError, UnknownItemError
from service.banks.rows import SHOWN, Columns, NewItem, draft_columns, item_columns, read_bank, read_draft, read_item
from service.banks.tables import bank_items, bank_removals, bank_state, banks
from service.banks.values import Bank, BankDraft, BankPatch, Item, ItemPatch

MAX_PAGE: Final = 1_000
"""Items in one page."""
_DELETE_GROUP: Final = 5_000
_ASK_GROUP: Final = 500


class Added(NamedTuple):
    """An item that is in the bank now; `is_new` is False when it was there before."""

    item: Item
    is_new: bool


class BankStore:
    """Banks and items in the database. Every method is one short transaction, or several where it says so."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def revision(self) -> int:
        """The revision of the newest change."""
        with self._engine.connect() as connection:
            return _revision(connection)

    def banks(self) -> list[Bank]:
        """All banks by name."""
        with self._engine.connect() as connection:
            return [_read_counted(row) for row in connection.execute(_counted().order_by(banks.c.name))]

    def bank(self, name: str) -> Bank:
        """One bank.

        Raises:
            UnknownBankError: There is none of this name.

        """
        with self._engine.connect() as connection:
            row = connection.execute(_counted().where(banks.c.name == name)).one_or_none()
        if row is None:
            raise UnknownBankError
        return _read_counted(row)

    def create(self, draft: BankDraft) -> Bank:
        """Make a bank.

        Raises:
            BankExistsError: The name is taken.

        """
        try:
            with self._engine.begin() as connection:
                next_revision(connection)
                connection.execute(banks.insert().values(**draft_columns(draft), created_at_us=now_us()))
        except IntegrityError:
            raise BankExistsError from None
        return self.bank(draft.name)

    def change(self, name: str, patch: BankPatch) -> Bank:
        """Change a bank; fields that the patch does not set stay.

        Raises:
            UnknownBankError: There is none of this name.
            BankError: The result would not be a legal bank.

        """
        with self._engine.begin() as connection:
            next_revision(connection)
            row = connection.execute(select(banks).where(banks.c.name == name)).mappings().one_or_none()
            if row is None:
                raise UnknownBankError
            changed = read_draft(row).model_dump() | patch.model_dump(exclude_unset=True)
            try:
                draft = BankDraft.model_validate(changed)
            except ValidationError as error:
                raise BankError(error.errors(include_input=False, include_url=False)[0]["msg"]) from None
            connection.execute(banks.update().where(banks.c.name == name).values(draft_columns(draft)))
        return self.bank(name)

    def delete(self, name: str) -> int:
        """Delete a bank and its items, in several transactions; it stops matching with the first. Returns the number.

        Raises:
            UnknownBankError: There is none of this name.

        """
        self.change(name, BankPatch(enabled=False))
        n_deleted = 0
        while n_now := self._delete_some(name):
            n_deleted += n_now
        with self._engine.begin() as connection:
            next_revision(connection)
            number = bank_id(connection, name)
            n_deleted += connection.execute(bank_items.delete().where(bank_items.c.bank_id == number)).rowcount
            connection.execute(banks.delete().where(banks.c.id == number))
        return n_deleted

    def _delete_some(self, name: str) -> int:
        with self._engine.begin() as connection:
            next_revision(connection)
            some = select(bank_items.c.id).where(bank_items.c.bank_id == bank_id(connection, name)).limit(_DELETE_GROUP)
            return connection.execute(bank_items.delete().where(bank_items.c.id.in_(some))).rowcount

    def add(self, name: str, item: NewItem) -> Added:
        """Add one item, or find the one that is there already.

        Raises:
            UnknownBankError: There is none of this name.
            UnusableSignatureError: Nothing can be told by its signatures.

        """
        is_new = self.add_many(name, [item]) == 1
        with self._engine.connect() as connection:
            query = _shown(name).where(bank_items.c.identity == item.signatures.identity)
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise UnknownItemError  # somebody removed it in between
        return Added(read_item(row, name), is_new)

    def add_many(self, name: str, items: Sequence[NewItem]) -> int:
        """Add items in one transaction; those that are there already stay as they are. Returns how many were new.

        Raises:
            UnknownBankError: There is none of this name.
            UnusableSignatureError: Nothing can be told by an item's signatures; then none is added.

        """
        by_identity = {item.signatures.checked().identity: item for item in reversed(items)}
        with self._engine.begin() as connection:
            revision, number, created = next_revision(connection), bank_id(connection, name), now_us()
            for identity in _known(connection, number, list(by_identity)):
                del by_identity[identity]
            rows = [item_columns(item, created, revision, number) for item in reversed(by_identity.values())]
            if rows:
                connection.execute(bank_items.insert(), rows)
        return len(rows)

    def items(self, name: str, *, after_id: int = 0, limit: int = 100, only_quarantined: bool = False) -> list[Item]:
        """A page of items in the order of their ids.

        Args:
            name: the bank's.
            after_id: the last id of the page before.
            limit: 1 to `MAX_PAGE`.
            only_quarantined: only those that the flood guard stopped.

        Raises:
            UnknownBankError: There is none of this name.

        """
        query = _shown(name).where(bank_items.c.id > after_id).order_by(bank_items.c.id).limit(min(limit, MAX_PAGE))
        if only_quarantined:
            query = query.where(bank_items.c.quarantined_at_us.is_not(None))
        with self._engine.connect() as connection:
            bank_id(connection, name)
            return [read_item(row, name) for row in connection.execute(query).mappings()]

    def item(self, name: str, item_id: int) -> Item:
        """One item.

        Raises:
            UnknownBankError, UnknownItemError: There is no such bank or item.

        """
        with self._engine.connect() as connection:
            bank_id(connection, name)
            row = connection.execute(_shown(name).where(bank_items.c.id == item_id)).mappings().one_or_none()
        if row is None:
            raise UnknownItemError
        return read_item(row, name)

    def change_item(self, name: str, item_id: int, patch: ItemPatch) -> Item:
        """Change an item, or release it from quarantine; fields that the patch does not set stay.

        Raises:
            UnknownBankError, UnknownItemError: There is no such bank or item.

        """
        with self._engine.begin() as connection:
            columns = {**_patch_columns(patch), "revision": next_revision(connection)}
            chosen = (bank_items.c.bank_id == bank_id(connection, name)) & (bank_items.c.id == item_id)
            if connection.execute(bank_items.update().where(chosen).values(columns)).rowcount == 0:
                raise UnknownItemError
        return self.item(name, item_id)

    def delete_item(self, name: str, item_id: int) -> None:
        """Delete an item.

        Raises:
            UnknownBankError, UnknownItemError: There is no such bank or item.

        """
        with self._engine.begin() as connection:
            revision = next_revision(connection)
            chosen = (bank_items.c.bank_id == bank_id(connection, name)) & (bank_items.c.id == item_id)
            if connection.execute(bank_items.delete().where(chosen)).rowcount == 0:
                raise UnknownItemError
            connection.execute(bank_removals.insert().values(item_id=item_id, revision=revision))


def now_us() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000


def next_revision(connection: Connection) -> int:
    """Take the next revision: the first statement of every transaction that changes what can match."""
    connection.execute(bank_state.update().values(revision=bank_state.c.revision + 1))
    return _revision(connection)


def _revision(connection: Connection) -> int:
    return int(connection.execute(select(bank_state.c.revision)).scalar_one())


def bank_id(connection: Connection, name: str) -> int:
    """The number of a bank.

    Raises:
        UnknownBankError: There is none of this name.

    """
    found = connection.execute(select(banks.c.id).where(banks.c.name == name)).scalar()
    if found is None:
        raise UnknownBankError
    return int(found)


def _known(connection: Connection, number: int, identities: Sequence[str]) -> list[str]:
    """Those that the bank has; asked for in groups, because databases limit the parameters of one statement."""
    known: list[str] = []
    for start in range(0, len(identities), _ASK_GROUP):
        wanted = bank_items.c.identity.in_(identities[start : start + _ASK_GROUP])
        query = select(bank_items.c.identity).where(bank_items.c.bank_id == number, wanted)
        known += connection.execute(query).scalars()
    return known


def _shown(name: str) -> Select[tuple[object, ...]]:
    columns = [bank_items.c[column] for column in SHOWN]
    has_sketch = bank_items.c.text_sketch.is_not(None).label("has_text_sketch")
    return select(*columns, has_sketch).join(banks).where(banks.c.name == name)


def _counted() -> Select[tuple[object, ...]]:
    """Banks with the numbers of their items."""
    disabled = func.sum(case((bank_items.c.enabled, 0), else_=1))
    counts = (
        select(
            bank_items.c.bank_id,
            func.count().label("n_items"),
            disabled.label("n_disabled"),
            func.count(bank_items.c.quarantined_at_us).label("n_quarantined"),
        )
        .group_by(bank_items.c.bank_id)
        .subquery()
    )
    numbers = [
        func.coalesce(counts.c[name], literal_column("0")).label(name)
        for name in ("n_items", "n_disabled", "n_quarantined")
    ]
    return select(banks, *numbers).outerjoin(counts, counts.c.bank_id == banks.c.id)


def _read_counted(row: Row[tuple[object, ...]]) -> Bank:
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row by column
    return read_bank(found, int(found["n_items"]), int(found["n_disabled"]), int(found["n_quarantined"]))


def _patch_columns(patch: ItemPatch) -> Columns:
    columns = patch.model_dump(exclude_unset=True, exclude={"quarantined"})
    if "labels" in columns:
        columns["labels"] = json.dumps(list(columns["labels"]))
    if "quarantined" in patch.model_fields_set:
        columns |= {"quarantined_at_us": None, "quarantine_reason": None}
    return columns
