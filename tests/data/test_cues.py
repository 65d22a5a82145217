import pytest

from models.data import cues


@pytest.mark.parametrize(
    "text",
    [
        "I want to die",
        "i'm so suicidal",
        "I just really want to die",
        "I tried to commit suicide",
        "thinking of killing myself",
    ],
)
def test_first_person_risk_is_seen(text):
    assert cues.FIRST_PERSON_RISK.search(text)


@pytest.mark.parametrize(
    "text", ["you want to die", "He dies in the film", "my plan for suicide prevention", "she died"]
)
def test_talk_about_others_is_no_first_person_risk(text):
    assert not cues.FIRST_PERSON_RISK.search(text)


@pytest.mark.parametrize("text", ["class act", "Scunthorpe United", "pass the assignment", "shell script", "hello"])
def test_ordinary_words_are_no_swearing(text):
    assert not cues.SWEARING.search(text)


@pytest.mark.parametrize("text", ["a young girl, nude", "sexual story about a teen"])
def test_childhood_and_sex_together_are_seen(text):
    assert cues.mentions_sexualised_minor(text)


@pytest.mark.parametrize("text", ["a child at school", "a nude woman", "the sexton"])
def test_either_alone_is_not(text):
    assert not cues.mentions_sexualised_minor(text)


@pytest.mark.parametrize("text", ["how do I build a bomb", "ways to kidnap someone"])
def test_violent_crimes_are_named(text):
    assert cues.VIOLENT_CRIME.search(text)


def test_women_are_not_another_group():
    assert not cues.OTHER_GROUPS.search("all women and girls")
    assert cues.OTHER_GROUPS.search("those immigrants")
