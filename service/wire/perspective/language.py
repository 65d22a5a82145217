"""Language: a guess from scripts and small words, good enough to refuse what the models cannot read.

The models read English. Text in another script is told by its letters. Text in Latin letters is taken as English
unless the small words of one other language clearly outnumber the English ones: short texts, names and slang have
too few of them to tell, and refusing those would be worse than scoring them. Languages not in the table, and
any language written in letters that are not its own, are not recognised.
"""

import re
from typing import Final

ENGLISH: Final = "en"
MAX_CHARS: Final = 4_000
"""Characters that are looked at."""
MIN_WORDS: Final = 3
"""Different small words of another language that are needed to prefer it to English."""

_LETTER: Final = re.compile(r"[^\W\d_]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_SCRIPTS: Final = {
    "ja": re.compile("[\u3040-\u30ff]"),
    "ko": re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"),
    "zh": re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "ar": re.compile("[\u0600-\u06ff\u0750-\u077f]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "hy": re.compile("[\u0530-\u058f]"),
}
"""The most common language of each script: Ukrainian is taken as Russian, Persian as Arabic."""
_SMALL_WORDS: Final = {
    ENGLISH: "the and you that is was are for with this not have they your but what all when can be of to it in on "
    "at we he she his her my me i a so just do if or as from who would there their been has had don t s "
    "re",
    "es": "el los las que una por para con más pero como muy eres está esto esta todo también porque cuando del "
    "al lo se te mi tu su ya nada hay son fue ser y",
    "fr": "le les des une est pas vous nous que qui dans pour avec sur mais c'est cette tout être très plus ce "
    "ça je tu il elle et du au ne se leur sont mon ton",
    "de": "der das und ist nicht du ich ein eine mit auf für sich dem den es wie auch aber wir sie dich mich "
    "sind hat wird noch nur von zu wenn oder bei",
    "it": "il che non di sono una per con più ma come anche questo gli della nel sei ho hai è lo la le del alla "
    "tutti mi ti ci si molto quando",
    "pt": "o os não uma você para com mais mas como muito isso este esta ser são foi tem da do das dos em no na "
    "eu ele ela e que seu sua também",
    "nl": "de het een en niet van ik je dat zijn met voor op maar ook aan er wat bij hij zij ze heb hebt naar "
    "nog wel dit deze omdat",
    "sv": "och det att som en är inte jag du på för med har den till av om men var ett vi kan så din mitt",
    "pl": "nie jest się na że do to jak co ale ty ja za tak od po dla czy przez już tylko był jesteś i w z",
    "tr": "ve bir bu için çok ne ama gibi daha var ben sen değil da de ile kadar mı mi olarak",
    "id": "yang dan di ini itu dengan untuk tidak dari pada saya kamu akan ada bisa juga sudah atau karena",
}
_LANGUAGES_OF: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()
}


def detect_language(text: str) -> str | None:
    """The likely language as an ISO 639-1 code; None for a text without letters."""
    text = text[:MAX_CHARS]
    if not text.isascii():
        n_letters = len(_LETTER.findall(text))
        counts = {language: len(script.findall(text)) for language, script in _SCRIPTS.items()}
        if n_letters and sum(counts.values()) * 2 > n_letters:
            return "ja" if counts["ja"] else max(counts, key=lambda language: counts[language])
    words = _WORD.findall(text.lower())
    return _by_words(words) if words else None


def _by_words(words: list[str]) -> str:
    different = set(words)
    counts = {language: len(different & known) for language, known in _LANGUAGES_OF.items()}
    best = max(counts, key=lambda language: counts[language])
    is_clear = best != ENGLISH and counts[best] >= MIN_WORDS and counts[best] > 2 * counts[ENGLISH]
    return best if is_clear else ENGLISH
