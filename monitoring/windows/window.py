"""Windows: the decisions of a period, counted exactly and described by a sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Float32s = NDArray[np.float32]

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US


@dataclass(frozen=True, slots=True)
class Period:
    """From `start_us` (inclusive) to `end_us` (exclusive), microseconds since 1970, UTC."""

    start_us: int
    end_us: int

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.fromtimestamp(self.start_us / 1e6, UTC)

    @property
    def end(self) -> datetime:
        """The moment after its last."""
        return datetime.fromtimestamp(self.end_us / 1e6, UTC)


@dataclass(frozen=True, slots=True)
class Totals:
    """Exact counts over all decisions of a period, sampled or not.

    Attributes:
        counts: by column of `Kind.CATEGORY` or `Kind.FLAG` and value (`true`/`false` for flags). At most some thousand
            values a column; the rest is under `(other)`.
        by_hour: decisions by the start of the hour, microseconds since 1970.
        failures: items that got a typed failure and no decision, by code.
        deciders: decisions by who decided: a policy version with its bundles.

    """

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    by_hour: Mapping[int, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    deciders: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_failures(self) -> int:
        """All of them."""
        return sum(self.failures.values())


@dataclass(frozen=True)
class Window:
    """The decisions of one period.

    Attributes:
        period: what was asked for.
        n_decisions: in the period and slice, all of them.
        frame: a sample, one row a decision in the order of time: the columns of `monitoring.windows.columns`, with
            `decision_id` as a column. `weight` is how many decisions a row stands for: 1.0 throughout where everything
            fitted; the weights sum to about `n_decisions`.
        text_vectors: projected sentence embeddings of the rows. *Shape:* `(len(frame), 32)`, NaN where there is none.
        image_vectors: the same of first images.
        totals: exact counts.
        bundles: names with versions and digests of the bundles that decided, by digest.
        notes: what a reader has to know, such as columns that an older store does not have.

    """

    period: Period
    n_decisions: int
    frame: pd.DataFrame
    text_vectors: Float32s
    image_vectors: Float32s
    totals: Totals = field(default_factory=Totals)
    bundles: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Rows of the sample."""
        return len(self.frame)

    @property
    def is_sampled(self) -> bool:
        """Some decisions are not in the sample."""
        return self.n_rows < self.n_decisions
