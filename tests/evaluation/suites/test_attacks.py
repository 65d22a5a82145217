"""The suite of attacks on the bundle that ships, with a few rows written here."""

from pathlib import Path

import numpy as np
import pytest

from models.contracts import CATEGORIES, Category
from models.data.attacks import BENCHMARK_ATTACKS, BENCHMARK_PAIRS
from models.evaluation.arrays import Rows
from models.evaluation.suites import attacks
from models.evaluation.suites.attacked import (
    Judge,
    Positives,
    balanced_bars,
    disguise,
    find_ordinary,
    find_positives,
)
from models.evaluation.suites.report import SuiteModel
from models.evaluation.suites.rows import Labelled, SuiteSkippedError
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier

BUNDLE = Path(__file__).parents[3] / "models" / "bundles" / "text-minilm"
TOXICITY = CATEGORIES.index(Category.TOXICITY)
HARMFUL = [f"you are a {a} {b}" for a in ("stupid", "fucking", "dumb") for b in ("idiot", "moron", "bitch", "asshole")]
ORDINARY = [f"the {a} was {b} today" for a in ("garden", "train", "coffee") for b in ("lovely", "late", "warm", "calm")]


def silent(stage: str, done: int, of: int) -> None:
    assert 0 <= done <= of


@pytest.fixture
def rows() -> Labelled:
    texts = [*HARMFUL, *ORDINARY]
    labels = np.full((len(texts), len(CATEGORIES)), -1, dtype=np.int8)
    labels[:, TOXICITY] = [1] * len(HARMFUL) + [0] * len(ORDINARY)
    digests = [f"{i:04d}" for i in range(len(texts))]
    return Labelled(Rows(digests, texts, labels, np.zeros((len(texts), 0), np.int8), ["here"] * len(texts)), ())


@pytest.fixture(scope="module")
def model() -> SuiteModel:
    return SuiteModel(open_classifier(load_text_bundle(BUNDLE)), data=None, n_resamples=20, limit=6)


@pytest.fixture
def judge(model: SuiteModel) -> Judge:
    return Judge(model.classifier, balanced_bars(model))


def outcome(positives: Positives, changed: list[bool], flagged: list[bool]) -> attacks.Outcome:
    return attacks.Outcome(("leet",), np.array(changed), np.array(flagged), 0.0)


def test_the_report_measures_every_attack_and_pair(
    model: SuiteModel, rows: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "load_rows", lambda *_: rows)
    monkeypatch.setattr(attacks, "MIN_CHANGED", 1)
    report = attacks.run(model, tmp_path, silent)
    names = {finding.name for finding in report.findings}
    measured = {
        f"{' + '.join(each)}: recall lost" for each in [*((name,) for name in BENCHMARK_ATTACKS), *BENCHMARK_PAIRS]
    }
    skipped = {f"{name}: recall lost" for name in report.skipped}
    assert measured <= names | skipped
    assert all(0.0 <= finding.value <= 1.0 for finding in report.findings if "recall" in finding.name)
    assert (tmp_path / report.figures[0]).stat().st_size > 0
    assert "| invisible | 0.00 |" in report.body


def test_without_a_dataset_the_suite_is_skipped(model: SuiteModel, tmp_path: Path) -> None:
    with pytest.raises(SuiteSkippedError):
        attacks.run(model, tmp_path, silent)


def test_without_harm_or_without_ordinary_text_the_suite_is_skipped(
    model: SuiteModel, rows: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for half in (np.arange(len(HARMFUL)), np.arange(len(HARMFUL), len(rows.rows.texts))):
        monkeypatch.setattr(attacks, "load_rows", lambda *_, half=half: rows.select(half))
        with pytest.raises(SuiteSkippedError):
            attacks.run(model, tmp_path, silent)


def test_positives_are_drawn_until_enough_are_found(judge: Judge, rows: Labelled) -> None:
    positives = find_positives(rows, judge, 4, 0, silent)
    assert int(positives.found.sum()) == 4
    assert positives.found[-1]
    assert set(positives.texts) <= set(HARMFUL)
    assert positives.categories(4) == [Category.TOXICITY]


def test_ordinary_texts_carry_no_harm(model: SuiteModel, rows: Labelled) -> None:
    texts, wrong = find_ordinary(rows, model)
    assert set(texts) == set(ORDINARY)
    assert wrong.sum(axis=1).tolist() == [1] * len(ORDINARY)


def test_flags_do_not_depend_on_what_was_read_before(model: SuiteModel, judge: Judge) -> None:
    again = Judge(model.classifier, judge.bars)
    first = judge.flags(HARMFUL, "first", silent)
    judge.flags(ORDINARY, "others", silent)
    assert np.array_equal(judge.flags(HARMFUL[::-1], "again", silent)[::-1], first)
    assert np.array_equal(again.flags([*ORDINARY, *HARMFUL], "all", silent)[len(ORDINARY) :], first)


def test_a_disguise_is_the_same_for_the_same_seed() -> None:
    assert disguise(HARMFUL, ("leet", "spaced"), 3) == disguise(HARMFUL, ("leet", "spaced"), 3)
    assert disguise(HARMFUL, ("leet",), 3) != disguise(HARMFUL, ("leet",), 4)


def test_only_found_and_changed_positives_count_as_lost(model: SuiteModel) -> None:
    positives = Positives(
        texts=["a", "b", "c"],
        digests=["0", "1", "2"],
        rows=np.array([0, 1, 2, 2]),
        columns=np.array([TOXICITY] * 4),
        found=np.array([True, True, True, False]),
    )
    result = outcome(positives, [True, False, True, True], [False, False, True, True])
    kept = positives.found & result.changed
    lost = attacks.recall_lost(model, positives, result, kept)
    assert lost.value == 0.5
    assert lost.low <= lost.value <= lost.high


def test_undoing_nothing_adds_no_false_positives(model: SuiteModel, judge: Judge) -> None:
    wrong = np.ones((len(ORDINARY), len(CATEGORIES)), dtype=np.bool_)
    plain = judge.flags(ORDINARY, "plain", silent)
    findings = attacks.added_false_positives(model, judge, ORDINARY, wrong, plain, silent)
    assert findings[0].value == 0.0
    assert findings[0].is_met
