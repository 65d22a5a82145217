import pytest

from models.contracts import Category
from models.data.examples import Split
from models.evaluation.suites.fairness import run
from models.evaluation.suites.rows import load_rows
from models.evaluation.suites.template_groups import crossed_templates


def templates(harmless_word, n=30):
    """Each template with two terms; a harmless sentence about one of them holds another word."""
    made = []
    for i in range(n):
        for term in ("deaf", "sikh"):
            word = harmless_word if term == "sikh" else "plain"
            made += [
                (Split.PROBE, "conversationai_bias", f"N{i} is a {word} {term}", {Category.TOXICITY: 0}),
                (Split.PROBE, "conversationai_bias", f"N{i} is a vile {term}", {Category.TOXICITY: 1}),
            ]
    return made


def by_name(report):
    return {finding.name: finding for finding in report.findings}


def test_terms_that_are_treated_alike_have_no_gap(make_model, tmp_path, progress) -> None:
    found = by_name(run(make_model(templates("plain")), tmp_path, progress))
    gap = found["templates: widest gap in false positives, toxicity"]
    assert (gap.value, gap.is_met) == (0.0, True)


def test_a_term_that_is_flagged_where_another_is_not_makes_the_gap(make_model, tmp_path, progress) -> None:
    report = run(make_model(templates("purple")), tmp_path, progress)
    gap = by_name(report)["templates: widest gap in false positives, any category"]
    assert (gap.value, gap.is_met) == (1.0, False)
    assert gap.note.startswith("sikh 1.000")
    assert (tmp_path / report.figures[0]).is_file()


def test_areas_of_the_group_that_suffers_are_reported(make_model, tmp_path, progress) -> None:
    found = by_name(run(make_model(templates("purple")), tmp_path, progress))
    assert found["templates: lowest BPSN AUC, toxicity"].value == pytest.approx(1.0)


def test_every_term_meets_the_same_templates_whatever_the_limit(make_model) -> None:
    model = make_model(templates("plain"))
    crossed = crossed_templates(load_rows(model, "probe"), 20, seed=0)
    assert len(crossed.terms) == 20
    assert (crossed.terms == "deaf").sum() == (crossed.terms == "sikh").sum()


def test_looks_without_rows_are_named_with_the_reason(make_model, tmp_path, progress) -> None:
    report = run(make_model(templates("plain")), tmp_path, progress)
    assert set(report.skipped) == {"targets", "dialect"}


def test_attacks_are_counted_by_the_group_they_are_aimed_at(make_model, tmp_path, progress) -> None:
    from models.data.labels import Auxiliary

    rows = [
        (
            Split.TEST,
            "sbic_dev",
            f"{'vile' if i % 2 else 'plain'} a{i}",
            {Category.HATE: 1, Auxiliary.TARGET_WOMEN: i % 2, Auxiliary.TARGET_RELIGION: (i + 1) % 2},
        )
        for i in range(80)
    ]
    found = by_name(run(make_model(rows), tmp_path, progress))
    gap = found["targets: widest gap in attacks found, hate"]
    assert gap.value == pytest.approx(1.0)
    assert gap.note == "women 1.000, religion 0.000"


def test_posts_with_a_mark_of_dialect_are_compared_with_the_others(make_model, tmp_path, progress) -> None:
    rows = []
    for split in (Split.VALIDATION, Split.TEST):
        for i in range(40):
            marks = {Category.HATE: 0}
            rows += [
                (split, "davidson", f"finna purple {split} {i}", marks),
                (split, "davidson", f"plain {split} {i}", marks),
            ]
    found = by_name(run(make_model(rows), tmp_path, progress))
    assert found["dialect: false positives of hate, marked minus not marked"].value == pytest.approx(1.0)
