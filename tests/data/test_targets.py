"""Whom a text attacks: yes where a set names the group, no where it names another, unknown where a name fits two."""

import pytest

from models.data.labels import NO, TARGETS, YES, Auxiliary
from models.data.loaders import targets

WOMEN, LGBTQ, ORIGIN = Auxiliary.TARGET_WOMEN, Auxiliary.TARGET_LGBTQ, Auxiliary.TARGET_ORIGIN
ETHNICITY, RELIGION, DISABILITY = Auxiliary.TARGET_ETHNICITY, Auxiliary.TARGET_RELIGION, Auxiliary.TARGET_DISABILITY


def named(marks):
    return {label for label, value in marks.items() if value == YES}


def unknown(marks):
    return {label for label in TARGETS if label not in marks}


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        (["women"], {WOMEN}),
        (["lesbian women"], {LGBTQ}),
        (["jewish folks", "jewish folks", "women"], {RELIGION}),
        (["black folks, women"], {ETHNICITY, WOMEN}),
        (["mentally disabled folks"], {DISABILITY}),
        (["immigrants"], {ORIGIN}),
        (["liberals"], set()),
    ],
)
def test_words_of_annotators_name_groups_by_half_of_the_votes(votes, expected):
    assert named(targets.by_votes(votes)) == expected


def test_a_group_that_a_minority_names_is_unknown():
    marks = targets.by_votes(["jewish folks", "jewish folks", "women"])
    assert WOMEN not in marks
    assert marks[LGBTQ] == NO


def test_mexicans_are_of_an_origin_or_an_ethnicity():
    assert unknown(targets.by_votes(["mexican folks"])) == {ORIGIN, ETHNICITY}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("['mus', 'arab']", {RELIGION, ETHNICITY}),
        ("['blawom']", {ETHNICITY, WOMEN}),
        ("['gayman']", {LGBTQ}),
        ("['nat.poland']", {ORIGIN}),
        ("['asi.south.pak']", {ETHNICITY}),
        ("wom", {WOMEN}),
        ("['wc']", set()),
    ],
)
def test_codes_of_hatemoji_name_groups(codes, expected):
    assert named(targets.hatemoji(codes)) == expected


def test_an_unknown_code_leaves_everything_unknown():
    assert targets.hatemoji("['wom', 'something']") == targets.hatemoji("") == {}


def test_a_target_that_is_none_of_the_groups_is_a_no_for_all():
    assert targets.hatemoji("['wc']") == targets.NOBODY


def test_groups_of_toxigen_are_named():
    assert named(targets.toxigen(["women", "physical dis"])) == {WOMEN, DISABILITY}
    assert targets.toxigen(["all_groups"]) == {}


@pytest.mark.parametrize(
    ("target", "group", "expected"),
    [
        ("gender", "women", {WOMEN}),
        ("origin", "refugees", {ORIGIN}),
        ("disability", "special_needs", {DISABILITY}),
        ("origin", "individual", set()),
    ],
)
def test_grounds_and_groups_of_mlma_are_named(target, group, expected):
    assert named(targets.mlma(target, group)) == expected


def test_the_ground_origin_alone_is_race_or_country():
    assert unknown(targets.mlma("origin", "other")) == {ORIGIN, ETHNICITY}
