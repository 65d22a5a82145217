"""Every competitor really serves the bundle, with the classifier's own scores (a few seconds each)."""

from pathlib import Path

import pytest

from scripts.bench.answers import count_wrong, reference_scores
from scripts.bench.client import LoadPlan, run_load
from scripts.bench.fleet import fleet, serialised
from scripts.bench.processes import HOST, REPOSITORY
from scripts.bench.scenarios import Scenario
from scripts.bench.systems import SYSTEMS, System

BUNDLES = sorted(path.parent for path in (REPOSITORY / "models" / "bundles").glob("*/tokenizer.json"))
TEXTS = ["hello there", "see you tomorrow at the usual place", "a much longer text " * 20]


@pytest.fixture
def bundle() -> Path:
    if not BUNDLES:
        pytest.skip("models/bundles holds no bundle")
    return BUNDLES[0]


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS, ids=[system.name for system in SYSTEMS])
def test_a_system_answers_single_texts_and_lists_with_the_scores_of_the_classifier(system: System, bundle: Path):
    pytest.importorskip(system.module)
    reference = reference_scores(bundle, TEXTS)
    with fleet([system], bundle, 1, lambda _: None) as servers:
        server = servers[system.name]
        server.thaw()
        for scenario in (Scenario("single", "", 1, 4), Scenario("lists", "", 3, 2)):
            plan = LoadPlan(scenario.concurrency, 0.1, 0.3, sampled=frozenset(range(6)))
            tally = run_load(HOST, server.port, serialised(system, scenario, TEXTS), plan)
            assert tally.errors == 0
            assert tally.answers
            assert count_wrong(tally.answers, scenario.requests(TEXTS), system.answer, reference) == 0
