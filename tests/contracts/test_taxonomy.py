"""The taxonomy's order and names are part of the wire format."""

from models.contracts import CATEGORIES, DEFINITIONS, OPENAI_CATEGORIES, TAXONOMY, Category


def test_the_thirteen_openai_categories_come_first_and_in_order() -> None:
    assert [category.value for category in CATEGORIES[:13]] == [
        "harassment",
        "harassment/threatening",
        "hate",
        "hate/threatening",
        "illicit",
        "illicit/violent",
        "self-harm",
        "self-harm/intent",
        "self-harm/instructions",
        "sexual",
        "sexual/minors",
        "violence",
        "violence/graphic",
    ]
    assert CATEGORIES[:13] == OPENAI_CATEGORIES


def test_weirs_own_categories_follow() -> None:
    assert CATEGORIES[13:16] == (Category.TOXICITY, Category.PROFANITY, Category.SPAM)


def test_every_category_is_defined_once_in_one_line() -> None:
    assert set(DEFINITIONS) == set(Category)
    assert len(TAXONOMY) == len(Category)
    assert all(entry.definition.endswith(".") and "\n" not in entry.definition for entry in TAXONOMY)


def test_only_sexual_minors_is_never_scorable() -> None:
    assert [entry.category for entry in TAXONOMY if not entry.scorable] == [Category.SEXUAL_MINORS]


def test_perspective_names_are_those_of_its_api_and_used_once() -> None:
    names = [entry.perspective for entry in TAXONOMY if entry.perspective]
    assert sorted(names) == sorted(
        {"INSULT", "THREAT", "IDENTITY_ATTACK", "SEXUALLY_EXPLICIT", "TOXICITY", "PROFANITY", "SPAM"}
    )
