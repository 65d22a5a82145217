"""Small verdicts, looks and findings, as other tests of alarms need them."""

from datetime import UTC, datetime
from typing import Any

from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.looks import Finding
from monitoring.alarms.rules import Severity
from monitoring.drift.verdicts import Change, DriftVerdict, Slice, Status, Subject

AT = datetime(2026, 1, 2, tzinfo=UTC)
HOUR_US = 3_600_000_000
AT_US = round(AT.timestamp() * 1e6)


def change(name: str = "n_chars", *, p: float = 1e-9, effect: float = 0.5, **given: Any) -> Change:
    facts: dict[str, Any] = {
        "subject": Subject.COLUMN,
        "title": "Characters",
        "horizon_h": 24.0,
        "method": "rank",
        "statistic": 1.0,
        "p_value": p,
        "p_adjusted": p,
        "effect_name": "shift",
        "effect_threshold": 0.1,
        "is_real": p < 4e-4 and effect >= 0.1,
        "direction": "up",
    }
    return Change(name=name, effect=effect, **(facts | given))


def verdict(*changes: Change, n_decisions: int = 1_000, status: Status | None = None) -> DriftVerdict:
    is_changed = any(one.is_real for one in changes)
    return DriftVerdict(
        status=status or (Status.CHANGED if is_changed else Status.CLEAR if changes else Status.UNDETERMINED),
        reference_id="r",
        bundle="text-test 1.0.0",
        start=AT,
        end=AT,
        n_decisions=n_decisions,
        n_tests=len(changes),
        changes=changes,
        reasons=() if changes else ("nothing was tested",),
    )


def finding(reading: Reading, key: str = "content", **given: Any) -> Finding:
    facts: dict[str, Any] = {"title": "Characters changed", "summary": "up", "slice": Slice()}
    rule = key.partition("/")[0]
    return Finding(
        rule=rule, key=key, severity=given.pop("severity", Severity.TICKET), reading=reading, **(facts | given)
    )
