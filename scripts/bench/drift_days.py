"""Simulated days of `weir bench drift`: a stream of decisions, a shift that begins at some moment, and its windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.windows.columns import COLUMNS, Kind
from monitoring.windows.records import count_frame
from monitoring.windows.window import HOUR_US, Period, Window
from scripts.demo.rhythm import HOURS, arrivals

START_US: Final = 1_767_571_200_000_000
"""Monday, 5 January 2026, 00:00 UTC: midnight of the first simulated day."""
HORIZONS_H: Final = (1, 6, 24)
_OFFER: Final = 500
FAILURE_CODE: Final = "empty_content"
_WORDS: Final = tuple(column.name for column in COLUMNS if column.kind is Kind.CATEGORY)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """Decisions that streams are drawn from.

    Attributes:
        window: one row a post that got a decision.
        rows: by post, its row in the window; -1 where the post gets a failure. *Shape:* `(n_posts,)`.
        is_harmful: by post.

    """

    window: Window
    rows: Ints
    is_harmful: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def surfaces(self) -> Ints:
        """A number for the surface of each post. *Shape:* `(n_posts,)`; a failure has that of the last row."""
        return np.asarray(self.window.frame["surface"].cat.codes, dtype=np.int64)[self.rows]


@dataclass(frozen=True)
class Onset:
    """A shift that comes over a stream.

    Attributes:
        at_h: when, hours since the first midnight.
        share: of the posts that may change, those that do.
        is_harmful_only: only harmful posts may.
        pool: what they are replaced by.

    """

    at_h: float
    share: float
    is_harmful_only: bool
    pool: Pool


@dataclass(frozen=True)
class Stream:
    """Decisions of some days in the order of time.

    Attributes:
        hours: of every post, since the first midnight. *Shape:* `(n_posts,)`.
        is_failure: posts without a decision.
        decisions: those with one, whose `period` is the whole stream.
        decided_h: the hours of the decisions.

    """

    hours: Floats
    is_failure: NDArray[np.bool_]
    decisions: Window
    decided_h: Floats

    def window(self, start_h: float, end_h: float) -> Window:
        """The decisions from `start_h` to before `end_h`, as monitoring would read them from a store."""
        begin, end = np.searchsorted(self.decided_h, (start_h, end_h))
        frame = self.decisions.frame.iloc[begin:end].copy()
        frame["repeated"] = frame["content_digest"].duplicated().to_numpy(np.float64)
        return replace(
            self.decisions,
            period=Period(_us(start_h), _us(end_h)),
            n_decisions=len(frame),
            frame=frame,
            text_vectors=self.decisions.text_vectors[begin:end],
            image_vectors=self.decisions.image_vectors[begin:end],
            totals=count_frame(frame, self._failures(start_h, end_h)),
        )

    def windows(self, at_h: int) -> list[Window]:
        """The nested windows that end at a look."""
        return [self.window(at_h - horizon, at_h) for horizon in HORIZONS_H]

    def n_posts_between(self, start_h: float, end_h: float) -> int:
        """Posts, failures among them."""
        begin, end = np.searchsorted(self.hours, (start_h, end_h))
        return int(end - begin)

    def _failures(self, start_h: float, end_h: float) -> Mapping[str, int]:
        begin, end = np.searchsorted(self.hours, (start_h, end_h))
        n_failures = int(self.is_failure[begin:end].sum())
        return {FAILURE_CODE: n_failures} if n_failures else {}


def _us(hour: float) -> int:
    return START_US + round(hour * HOUR_US)


@dataclass(frozen=True)
class Draw:
    """Which posts of a pool nobody has seen yet: the reference and the days of a run have none in common.

    Where the pool is used up, it begins again; `weir bench drift` says so for small pools.
    """

    pool: Pool
    order: Ints

    @cached_property
    def _place(self) -> list[int]:
        return [0]

    def take(self, n: int) -> Ints:
        """The next `n` posts."""
        start = self._place[0]
        self._place[0] += n
        return np.take(self.order, np.arange(start, start + n), mode="wrap")


def shuffled(pool: Pool, rng: np.random.Generator) -> Draw:
    """All of a pool in a random order."""
    return Draw(pool, rng.permutation(len(pool)))


def make_stream(
    draw: Draw,
    n_days: int,
    posts_a_day: int,
    rng: np.random.Generator,
    onset: Onset | None = None,
    mix_spread: float = 0.0,
) -> Stream:
    """Draw a stream.

    Args:
        draw: where its ordinary posts come from.
        n_days: from the first midnight on.
        posts_a_day: on average.
        rng: decides.
        onset: of a shift.
        mix_spread: standard deviation of the logarithm of each surface's share from day to day.

    """
    hours = arrivals(n_days, posts_a_day, rng)
    posts = _mixed(draw, hours, mix_spread, rng) if mix_spread else draw.take(len(hours))
    rows = draw.pool.rows[posts]
    windows = [draw.pool.window]
    if onset is not None:
        may = (hours >= onset.at_h) & (draw.pool.is_harmful[posts] | np.bool_(not onset.is_harmful_only))
        is_changed = may & (rng.random(len(hours)) < onset.share)
        changed = onset.pool.rows[_replacements(onset.pool, draw.pool, posts[is_changed], rng)]
        rows = rows.copy()
        rows[is_changed] = np.where(changed >= 0, changed + draw.pool.window.n_rows, -1)
        windows += [onset.pool.window] if onset.pool.window.n_rows else []
    return _stream(windows, rows, hours)


def _replacements(pool: Pool, usual: Pool, posts: Ints, rng: np.random.Generator) -> Ints:
    """Places in the shift's pool: the same posts where it has them all, else each once before any comes again."""
    if len(pool) == len(usual):
        return posts
    return np.take(rng.permutation(len(pool)), np.arange(len(posts)), mode="wrap")


def _mixed(draw: Draw, hours: Floats, spread: float, rng: np.random.Generator) -> Ints:
    """Posts whose surfaces have other shares every day."""
    days = np.bincount((hours // HOURS).astype(int))
    return np.concatenate([_mixed_day(draw, int(n_posts), spread, rng) for n_posts in days])


def _mixed_day(draw: Draw, n_posts: int, spread: float, rng: np.random.Generator) -> Ints:
    """Posts in their order, each kept with the chance of its surface on that day."""
    surfaces = draw.pool.surfaces
    factors = np.exp(rng.normal(0.0, spread, int(surfaces.max()) + 1))
    chances = factors / factors.max()
    kept: list[Ints] = []
    while sum(map(len, kept)) < n_posts:
        offered = draw.take(_OFFER)
        kept.append(offered[rng.random(_OFFER) < chances[surfaces[offered]]])
    return np.concatenate(kept)[:n_posts]


def _stream(windows: Sequence[Window], rows: Ints, hours: Floats) -> Stream:
    is_failure = rows < 0
    kept, decided = rows[~is_failure], hours[~is_failure]
    frame = _joined([window.frame for window in windows]).take(kept)
    frame = frame.reset_index(drop=True)
    frame["decided_at_us"] = START_US + np.round(decided * HOUR_US).astype(np.int64)
    frame["decision_id"] = [f"simulated-{row}" for row in range(len(frame))]
    frame["cached"] = frame["content_digest"].duplicated().to_numpy(np.float64)
    whole = replace(
        windows[0],
        period=Period(START_US, _us(np.ceil(hours[-1] / HOURS) * HOURS)),
        n_decisions=len(frame),
        frame=frame,
        text_vectors=np.concatenate([window.text_vectors for window in windows])[kept],
        image_vectors=np.concatenate([window.image_vectors for window in windows])[kept],
    )
    return Stream(hours, is_failure, whole, decided)


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One frame, in which words stay categories though the parts know different ones."""
    if len(frames) == 1:
        return frames[0]
    words = [name for name in _WORDS if name in frames[0]]
    joined = pd.concat([frame.astype(dict.fromkeys(words, object)) for frame in frames], ignore_index=True)
    return joined.astype(dict.fromkeys(words, "category"))
