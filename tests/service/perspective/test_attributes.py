"""Attributes: each is mapped or refused, and a mapping never goes down when a category goes up."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import CATEGORIES, DEFINITIONS, Category
from service.wire.perspective.attributes import ATTRIBUTES, Attribute, scored_attributes

SCORED = [entry for entry in ATTRIBUTES.values() if entry.groups]
probs = st.fixed_dictionaries({category: st.floats(0, 1) for category in CATEGORIES})


def test_every_attribute_of_the_taxonomy_is_scored_by_its_category() -> None:
    for definition in DEFINITIONS.values():
        if definition.perspective is not None:
            groups = ATTRIBUTES[definition.perspective].groups
            assert any(definition.category in group for group in groups)


@pytest.mark.parametrize("name", ["FLIRTATION", "ATTACK_ON_AUTHOR", "AFFINITY_EXPERIMENTAL", "LIKELY_TO_REJECT"])
def test_what_no_model_looks_at_is_refused(name: str) -> None:
    assert (ATTRIBUTES[name].groups, ATTRIBUTES[name].formula) == ((), "refused")


@given(st.sampled_from(SCORED), probs, st.sampled_from(CATEGORIES), st.floats(0, 1))
def test_a_score_never_falls_when_a_category_rises(
    attribute: Attribute, before: dict[Category, float], category: Category, prob: float
) -> None:
    after = before | {category: max(prob, before[category])}
    lower, higher = attribute.score(before), attribute.score(after)
    assert lower is not None
    assert higher is not None
    assert 0.0 <= lower <= higher <= 1.0


def test_an_attribute_needs_a_category_of_every_group() -> None:
    names = scored_attributes([Category.TOXICITY, Category.SPAM])
    assert set(names) == {"TOXICITY", "TOXICITY_EXPERIMENTAL", "TOXICITY_FAST", "SPAM"}


def test_severe_toxicity_is_never_above_toxicity() -> None:
    high = dict.fromkeys(CATEGORIES, 0.9) | {Category.TOXICITY: 0.2}
    assert ATTRIBUTES["SEVERE_TOXICITY"].score(high) == 0.2


def test_the_migration_guide_has_the_table_as_it_is() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "migrating-from-perspective.md").read_text(encoding="utf-8")
    for entry in ATTRIBUTES.values():
        here = f"`{entry.formula}`" if entry.groups else entry.formula
        assert f"| `{entry.name}` | {here} | {entry.because} |" in guide
