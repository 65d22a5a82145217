"""Alignment: which range of a text is which range of the same text after it was rewritten.

Rewriting (normalisation, undoing disguises) forgets where each character came from, yet spans published on a raw text
must be found in its rewritten form, and evidence found in the rewritten form must be shown in the raw one. Both are
answered from the shortest edit script between the two, which needs to know nothing about the rewriting.

Work and memory are linear in the length of the texts: long ones are aligned window by window, each cut where the two
spellings agree. Where a window has nothing in common, what is left becomes one block: a range in it answers with all of
it, which is too much and never wrong.
"""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import Levenshtein

WINDOW_CHARS: Final = 2048
"""Characters aligned at once; the edit matrix of a window is one megabyte."""
ANCHOR_CHARS: Final = 12
"""Characters in a row that must agree for a window to end behind them."""

Range = tuple[int, int]
"""Start and end of characters, the end exclusive."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of both texts: `before[start:end]` became `after[new_start:new_end]`; either side may be empty."""

    start: int
    end: int
    new_start: int
    new_end: int
    paired: bool
    """Whether the characters correspond one to one; if not, they correspond as a whole."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Blocks in order, without gaps on either side; neither side runs backwards."""

    blocks: tuple[Block, ...]

    def forward(self, start: int, end: int) -> Range | None:
        """The range of the rewritten text that `before[start:end]` became; None where nothing is left of it.

        Raises:
            ValueError: the text has no such range.

        """
        return _carry(self.blocks, [block.end for block in self.blocks], start, end)

    def back(self, start: int, end: int) -> Range | None:
        """The range of the original that became `after[start:end]`; None where it was added by the rewriting.

        Raises:
            ValueError: the rewritten text has no such range.

        """
        return self.mirrored().forward(start, end)

    def forward_all(self, ranges: Sequence[Range]) -> tuple[Range, ...]:
        """Several ranges at once: sorted, those that touch joined, those of which nothing is left gone."""
        ends = [block.end for block in self.blocks]
        carried = (_carry(self.blocks, ends, start, end) for start, end in ranges)
        return joined([found for found in carried if found is not None])

    def back_all(self, ranges: Sequence[Range]) -> tuple[Range, ...]:
        """As `forward_all`, from the rewritten text to the original."""
        return self.mirrored().forward_all(ranges)

    def mirrored(self) -> "Alignment":
        """The same correspondence, read from the rewritten text to the original."""
        return Alignment(tuple(Block(b.new_start, b.new_end, b.start, b.end, b.paired) for b in self.blocks))


def align(before: str, after: str) -> Alignment:
    """Align a text with its rewritten form. Linear in their lengths; equal texts cost nothing."""
    if before == after:
        return Alignment((Block(0, len(before), 0, len(after), paired=True),) if before else ())
    return Alignment(tuple(_blocks(_fold(before), _fold(after))))


def joined(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """Ranges in order, those that touch or overlap made one, empty ones left out."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def _carry(blocks: Sequence[Block], ends: Sequence[int], start: int, end: int) -> Range | None:
    """From the left side of the blocks to the right one."""
    n_chars = ends[-1] if ends else 0
    if not 0 <= start <= end <= n_chars:
        raise ValueError(f"no range of a text of {n_chars} characters: [{start}, {end})")
    if start == end:
        return None
    first, last = bisect_right(ends, start), bisect_left(ends, end)
    touched = [_part(block, start, end) for block in blocks[first : last + 1] if block.start < block.end]
    kept = [(left, right) for left, right in touched if left < right]
    return (kept[0][0], kept[-1][1]) if kept else None


def _part(block: Block, start: int, end: int) -> Range:
    if not block.paired:
        return block.new_start, block.new_end
    shift = block.new_start - block.start
    return max(start, block.start) + shift, min(end, block.end) + shift


def _blocks(before: str, after: str) -> Iterator[Block]:
    left = right = 0
    while left < len(before) or right < len(after):
        left_chars, right_chars = _window(len(before) - left, len(after) - right)
        old, new = before[left : left + left_chars], after[right : right + right_chars]
        window = list(_edits(old, new))
        if left + left_chars < len(before) or right + right_chars < len(after):
            window = window[: _cut(window, old, new)]
            if not window:
                yield Block(left, len(before), right, len(after), paired=False)
                return
        for block in window:
            yield Block(
                left + block.start, left + block.end, right + block.new_start, right + block.new_end, block.paired
            )
        left, right = left + window[-1].end, right + window[-1].new_end


def _window(n_left: int, n_right: int) -> tuple[int, int]:
    """Characters of each side for the next window, in the proportion in which they are left."""
    longest = max(n_left, n_right)
    if longest <= WINDOW_CHARS:
        return n_left, n_right
    return -(-n_left * WINDOW_CHARS // longest), -(-n_right * WINDOW_CHARS // longest)


def _cut(window: Sequence[Block], old: str, new: str) -> int:
    """How many blocks of a window to keep: to the last long agreement, else to one in its first half, else none."""
    agreeing = [i for i, b in enumerate(window) if b.paired and old[b.start : b.end] == new[b.new_start : b.new_end]]
    long = [index for index in agreeing if window[index].end - window[index].start >= ANCHOR_CHARS]
    early = [index for index in agreeing if window[index].end <= window[-1].end // 2]
    kept = long or early
    return kept[-1] + 1 if kept else 0


def _edits(before: str, after: str) -> Iterator[Block]:
    """The edit script, neighbouring changes made one block unless each is a character for a character."""
    changed: Block | None = None
    for edit in Levenshtein.opcodes(before, after):
        block = Block(
            edit.src_start, edit.src_end, edit.dest_start, edit.dest_end, paired=edit.tag in {"equal", "replace"}
        )
        if edit.tag == "equal":
            if changed is not None:
                yield changed
            changed = None
            yield block
        elif changed is None:
            changed = block
        else:
            changed = Block(changed.start, block.end, changed.new_start, block.new_end, paired=False)
    if changed is not None:
        yield changed


def _fold(text: str) -> str:
    """The same number of characters, alike where only their width, case or kind of blank differs."""
    return "".join(map(_folded, text))


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    if char.isspace():
        return " "
    plain = unicodedata.normalize("NFKC", char).lower()
    return plain if len(plain) == 1 else char
