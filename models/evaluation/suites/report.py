"""Reports of suites: one shape for every measurement that `weir evaluate --suite` makes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from models.contracts.base import Value
from models.runtime.classifier import TextClassifier

Progress = Callable[[str, int, int], None]
"""Called with the stage, the steps done and the steps to do."""


class Finding(Value):
    """One number that somebody may hold the model to.

    Attributes:
        name: what was measured, such as `HatemojiBuild test: accuracy`.
        value: the number.
        low, high: its 95 % interval; None where it has none.
        n: rows it rests on.
        target: what it should reach; None for orientation only.
        at_least: whether the target is a floor (True) or a ceiling.
        note: what a reader has to know, such as a published figure beside it.

    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int
    target: float | None = None
    at_least: bool = True
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the number reaches its target; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


class SuiteReport(Value):
    """What one suite found.

    Attributes:
        suite: its name on the command line.
        title: a heading.
        findings: the numbers, headline first.
        body: further tables and words, as Markdown without a heading of its own.
        figures: file names of pictures, in the folder that the suite was given.
        skipped: why parts were left out, by name.
        limit: most rows a set that it was given; None for what it takes by itself.

    """

    suite: str
    title: str
    findings: tuple[Finding, ...]
    body: str = ""
    figures: tuple[str, ...] = ()
    skipped: dict[str, str] = Field(default_factory=dict)
    limit: int | None = None


@dataclass(frozen=True)
class SuiteModel:
    """What a suite measures.

    Attributes:
        classifier: an open bundle; `logits`, `score` and `bundle.thresholds` are what callers of the server get.
        data: folder of the dataset that `weir data build` wrote; None where there is none: suites that need it skip.
        n_resamples: of intervals.
        seed: fixes samples and resamples.
        limit: at most this many rows a set; None for the suite's own choice.
        against: another open bundle, to compare with on the same rows; None for none.

    """

    classifier: TextClassifier
    data: Path | None
    n_resamples: int = 200
    seed: int = 0
    limit: int | None = None
    against: TextClassifier | None = None


Run = Callable[[SuiteModel, Path, Progress], SuiteReport]
"""A suite: measures a model, writes its figures into the folder, and reports."""
