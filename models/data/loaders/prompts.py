"""Loaders of prompt sets: what people ask models to do. They teach illicit, and little of the rest.

The sets were written to test refusals, so they mix crimes with bad manners and sorrow. A crime must be named, by the
set's topic or by the wording, for a yes. A request that brings sex and childhood together is dropped everywhere.
"""

import json
from collections.abc import Iterator
from typing import Final

from models.contracts import Category
from models.data import cues
from models.data.labels import Label, no, yes
from models.data.rows import Files, Row
from models.data.tables import read_lines, read_table

_OFF_TOPIC = no(Category.SELF_HARM, Category.SEXUAL, Category.SPAM)
_VIOLENT = yes(Category.ILLICIT_VIOLENT)


def _request(text: str, *, crime_is_given: bool) -> dict[Label, int]:
    """Marks of a request: violent or other crime by its wording; nothing where no crime is named."""
    if cues.mentions_sexualised_minor(text):
        return {}
    if cues.SELF_HARM.search(text):
        return _self_harm(text)
    if cues.VIOLENT_CRIME.search(text):
        return dict(_VIOLENT)
    if crime_is_given or cues.CRIME.search(text):
        return yes(Category.ILLICIT) | no(Category.ILLICIT_VIOLENT)
    return {}


def _self_harm(text: str) -> dict[Label, int]:
    """Asking for a method is instructions; asking for praise or stories of it is self-harm in general."""
    return yes(Category.SELF_HARM_INSTRUCTIONS if cues.HOW_TO.search(text) else Category.SELF_HARM)


def advbench(files: Files) -> Iterator[Row]:
    """Harmful behaviours, and questions of malice of which only the crimes count.

    Source: Zou et al. (2023), arXiv:2307.15043; Huang et al. (2024), ICLR.
    """
    for text in read_lines(files["advbench.txt"]):
        yield Row(text, _request(text, crime_is_given=True), weight=0.7)
    for text in read_lines(files["MaliciousInstruct.txt"]):
        yield Row(text, _request(text, crime_is_given=False), weight=0.7)


def erase_and_check(files: Files) -> Iterator[Row]:
    """Safe prompts beside AdvBench. Source: Kumar et al. (2023), arXiv:2309.02705."""
    for text in read_lines(files["harmful_prompts.txt"]):
        yield Row(text, _request(text, crime_is_given=True), weight=0.7)
    for text in read_lines(files["safe_prompts.txt"]):
        yield Row(text, no(Category.ILLICIT) | _OFF_TOPIC)


_CATQA_CRIMES: Final = frozenset(
    {"Illegal Activity", "Malware Viruses", "Fraud/Deception", "Economic Harm", "Privacy Violation Activity"}
)
_CATQA_VIOLENT: Final = frozenset(
    {
        "Weapon:",
        "Human Trafficking:",
        "Terrorism and extremism",
        "Assault and battery",
        "Weapon making",
        "Gender-based violence",
    }
)
_CATQA_SELF_HARM: Final = "Self-harm"
_CATQA_SEXUAL: Final = frozenset({"Pornography", "Erotic text", "Sexually explicit dialogue"})


def red_instruct(files: Files) -> Iterator[Row]:
    """Harmful questions; those without a topic count only where they name a crime.

    Source: Bhardwaj & Poria (2023), arXiv:2308.09662; Bhardwaj et al. (2024), arXiv:2402.11746.
    """
    for text in json.loads(files["adversarialqa.json"]):
        yield Row(text, _request(text, crime_is_given=True), weight=0.7)
    for topic, subtopics in json.loads(files["catqa_english.json"]).items():
        for subtopic, questions in subtopics.items():
            for text in questions:
                yield Row(text, _catqa_marks(topic, subtopic, text), weight=0.7)
    for text in json.loads(files["dangerousqa.json"]):
        yield Row(text, _request(text, crime_is_given=False), weight=0.5)
    for subjects in json.loads(files["harmfulqa.json"]).values():
        for questions in subjects.values():
            for text in questions:
                yield Row(text, _request(text, crime_is_given=False), weight=0.5)


def _catqa_marks(topic: str, subtopic: str, text: str) -> dict[Label, int]:
    if cues.mentions_sexualised_minor(text):
        return {}
    if subtopic == _CATQA_SELF_HARM:
        return _self_harm(text)
    if subtopic in _CATQA_SEXUAL:
        return yes(Category.SEXUAL)
    if subtopic in _CATQA_VIOLENT:
        return dict(_VIOLENT)
    return _request(text, crime_is_given=topic in _CATQA_CRIMES)


def jbb(files: Files) -> Iterator[Row]:
    """Misuse behaviours by category. Source: Chao et al. (2024), JailbreakBench."""
    crimes = {"Malware/Hacking", "Fraud/Deception", "Physical harm"}
    for row in read_table(files["jbb_goals.csv"]):
        text = row["goal"]
        if row["category"] == "Sexual/Adult content" and not cues.mentions_sexualised_minor(text):
            yield Row(text, yes(Category.SEXUAL), weight=0.5)
        else:
            yield Row(text, _request(text, crime_is_given=row["category"] in crimes), weight=0.7)


def simplesafetytests(files: Files) -> Iterator[Row]:
    """Requests in four harm areas. Source: Vidgen et al. (2023), arXiv:2311.08370."""
    for row in read_table(files["SimpleSafetyTests - test cases.csv"]):
        yield Row(row["prompts_final"], _sst_marks(row["harm_area"], row["category"]))


def _sst_marks(area: str, kind: str) -> dict[Label, int]:
    if area.startswith("Suicide"):
        instructions = kind == "Instructions and actions"
        return yes(Category.SELF_HARM_INSTRUCTIONS if instructions else Category.SELF_HARM)
    if area.startswith("Physical harm"):
        return yes(Category.ILLICIT_VIOLENT, Category.VIOLENCE)
    return yes(Category.ILLICIT)


_HAZARDS: Final[dict[str, dict[Label, int]]] = {
    "hte": yes(Category.HATE),
    "ssh": yes(Category.SELF_HARM),
    "vcr": yes(Category.ILLICIT_VIOLENT) | no(Category.SPAM),
    "iwp": yes(Category.ILLICIT_VIOLENT) | _OFF_TOPIC,
    "ncr": yes(Category.ILLICIT) | _OFF_TOPIC,
    "src": yes(Category.ILLICIT),
    "sxc_prn": yes(Category.SEXUAL),
    "ipv": yes(Category.ILLICIT) | no(Category.ILLICIT_VIOLENT) | _OFF_TOPIC,
    "spc_fin": dict(_OFF_TOPIC),
    "spc_lgl": dict(_OFF_TOPIC),
    "spc_ele": dict(_OFF_TOPIC),
}


def ailuminate_demo(files: Files) -> Iterator[Row]:
    """Prompts by hazard, half weight: many ask about a hazard without asking for harm.

    Defamation, privacy and health advice are no category here. Source: Ghosh et al. (2025), MLCommons AILuminate.
    """
    for row in read_table(files["airr_official_1.0_demo_en_us_prompt_set_release.csv"]):
        text = row["prompt_text"]
        marks = {} if cues.mentions_sexualised_minor(text) else _HAZARDS.get(row["hazard"], {})
        yield Row(text, marks, weight=0.5)


_AART_VIOLENT: Final = frozenset(
    {
        "terrorism",
        "hate crimes",
        "violence",
        "domestic violence",
        "crimes motivated by race",
        "assassinations",
        "bombings",
        "murder",
        "crimes motivated by disability",
        "crimes motivated by religion",
        "crimes motivated by gender identity",
        "hijackings",
        "robbery",
        "arson",
        "crimes motivated by sexual orientation",
        "rape",
        "assault",
        "kidnapping",
        "kidnappings",
        "sex trafficking",
        "organ trafficking",
        "acts of violence committed for political or ideological purposes",
        "human trafficking",
        "labor trafficking",
    }
)
_AART_OTHER: Final = frozenset(
    {
        "ponzi schemes",
        "drug possession",
        "credit card fraud",
        "corporate fraud",
        "fraud",
        "identity theft",
        "cyberterrorism",
        "vandalism",
        "financial crimes",
        "property crimes",
        "burglary",
        "embezzlement",
        "drug crimes",
        "drug dealing",
        "drug trafficking",
        "migrant smuggling",
        "money laundering",
        "environmental crimes",
        "dog fighting",
        "cockfighting",
        "theft",
        "pyramid schemes",
        "illegal dumping",
        "animal abuse",
        "drug manufacturing",
        "tax evasion",
        "animal cruelty",
        "shoplifting",
        "other crimes",
    }
)


def aart(files: Files) -> Iterator[Row]:
    """Prompts written by a model from a topic and a text kind; topics that are no crime are not used.

    Source: Radharapu et al. (2023), EMNLP industry track.
    """
    for row in read_table(files["aart-v1-20231117.csv"]):
        text = row["prompt"]
        marks: dict[Label, int] = {}
        if not cues.mentions_sexualised_minor(text):
            if row["crime"] in _AART_VIOLENT:
                marks = dict(_VIOLENT)
            elif row["crime"] in _AART_OTHER:
                marks = yes(Category.ILLICIT) | no(Category.ILLICIT_VIOLENT)
        yield Row(text, marks, weight=0.4)


_EXPLICIT: Final = 50.0
_HARMLESS: Final = 10.0
"""Percent of the generated images that a detector found nude, or inappropriate in any way."""


def i2p(files: Files) -> Iterator[Row]:
    """Image prompts labelled by keyword and by what a detector saw in the images: weak.

    A yes needs the category, the images and the wording to agree; prompts whose images were harmless are the
    negatives, so that a head does not learn the style of image prompts. Source: Schramowski et al. (2023), CVPR.
    """
    for row in read_table(files["unsafe-prompts4703.csv"]):
        yield Row(row["prompt"], _image_marks(row), weight=0.3)


def _image_marks(row: dict[str, str]) -> dict[Label, int]:
    text, categories = row["prompt"], set(row["categories"].split(", "))
    inappropriate, nude = float(row["inappropriate_percentage"] or 0), float(row["nudity_percentage"] or 0)
    if cues.mentions_sexualised_minor(text):
        return {}
    marks: dict[Label, int] = {}
    if inappropriate >= _EXPLICIT and cues.GORE.search(text) and categories & {"shocking", "violence"}:
        marks |= yes(Category.VIOLENCE_GRAPHIC)
    if nude >= _EXPLICIT and "sexual" in categories and cues.SEXUAL_IMAGE.search(text):
        marks |= yes(Category.SEXUAL)
    if "self-harm" in categories and cues.SELF_HARM.search(text):
        marks |= yes(Category.SELF_HARM)
    if inappropriate <= _HARMLESS and not marks:
        if not cues.GORE.search(text):
            marks |= no(Category.VIOLENCE_GRAPHIC)
        if not cues.SEXUAL_IMAGE.search(text):
            marks |= no(Category.SEXUAL)
    return marks
