"""Before and after: the statistics, the section, and whose modules run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.machine import Machine
from scripts.bench.paired import LOADS, PairedReport, PairedSettings, text_bundles
from scripts.bench.paired_report import paired_section, verdict
from scripts.bench.paired_results import AFTER, BEFORE, Paired, compare, ratio_interval, ratio_of_medians
from scripts.bench.paired_trees import Tree, TreeError, describe_revision, require_own_modules
from scripts.bench.processes import REPOSITORY
from scripts.bench.results import Measurement

MACHINE = Machine("2026-01-02", "Some CPU", 2, 8.0, "3.11.0", "6.1", {"numpy": "2.4.0"}, 0.02)
POSITIVE = st.floats(min_value=0.1, max_value=1e6)


def measured(system: str, number: int, rate: float, scenario: str = "single_c64", cpu_ms: float = 1.0) -> Measurement:
    return Measurement(system, scenario, number, rate, rate, 1.0, 2.0, 10, cpu_ms_per_text=cpu_ms)


def paired(quantity: str, ratio: float, low: float, high: float) -> Paired:
    return Paired("single_c64", quantity, 7, 100.0, 100.0 * ratio, ratio, low, high, low, high)


def report() -> PairedReport:
    measurements = tuple(
        measured(name, number, rate + number, load.name)
        for name, rate in ((BEFORE, 100.0), (AFTER, 99.0))
        for number in range(7)
        for load in LOADS
    )
    trees = (
        Tree(BEFORE, "abc1234 of 2026-01-01", Path("old"), (Path("text"),)),
        Tree(AFTER, "def5678 of 2026-01-02", Path("new"), (Path("text"), Path("image"))),
    )
    settings = PairedSettings("abc1234", (Path("text"), Path("image")), Path("text"), repeats=7)
    return PairedReport(settings, MACHINE, trees, measurements, 60.0)


def test_the_ratio_is_of_medians_and_the_range_is_of_single_rounds():
    before, after = (100.0, 200.0, 400.0), (110.0, 100.0, 800.0)
    found = [measured(BEFORE, number, rate) for number, rate in enumerate(before)]
    found += [measured(AFTER, number, rate) for number, rate in enumerate(after)]
    one = compare(found, "single_c64", "texts/s")
    assert (one.before, one.after, one.ratio) == (200.0, 110.0, 0.55)
    assert (one.lowest, one.highest, one.n_rounds) == (0.5, 2.0, 3)


def test_a_round_that_has_only_one_side_is_left_out():
    found = [measured(BEFORE, 0, 100.0), measured(BEFORE, 1, 1.0), measured(AFTER, 0, 50.0)]
    assert compare(found, "single_c64", "texts/s").ratio == 0.5


def test_a_load_without_a_common_round_cannot_be_compared():
    with pytest.raises(ValueError, match="both before and after"):
        compare([measured(BEFORE, 0, 1.0), measured(AFTER, 1, 1.0)], "single_c64", "texts/s")


@given(st.lists(POSITIVE, min_size=1, max_size=9), POSITIVE)
def test_a_constant_factor_is_found_exactly_and_without_doubt(before, factor):
    pairs = [(value, value * factor) for value in before]
    low, high = ratio_interval(pairs)
    assert low == pytest.approx(factor)
    assert high == pytest.approx(factor)


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=9))
def test_the_interval_lies_between_the_extreme_ratios_and_does_not_depend_on_chance(pairs):
    low, high = ratio_interval(pairs)
    olds, news = zip(*pairs, strict=True)
    assert min(news) / max(olds) <= low <= high <= max(news) / min(olds)
    assert ratio_interval(pairs) == (low, high)
    assert ratio_of_medians(pairs) > 0


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (paired("texts/s", 0.99, 0.98, 1.00), "with the whole interval"),
        (paired("texts/s", 0.99, 0.95, 1.03), "wider than the demand"),
        (paired("texts/s", 0.90, 0.88, 0.92), "**not within 3%**"),
        (paired("texts/s", 1.20, 1.10, 1.30), "with the whole interval"),
        (paired("CPU ms/text", 1.01, 1.00, 1.02), "with the whole interval"),
        (paired("CPU ms/text", 1.20, 1.10, 1.30), "**not within 3%**"),
        (paired("CPU ms/text", 0.80, 0.70, 0.90), "with the whole interval"),
    ],
)
def test_losing_speed_and_gaining_cost_are_held_to_the_demand(one, words):
    assert words in verdict(one)


def test_the_section_names_both_revisions_their_bundles_and_every_load():
    section = paired_section(report())
    assert "revision abc1234 of 2026-01-01 with `text`" in section
    assert "def5678 of 2026-01-02 with `text`, `image`" in section
    assert "7 interleaved rounds" in section
    for load in LOADS:
        assert f"| {load.title} | texts/s |" in section


def test_json_survives_serialisation():
    numbers = json.loads(json.dumps(report().as_json()))
    assert numbers["errors"] == {BEFORE: 0, AFTER: 0}
    assert {entry["scenario"] for entry in numbers["compared"]} == {load.name for load in LOADS}


def test_a_folder_without_text_bundles_has_none(tmp_path):
    assert text_bundles(tmp_path) == ()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with the three packages, empty but for what is asked of them."""
    for module in ("models/contracts", "scripts/cli", "service/settings"):
        path = tmp_path / f"{module}.py"
        path.parent.mkdir()
        path.touch()
        (path.parent / "__init__.py").touch()
    return Tree(BEFORE, "old", tmp_path.resolve(), ())


def test_a_tree_runs_its_own_modules_although_weir_is_installed(tree):
    require_own_modules(tree, {"PYTHONPATH": str(tree.folder)})


def test_modules_of_another_tree_are_refused(tree, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(TreeError, match="would run instead"):
        require_own_modules(replace(tree, folder=elsewhere), {"PYTHONPATH": str(REPOSITORY)})


def test_modules_that_cannot_be_imported_are_an_error(tree):
    (tree.folder / "scripts" / "cli.py").write_text("raise RuntimeError('broken')")
    with pytest.raises(TreeError, match="broken"):
        require_own_modules(tree, {"PYTHONPATH": str(tree.folder)})


def test_an_unknown_revision_is_an_error():
    with pytest.raises(TreeError, match="no-such-revision"):
        describe_revision("no-such-revision")
