"""Deciders: which policy and bundles made decisions, and from which probability on they take a harm seriously."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeGuard

import numpy as np
import orjson
from numpy.typing import NDArray

from models.contracts import CATEGORIES, BundleReference, OperatingPoint

Float64s = NDArray[np.float64]

N_CATEGORIES: Final = len(CATEGORIES)
POSITIONS: Final = {category.value: position for position, category in enumerate(CATEGORIES)}
"""Where a category's name stands in matrices of scores."""
RISING: Final = (OperatingPoint.RECALL, OperatingPoint.BALANCED, OperatingPoint.PRECISION)
"""Each one passed is two steps of severity: 0, 2, 4, 6. The same scale as in answers of the service."""

Table = Mapping[str, Mapping[str, float]]
"""Category -> operating point -> probability; categories in the order of the bundle's labels."""


@dataclass(frozen=True)
class Decider:
    """A policy version with its bundles.

    Attributes:
        bundles: the text bundle first.
        tables: of each bundle's thresholds, by its digest; empty where an older store does not say them.

    """

    id: str
    policy_name: str = ""
    policy_version: str = ""
    bundles: tuple[BundleReference, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)

    @cached_property
    def points(self) -> dict[str, Float64s]:
        """Rising thresholds by the digest of the bundle. *Shape:* `(N_CATEGORIES, 3)`, NaN where it does not score."""
        return {digest: _points(table) for digest, table in self.tables.items()}

    @property
    def text_points(self) -> Float64s | None:
        """Those of the bundle that scores plain texts, the first; None where they are not known."""
        return self.points.get(self.bundles[0].digest) if self.bundles else None

    @property
    def names(self) -> dict[str, str]:
        """`name version` of each bundle by its digest."""
        return {bundle.digest: f"{bundle.name} {bundle.version}" for bundle in self.bundles}


Deciders = Mapping[str, Decider]
"""By their ids."""


def read_deciders(rows: Iterable[Mapping[str, str | None]]) -> dict[str, Decider]:
    """Deciders from rows of the table `deciders`; what cannot be read of one is left empty.

    Args:
        rows: with `id`, and where the store has them `policy_name`, `policy_version`, and as JSON `bundles` and
            `thresholds`.

    """
    found = (_decider(row) for row in rows)
    return {decider.id: decider for decider in found}


def _decider(row: Mapping[str, str | None]) -> Decider:
    bundles = _json(row.get("bundles"))
    tables = _json(row.get("thresholds"))
    return Decider(
        id=str(row["id"]),
        policy_name=row.get("policy_name") or "",
        policy_version=row.get("policy_version") or "",
        bundles=_bundles(bundles if isinstance(bundles, list) else []),
        tables=_tables(tables if isinstance(tables, dict) else {}),
    )


def _tables(said: Mapping[str, object]) -> dict[str, Table]:
    """Thresholds of those bundles of which they can be read."""
    return {digest: table for digest, table in said.items() if _is_table(table)}


def _is_table(table: object) -> TypeGuard[Table]:
    return isinstance(table, dict) and all(
        isinstance(points, dict) and all(isinstance(prob, int | float) for prob in points.values())
        for points in table.values()
    )


def _bundles(listed: list[object]) -> tuple[BundleReference, ...]:
    try:
        return tuple(BundleReference.model_validate(entry) for entry in listed)
    except ValueError:
        return ()


def _json(text: str | None) -> object:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None


def _points(table: Table) -> Float64s:
    points = np.full((N_CATEGORIES, len(RISING)), np.nan)
    for name, thresholds in table.items():
        if name in POSITIONS and all(point in thresholds for point in RISING):
            points[POSITIONS[name]] = [thresholds[point] for point in RISING]
    return points
