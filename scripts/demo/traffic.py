"""Traffic: posts with their moments and what a site knows of them, some days long, a shift from some moment on."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from scripts.demo.posts import Post, Posts
from scripts.demo.rhythm import HOURS, arrivals
from scripts.demo.shifts import BY_NAME, ShiftName, prepare

N_AUTHORS: Final = 2_000
REPORTS_OF_HARMFUL: Final = 0.25
"""User reports a harmful post has on average; any other has a tenth of it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One post of the traffic.

    Attributes:
        hour: since the first midnight.
        is_late: it comes after the shift began, changed or not.

    """

    hour: float
    post: Post
    author: str
    reach: int
    user_reports: int
    is_late: bool

    @property
    def body(self) -> dict[str, Any]:
        """As `POST /v1/decisions` takes it."""
        context = {
            "kind": "post",
            "surface": self.post.surface,
            "author": {"id": self.author},
            "user_reports": self.user_reports,
            "reach": self.reach,
        }
        return {"text": self.post.text, "context": context}


@dataclass(frozen=True)
class Plan:
    """What to post.

    Attributes:
        shift: that comes; None for traffic as usual.
        shift_day: days after the first midnight at which it begins.

    """

    days: int
    posts_a_day: int
    shift: ShiftName | None = None
    shift_day: float = 0.0
    seed: int = 0


def plan_traffic(posts: Posts, plan: Plan) -> list[Item]:
    """The items in the order of time. Posts keep the order in which people wrote them, from some place on.

    Args:
        posts: to choose from; they repeat where there are too few.
        plan: how many, how long, and what comes over them.

    """
    rng, chance = np.random.default_rng(plan.seed), random.Random(plan.seed)
    hours = arrivals(plan.days, plan.posts_a_day, rng)
    first = chance.randrange(max(1, len(posts.ordinary) - len(hours)))
    chosen = [posts.ordinary[(first + row) % len(posts.ordinary)] for row in range(len(hours))]
    return _shifted(posts, plan, chosen, hours.tolist(), chance)


def _shifted(
    posts: Posts, plan: Plan, chosen: Sequence[Post], hours: Sequence[float], chance: random.Random
) -> list[Item]:
    change = None if plan.shift is None else prepare(plan.shift, posts, plan.seed)
    shift = None if plan.shift is None else BY_NAME[plan.shift]
    items = []
    for hour, usual in zip(hours, chosen, strict=True):
        post, is_late = usual, shift is not None and hour >= plan.shift_day * HOURS
        if is_late and change is not None and shift is not None:
            may = usual.is_harmful or not shift.is_harmful_only
            post = change(usual, chance) if may and chance.random() < shift.share else usual
        items.append(_item(hour, post, chance, is_late=is_late))
    return items


def _item(hour: float, post: Post, chance: random.Random, *, is_late: bool) -> Item:
    reports = REPORTS_OF_HARMFUL if post.is_harmful else REPORTS_OF_HARMFUL / 10
    return Item(
        hour=hour,
        post=post,
        author=f"demo-{int(chance.paretovariate(1.0)) % N_AUTHORS}",
        reach=int(chance.lognormvariate(4.0, 1.5)),
        user_reports=sum(chance.random() < reports / 2 for _ in range(2)),
        is_late=is_late,
    )
