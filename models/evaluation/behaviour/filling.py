"""Filling: from cases with slots to texts, the same ones always, every row of a table as often as any other.

`{groups}` stands for a form of a row of a table; slots of one table in one case are filled from the same row, and a
slot with a capital (`{Groups}`) is filled with one. The rows are dealt round: where the first case of a functionality
stops, the next goes on, so that four cases of three fillings use every one of twelve groups once. The starting row
depends on the functionality's name alone: adding one moves no text of another.
"""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.contracts import Category
from models.evaluation.behaviour.functionalities import (
    Area,
    BehaviourError,
    Expectation,
    Functionality,
    Part,
    Table,
    read_areas,
    shared_tables,
)

GROUP_TABLE: Final = "group"
GROUP_FORM: Final = "groups"
_SLOT: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Trial:
    """One text to decide on, or two to compare.

    Attributes:
        functionality: what it is a case of.
        area: the area of that.
        part: the headline.
        expect: what is right.
        categories: which scores decide; empty for all but profanity.
        within: the widest gap between steady scores.
        case: which case of the functionality, from 0: trials of one case are not independent.
        filling: which filling of the case, from 0.
        texts: one, or two.
        group: the identity group that it speaks of, where it has a slot for one.

    """

    functionality: str
    area: str
    part: Part
    expect: Expectation
    categories: tuple[Category, ...]
    within: float
    case: int
    filling: int
    texts: tuple[str, ...]
    group: str | None

    @property
    def name(self) -> str:
        """Tells it from every other trial, such as `hate-pairs.negation/0/2`."""
        return f"{self.functionality}/{self.case}/{self.filling}"


def shipped_trials() -> tuple[Trial, ...]:
    """Every trial of every area that ships.

    Raises:
        BehaviourError: a file is malformed, or a slot has no table.

    """
    shared = shared_tables()
    return tuple(trial for area in read_areas() for trial in fill_area(area, shared))


def fill_area(area: Area, shared: Mapping[str, Table]) -> Iterator[Trial]:
    """The trials of one area.

    Raises:
        BehaviourError: a slot has no table.

    """
    tables = {**shared, **area.tables}
    for functionality in area.functionalities:
        yield from _fill(area, functionality, tables)


def _fill(area: Area, functionality: Functionality, tables: Mapping[str, Table]) -> Iterator[Trial]:
    row = zlib.crc32(functionality.name.encode())
    for number, case in enumerate(functionality.cases):
        texts = (case,) if isinstance(case, str) else case
        used = tables_of(texts, tables, functionality.name)
        compares_fillings = functionality.expect is Expectation.STEADY and len(texts) == 1
        for filling in range(functionality.each if used else 1):
            filled = [fill(text, {name: tables[name][row % len(tables[name])] for name in used}) for text in texts]
            if compares_fillings:
                filled.append(
                    fill(texts[0], {n: tables[n][(row + len(tables[n]) // 2) % len(tables[n])] for n in used})
                )
            yield Trial(
                functionality=functionality.name,
                area=area.area,
                part=area.part,
                expect=functionality.expect,
                categories=area.deciding(functionality),
                within=functionality.within,
                case=number,
                filling=filling,
                texts=tuple(filled),
                group=tables[GROUP_TABLE][row % len(tables[GROUP_TABLE])][GROUP_FORM] if GROUP_TABLE in used else None,
            )
            row += bool(used)


def tables_of(texts: Sequence[str], tables: Mapping[str, Table], name: str) -> list[str]:
    """The tables that the slots of some texts are filled from.

    Raises:
        BehaviourError: a slot has no table.

    """
    found = []
    for slot in dict.fromkeys(slot.lower() for text in texts for slot in _SLOT.findall(text)):
        owners = [table for table, rows in tables.items() if slot in rows[0]]
        if len(owners) != 1:
            raise BehaviourError(f"{name}: {{{slot}}} is a form of {len(owners)} tables, and has to be of one")
        found.append(owners[0])
    return list(dict.fromkeys(found))


def fill(text: str, rows: Mapping[str, Mapping[str, str]]) -> str:
    """One text: every slot replaced by the form of that name."""
    forms = {form: word for row in rows.values() for form, word in row.items()}

    def word(slot: re.Match[str]) -> str:
        found = forms[slot[1].lower()]
        return found[:1].upper() + found[1:] if slot[1][:1].isupper() else found

    return _SLOT.sub(word, text)
