"""The turn before a text: what it is worth, and what a hostile one does."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from models.contracts import CATEGORIES, Category
from models.data.examples import Split
from models.evaluation.suites.context import run
from models.evaluation.suites.report import SuiteModel
from models.evaluation.suites.rows import SuiteSkippedError
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier

HARMLESS = dict.fromkeys(CATEGORIES, 0)
TOXIC = {Category.TOXICITY: 1}


def rows():
    """The turn gives the label away, and the text does not."""
    told = [(Split.TEST, "convabuse", f"so t{i}", TOXIC, "vile") for i in range(10)]
    calm = [(Split.TEST, "convabuse", f"so c{i}", HARMLESS, "plain") for i in range(10)]
    others = [(Split.TEST, "jigsaw", f"vile o{i}", TOXIC) for i in range(3)]
    quiet = [(Split.TEST, "jigsaw", f"so q{i}", HARMLESS) for i in range(3)]
    return [*told, *calm, *others, *quiet, (Split.TEST, "convabuse", "so without a turn", HARMLESS)]


@pytest.fixture
def reads_turns(bundle: Path, tmp_path: Path) -> Callable[[SuiteModel], SuiteModel]:
    """The same model as if it had been trained with turns."""
    folder = shutil.copytree(bundle, tmp_path / "turns")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"previous_tokens": 4}))
    return lambda model: replace(model, classifier=open_classifier(load_text_bundle(folder)))


def by_name(report):
    return {finding.name: finding for finding in report.findings}


def test_what_the_turn_tells_is_in_the_difference(make_model, reads_turns, tmp_path, progress) -> None:
    found = by_name(run(reads_turns(make_model(rows())), tmp_path, progress))
    assert found["both sets: toxicity: ROC-AUC alone"].value == pytest.approx(0.5, abs=0.3)
    assert found["both sets: toxicity: ROC-AUC after the turn"].value == 1.0
    assert found["both sets: toxicity: PR-AUC after the turn"].n == 20
    difference = found["both sets: toxicity: ROC-AUC difference"]
    assert difference.value == pytest.approx(1.0 - found["both sets: toxicity: ROC-AUC alone"].value)
    assert difference.low <= difference.value <= difference.high


def test_what_a_hostile_turn_does_to_harmless_answers_is_reported(make_model, reads_turns, tmp_path, progress) -> None:
    found = by_name(run(reads_turns(make_model(rows())), tmp_path, progress))
    hostile = found["harmless answers after hostile turns: toxicity, mean change"]
    harmless = found["harmless answers after harmless turns: toxicity, mean change"]
    assert (hostile.n, harmless.n) == (10, 10)
    assert hostile.value > 0.3 > abs(harmless.value)


def test_no_number_has_a_target(make_model, reads_turns, tmp_path, progress) -> None:
    report = run(reads_turns(make_model(rows())), tmp_path, progress)
    assert all(finding.target is None for finding in report.findings)
    assert "convabuse" in report.body


def test_a_bundle_that_reads_no_turns_is_skipped(make_model, tmp_path, progress) -> None:
    with pytest.raises(SuiteSkippedError, match="previous_tokens"):
        run(make_model(rows()), tmp_path, progress)


def test_a_dataset_without_turns_is_skipped(make_model, reads_turns, tmp_path, progress) -> None:
    bare = [(Split.TEST, "convabuse", f"so {i}", HARMLESS) for i in range(3)]
    with pytest.raises(SuiteSkippedError, match="no test row"):
        run(reads_turns(make_model(bare)), tmp_path, progress)


def test_without_a_dataset_it_is_skipped(bare, reads_turns, tmp_path, progress) -> None:
    with pytest.raises(SuiteSkippedError, match="--data"):
        run(reads_turns(bare), tmp_path, progress)
