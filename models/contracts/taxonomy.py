"""The taxonomy: what Weir can say about a piece of content, in which order, and under which other names.

The first thirteen categories are those of the OpenAI moderation endpoint, in the order of its documentation;
Weir's own categories follow. Positions are part of the contract: wire formats, label matrices and model heads
all use this order. New categories (images bring some) are appended, never inserted.
"""

from enum import StrEnum

from models.contracts.base import Value


class Modality(StrEnum):
    """A kind of input that a model can look at."""

    TEXT = "text"
    IMAGE = "image"


class Category(StrEnum):
    """A harm, named as on the wire."""

    HARASSMENT = "harassment"
    HARASSMENT_THREATENING = "harassment/threatening"
    HATE = "hate"
    HATE_THREATENING = "hate/threatening"
    ILLICIT = "illicit"
    ILLICIT_VIOLENT = "illicit/violent"
    SELF_HARM = "self-harm"
    SELF_HARM_INTENT = "self-harm/intent"
    SELF_HARM_INSTRUCTIONS = "self-harm/instructions"
    SEXUAL = "sexual"
    SEXUAL_MINORS = "sexual/minors"
    VIOLENCE = "violence"
    VIOLENCE_GRAPHIC = "violence/graphic"
    TOXICITY = "toxicity"
    PROFANITY = "profanity"
    SPAM = "spam"
    WEAPONS = "weapons"
    FIRE = "fire"
    HARMFUL_MEME = "harmful-meme"


class CategoryDefinition(Value):
    """What a category means, and what it is called elsewhere.

    Attributes:
        category: the name on Weir's wire.
        definition: one line an annotator could work from.
        openai: the key of the OpenAI moderation endpoint, or None where it has no counterpart.
        perspective: the nearest Perspective API attribute, or None where it has no counterpart.
        modalities: what a model needs to see to score it.
        scorable: False for a category that no Weir model is trained for, now or later.

    """

    category: Category
    definition: str
    openai: str | None
    perspective: str | None
    modalities: frozenset[Modality]
    scorable: bool = True


_TEXT_OR_IMAGE = frozenset({Modality.TEXT, Modality.IMAGE})
_TEXT = frozenset({Modality.TEXT})
_IMAGE = frozenset({Modality.IMAGE})


def _openai(
    category: Category,
    definition: str,
    perspective: str | None,
    modalities: frozenset[Modality] = _TEXT,
    *,
    scorable: bool = True,
) -> CategoryDefinition:
    return CategoryDefinition(
        category=category,
        definition=definition,
        openai=category.value,
        perspective=perspective,
        modalities=modalities,
        scorable=scorable,
    )


TAXONOMY: tuple[CategoryDefinition, ...] = (
    _openai(Category.HARASSMENT, "Insults, demeans or bullies a person.", "INSULT"),
    _openai(
        Category.HARASSMENT_THREATENING,
        "Harasses a person and wishes or threatens them physical harm.",
        "THREAT",
    ),
    _openai(
        Category.HATE,
        "Attacks or demeans people for a protected characteristic such as ethnicity, religion, gender, "
        "sexual orientation, disability or caste.",
        "IDENTITY_ATTACK",
    ),
    _openai(
        Category.HATE_THREATENING,
        "Hate that also wishes or threatens violence against the group.",
        None,
    ),
    _openai(Category.ILLICIT, "Asks for or gives advice on how to commit a crime.", None),
    _openai(
        Category.ILLICIT_VIOLENT,
        "Asks for or gives advice on how to commit a violent crime or obtain a weapon for it.",
        None,
    ),
    _openai(
        Category.SELF_HARM,
        "Promotes, encourages or depicts suicide, cutting, eating disorders or other self-harm.",
        None,
        _TEXT_OR_IMAGE,
    ),
    _openai(
        Category.SELF_HARM_INTENT,
        "A person says that they harm or intend to harm themselves.",
        None,
        _TEXT_OR_IMAGE,
    ),
    _openai(
        Category.SELF_HARM_INSTRUCTIONS,
        "Asks for or gives instructions for self-harm.",
        None,
        _TEXT_OR_IMAGE,
    ),
    _openai(
        Category.SEXUAL,
        "Meant to arouse, describes sexual activity or offers sexual services.",
        "SEXUALLY_EXPLICIT",
        _TEXT_OR_IMAGE,
    ),
    _openai(
        Category.SEXUAL_MINORS,
        "Sexual content about a person under 18. Never scored by Weir: no model here knows it.",
        None,
        scorable=False,
    ),
    _openai(
        Category.VIOLENCE,
        "Depicts, threatens or glorifies death, violence or physical injury.",
        None,
        _TEXT_OR_IMAGE,
    ),
    _openai(
        Category.VIOLENCE_GRAPHIC,
        "Depicts death, violence or injury in graphic detail.",
        None,
        _TEXT_OR_IMAGE,
    ),
    CategoryDefinition(
        category=Category.TOXICITY,
        definition="Rude, disrespectful or unreasonable in a way that makes people leave a discussion.",
        openai=None,
        perspective="TOXICITY",
        modalities=_TEXT,
    ),
    CategoryDefinition(
        category=Category.PROFANITY,
        definition="Swear words, curse words and other obscene language, whoever they are aimed at.",
        openai=None,
        perspective="PROFANITY",
        modalities=_TEXT,
    ),
    CategoryDefinition(
        category=Category.SPAM,
        definition="Unsolicited promotion, scams and bulk messages.",
        openai=None,
        perspective="SPAM",
        modalities=_TEXT,
    ),
    CategoryDefinition(
        category=Category.WEAPONS,
        definition="Shows a weapon: a handgun, a long gun or a knife.",
        openai=None,
        perspective=None,
        modalities=_IMAGE,
    ),
    CategoryDefinition(
        category=Category.FIRE,
        definition="Shows an open fire or its smoke, as of burning buildings, vehicles or woods.",
        openai=None,
        perspective=None,
        modalities=_IMAGE,
    ),
    CategoryDefinition(
        category=Category.HARMFUL_MEME,
        definition="A picture with words whose joint meaning harms a person, an organization, a community or society.",
        openai=None,
        perspective=None,
        modalities=_TEXT_OR_IMAGE,
    ),
)

CATEGORIES: tuple[Category, ...] = tuple(entry.category for entry in TAXONOMY)
OPENAI_CATEGORIES: tuple[Category, ...] = tuple(entry.category for entry in TAXONOMY if entry.openai)
DEFINITIONS: dict[Category, CategoryDefinition] = {entry.category: entry for entry in TAXONOMY}
