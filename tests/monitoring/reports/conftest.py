"""Windows, a reference and verdicts for tests of reports and dashboards."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from monitoring.drift.verdicts import Change, DriftVerdict, Slice, Status, Subject
from monitoring.reference.reference import Reference
from monitoring.windows.window import HOUR_US, Window
from tests.monitoring.conftest import BUNDLE_DIGEST, START_US, make_window

DAY_H = 24.0


def make_reference(n: int = 1_500) -> Reference:
    """A reference of the day before."""
    return Reference(
        id="0123abcd",
        bundle_digest=BUNDLE_DIGEST,
        bundle="text-test 1.0.0",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        origin="production",
        window=make_window(n, 1, start_us=START_US - round(DAY_H * HOUR_US)),
        noise={},
    )


def make_change(name: str = "n_chars", **given: Any) -> Change:
    """A real change unless told otherwise."""
    return Change(
        **{
            "subject": Subject.COLUMN,
            "name": name,
            "title": f"Title of {name}",
            "horizon_h": 24.0,
            "method": "a test",
            "statistic": 1.0,
            "p_value": 1e-9,
            "p_adjusted": 1e-8,
            "effect": 0.3,
            "effect_name": "an effect",
            "effect_threshold": 0.1,
            "is_real": True,
            "was": "mean 1",
            "now": "mean 2",
            "decision_ids": ("first-item", "second-item"),
            "advice": "Read them.",
            **given,
        }
    )


def make_verdict(
    window: Window, *changes: Change, reasons: tuple[str, ...] = (), reference: bool = True
) -> DriftVerdict:
    """The verdict that fits these tests; without any, undetermined."""
    real = any(change.is_real for change in changes)
    return DriftVerdict(
        status=Status.CHANGED if real else Status.CLEAR if changes else Status.UNDETERMINED,
        reference_id="0123abcd" if reference else None,
        bundle="text-test 1.0.0",
        start=window.period.start,
        end=window.period.end,
        n_decisions=window.n_decisions,
        n_tests=len(changes),
        changes=changes,
        reasons=reasons,
    )


def make_labels(n: int = 120, categories: tuple[str, ...] = ("hate", "spam")) -> pd.DataFrame:
    """Labels that agree with their scores as well as calibrated ones do."""
    rng = np.random.default_rng(0)
    probs = rng.random(n * len(categories))
    return pd.DataFrame(
        {"category": np.repeat(categories, n), "prob": probs, "label": (rng.random(len(probs)) < probs).astype(float)}
    )


@pytest.fixture(scope="session")
def reference() -> Reference:
    """Made once."""
    return make_reference()


def part(column: str, value: str) -> Slice:
    """A part of the traffic."""
    return Slice(column=column, value=value)
