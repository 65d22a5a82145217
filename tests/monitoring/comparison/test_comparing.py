"""A bundle in shadow against the one that decides: promoted only where people's labels say so."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, select
from typer.testing import CliRunner

from monitoring.comparison.comparing import compare
from monitoring.comparison.quality import measure_agreement
from monitoring.comparison.report import Comparison, Ruling
from monitoring.errors import SourceError
from monitoring.windows.source import open_source
from scripts.cli import app
from service.identity import UuidSource
from service.records.tables import decisions
from service.reviews.tables import review_labels, review_verdicts, reviews
from service.rollout.tables import shadow_decisions

SHADOW = "c" * 64
N, N_LABELLED = 600, 300
new_id = UuidSource()


def write_shadow(engine: Engine, better: float, n_labelled: int = N_LABELLED, seed: int = 3) -> None:
    """Labels of some decisions, and a shadow that is closer to them than what decided; farther, where `better` < 0."""
    rng = np.random.default_rng(seed)
    with engine.begin() as connection:
        rows = connection.execute(select(decisions).order_by(decisions.c.decision_id)).mappings().all()
        for number, row in enumerate(rows):
            old = json.loads(row["scores"])
            is_hate = rng.random() < old["hate"]
            pull = better if is_hate else -better
            hate = float(np.clip(old["hate"] + pull * rng.random(), 0.001, 0.999))
            action = "hold" if hate > 0.5 else "allow"
            shadow = {
                "decision_id": row["decision_id"], "shadow": SHADOW, "at_us": row["decided_at_us"],
                "active_version": "v", "active_action": row["action"], "active_review": False, "action": action,
                "review": False, "flagged": action != "allow", "rules": "[]",
                "scores": json.dumps(old | {"hate": hate}),
            }  # fmt: skip
            connection.execute(shadow_decisions.insert().values(shadow))
            if number < n_labelled:
                _label(connection, row, "hold" if is_hate else "allow", "yes" if is_hate else "no", old["hate"])


def _label(connection: Any, row: Mapping[str, Any], action: str, value: str, prob: float) -> None:
    shared = {"decision_id": row["decision_id"], "tenant": row["tenant"]}
    said = {"reviewer": "anna", "at_us": row["decided_at_us"]}
    queued = {
        "review_id": new_id(), "purpose": "sample", "for_reviewer": "", "surface": "feed", "action": row["action"],
        "severity": 0, "uncertainty": 0.5, "reach": 0, "user_reports": 0, "created_at_us": row["decided_at_us"],
        "queue_rank": 0.0, "state": "decided", "level": 1, "sample_share": 0.5,
    }  # fmt: skip
    connection.execute(reviews.insert().values(shared | queued))
    verdict = {"verdict_id": new_id(), "source": "review", "verdict": "change", "action": action, "labels": "{}"}
    connection.execute(review_verdicts.insert().values(shared | said | verdict | {"level": 1}))
    label = {"label_id": new_id(), "category": "hate", "value": value, "source": "review", "is_derived": False}
    made = {"policy_name": "p", "policy_version": "v", "bundles": "[]", "prob": prob}
    connection.execute(review_labels.insert().values(shared | said | label | made))


@pytest.fixture
def store(make_store: Callable[..., str]) -> Callable[..., str]:
    def make(better: float, **given: Any) -> str:
        url = make_store(N, harmful=0.4)
        engine = create_engine(url)
        write_shadow(engine, better, **given)
        engine.dispose()
        return url

    return make


def compared(url: str, shadow: str | None = None) -> Comparison:
    with open_source(url) as source:
        return compare(source, shadow)


def test_a_bundle_that_people_agree_with_is_promoted(store: Callable[..., str]) -> None:
    found = compared(store(0.3))
    assert found.ruling is Ruling.PROMOTE
    assert found.quality is not None
    assert found.quality.high < 0


def test_a_worse_bundle_is_not_promoted_and_says_where_it_is_worse(store: Callable[..., str]) -> None:
    found = compared(store(-0.3))
    assert found.ruling is Ruling.KEEP
    assert any("hate" in reason for reason in found.reasons)


def test_the_same_bundle_again_is_not_promoted(store: Callable[..., str]) -> None:
    assert compared(store(0.0)).ruling is Ruling.NOT_ENOUGH


def test_few_labels_promote_nothing_however_good_they_look(store: Callable[..., str]) -> None:
    found = compared(store(0.4, n_labelled=40))
    assert found.ruling is Ruling.NOT_ENOUGH
    assert "40 labelled decisions" in found.reasons[0]


def test_what_would_have_been_done_otherwise_is_counted(store: Callable[..., str]) -> None:
    url = store(0.3)
    found = compared(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(select(shadow_decisions.c.active_action, shadow_decisions.c.action)).all()
    engine.dispose()
    n_changed = sum(was != would_be for was, would_be in rows)
    assert found.changed is not None
    assert found.changed.value == pytest.approx(n_changed / N)
    assert sum(one.n_decisions for one in found.actions) == n_changed


def test_scores_that_stay_have_no_shift(store: Callable[..., str]) -> None:
    shifts = {one.category: one.shift for one in compared(store(0.3)).scores}
    assert (shifts["spam"].low, shifts["spam"].high) == (0.0, 0.0)
    assert shifts["hate"].low != 0.0


def test_a_coin_decides_nothing_and_ten_of_ten_do() -> None:
    even = [("hold", "hold", "allow")] * 5 + [("hold", "allow", "hold")] * 5
    assert measure_agreement(even).p_value == 1.0
    assert measure_agreement([("hold", "allow", "hold")] * 10).p_value == pytest.approx(2 * 0.5**10)


def test_without_a_shadow_it_says_how_to_let_one_run(make_store: Callable[..., str]) -> None:
    with pytest.raises(SourceError, match="weir policy shadow set"):
        compared(make_store(10))


def test_an_unknown_shadow_is_named(store: Callable[..., str]) -> None:
    with pytest.raises(SourceError, match="begins with ffff"):
        compared(store(0.1), "ffff")


@pytest.mark.parametrize(("better", "code"), [(0.3, 0), (-0.3, 3), (0.0, 4)])
def test_the_command_ends_with_the_ruling(store: Callable[..., str], better: float, code: int) -> None:
    result = CliRunner().invoke(app, ["monitor", "compare", "--source", store(better), "--json"])
    assert result.exit_code == code, result.output
    assert json.loads(result.stdout)["shadow"] == SHADOW
