"""Floors: what the shipped model reaches, functionality by functionality, so that a later one is not worse unseen.

The file is written from a measurement (`python -m scripts.behaviour_floors`), never by hand: a functionality that the
model fails is in it with its low rate. Trials that are right by a hair count for `rate` and not for `floor`, because
another processor may decide them otherwise.
"""

from pathlib import Path

import numpy as np
import yaml
from pydantic import Field, ValidationError

from models.contracts.base import Value
from models.evaluation.arrays import Bools
from models.evaluation.behaviour.filling import Trial
from models.evaluation.behaviour.functionalities import BehaviourError, Expectation
from models.evaluation.behaviour.judging import Sheet, is_right, is_surely_right

HEADER = """\
# What the shipped text model does right, by functionality. Written by `python -m scripts.behaviour_floors`.
# rate: share of its trials that come out as expected. floor: the share that does so clearly; tests fail below it.
# known_wrong: pairs whose order the model has wrong, or right by a hair. Every other pair has to be in order.
# unscored: functionalities whose categories the model does not score.
"""


class Floor(Value):
    """What one functionality reaches: `rate` as measured, and the share that a test asks for."""

    rate: float = Field(ge=0.0, le=1.0)
    floor: float = Field(ge=0.0, le=1.0)
    trials: int = Field(ge=1)


class Floors(Value):
    """The file.

    Attributes:
        bundle: name and version of the bundle that was measured.
        functionalities: by name.
        known_wrong: names of the trials that `higher` may get wrong.
        unscored: functionalities that the bundle has no scores for.

    """

    bundle: str
    functionalities: dict[str, Floor]
    known_wrong: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()


def measure_floors(sheet: Sheet, unscored: tuple[Trial, ...], bundle: str) -> Floors:
    """The floors that a model's answers set."""
    right, surely = is_right(sheet), is_surely_right(sheet)
    return Floors(
        bundle=bundle,
        functionalities={
            name: Floor(rate=_share(right[rows]), floor=_share(surely[rows]), trials=int(rows.sum()))
            for name, rows in rows_by_functionality(sheet).items()
        },
        known_wrong=tuple(
            trial.name
            for trial, sure in zip(sheet.trials, surely, strict=True)
            if trial.expect is Expectation.HIGHER and not sure
        ),
        unscored=tuple(dict.fromkeys(trial.functionality for trial in unscored)),
    )


def rows_by_functionality(sheet: Sheet) -> dict[str, Bools]:
    """Which trials belong to each functionality, in order. *Shape:* `(n,)` each."""
    names = np.array([trial.functionality for trial in sheet.trials], dtype=object)
    return {name: names == name for name in dict.fromkeys(names.tolist())}


def read_floors(path: Path) -> Floors:
    """Read a file of floors.

    Raises:
        BehaviourError: it is missing or malformed.

    """
    try:
        return Floors.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BehaviourError(f"{path}: no file of floors: {error}") from error


def write_floors(floors: Floors, path: Path) -> None:
    """Write them, a line a functionality, so that a difference can be read."""
    lines = [HEADER, f"bundle: {floors.bundle}\n", "functionalities:\n"]
    lines += [
        f"  {name}: {{rate: {one.rate:.4f}, floor: {one.floor:.4f}, trials: {one.trials}}}\n"
        for name, one in floors.functionalities.items()
    ]
    for title, names in (("known_wrong", floors.known_wrong), ("unscored", floors.unscored)):
        lines.append(f"{title}:\n" if names else f"{title}: []\n")
        lines += [f"  - {name}\n" for name in names]
    path.write_text("".join(lines), "utf-8")


def _share(right: Bools) -> float:
    """Rounded down, so that the measured model itself is never below what is written."""
    return float(np.floor(right.mean() * 10_000) / 10_000)
