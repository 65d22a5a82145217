"""Failures: whether more items get no decision than before, such as empty texts of a broken upstream."""

from typing import Final

import numpy as np

from monitoring.drift import effects
from monitoring.drift.effects import Effects
from monitoring.drift.part import Part
from monitoring.drift.shares import share_p_values
from monitoring.windows.window import Window

USUAL_SHARE: Final = 0.02
"""Of items without a decision, where the reference cannot tell: evaluation data has no failures."""
USUAL_ITEMS: Final = 1_000
"""Items that this share is taken to come from."""
MIN_ITEMS: Final = 50


def compare(reference: Window, window: Window, settings: Effects) -> Part | None:
    """Whether the share of failed items rose; None where too few items came in. Fewer failures are no alarm."""
    failed, items = window.totals.n_failures, window.n_decisions + window.totals.n_failures
    if items < MIN_ITEMS:
        return None
    was_failed, was_items = _usual(reference)
    p_value = share_p_values(*(np.array([float(n)]) for n in (failed, items, was_failed, was_items)))[0]
    effect = failed / items - was_failed / was_items
    return Part(
        "failures",
        "Fisher's exact and G-test",
        failed / items,
        float(p_value) if effect > 0 else 1.0,
        max(0.0, effect),
        effects.SHARE,
        settings.failures,
        "up" if effect >= 0 else "down",
        np.empty(0),
    )


def usual_share(reference: Window) -> float:
    """Of items without a decision in the reference."""
    failed, items = _usual(reference)
    return failed / items


def _usual(reference: Window) -> tuple[float, float]:
    if not reference.totals.by_hour:
        return USUAL_SHARE * USUAL_ITEMS, USUAL_ITEMS
    return reference.totals.n_failures, max(1, reference.n_decisions + reference.totals.n_failures)
