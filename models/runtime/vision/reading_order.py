"""Reading order: top to bottom by rows, left to right within a row."""

from collections.abc import Sequence
from typing import Final

from models.contracts.evidence import Box

ROW_OVERLAP: Final = 0.5
"""Lines share a row when they overlap by this share of the lower one's height."""


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Indices of the boxes in the order in which a person reads a caption.

    A row is begun by the highest line that is left and takes every line beside it. Columns are not looked for: two
    captions side by side are read row by row.
    """
    left = sorted(range(len(boxes)), key=lambda index: (boxes[index].y0, boxes[index].x0, index))
    order: list[int] = []
    while left:
        first = boxes[left[0]]
        row = [index for index in left if _beside(first, boxes[index])]
        order.extend(sorted(row, key=lambda index: (boxes[index].x0, index)))
        left = [index for index in left if index not in set(row)]
    return order


def _beside(first: Box, second: Box) -> bool:
    shared = min(first.y1, second.y1) - max(first.y0, second.y0)
    return shared >= ROW_OVERLAP * min(first.y1 - first.y0, second.y1 - second.y0)
