"""Language: English unless something else is clear."""

import pytest

from scripts.bench.corpus import load_texts
from service.wire.perspective.language import detect_language

OTHERS = {
    "es": "Eres muy tonto y no me gusta lo que dices",
    "fr": "Tu es une idiote et je ne veux pas te voir",
    "de": "Du bist ein Idiot und ich will dich nicht sehen",
    "it": "Sei un idiota e non mi piace quello che dici",
    "pt": "Você não é uma pessoa muito boa e isso não tem graça",
    "nl": "Je bent een idioot en ik wil je niet meer zien",
    "ru": "Ты идиот",
    "zh": "你是笨蛋",
    "ja": "あなたは馬鹿です",
    "ko": "너는 바보야",
    "ar": "أنت غبي",
    "hi": "तुम बेवकूफ हो",
    "el": "Είσαι ηλίθιος",
    "he": "אתה טיפש",
    "th": "คุณโง่",
}


@pytest.mark.parametrize(("language", "text"), OTHERS.items())
def test_another_language_is_recognised(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text", ["lol u r dumb", "die in a fire", "la la la la la", "C'est la vie, my friend", "Müller"]
)
def test_a_text_with_few_foreign_words_is_english(text: str) -> None:
    assert detect_language(text) == "en"


@pytest.mark.parametrize("text", ["", "😂😂", "1234 !!", "---"])
def test_a_text_without_letters_has_no_language(text: str) -> None:
    assert detect_language(text) is None


def test_of_the_project_s_349_texts_only_the_spanish_and_the_french_one_are_not_english() -> None:
    others = {detect_language(text): text for text in load_texts() if detect_language(text) != "en"}
    assert (len(load_texts()), set(others)) == (349, {"es", "fr"})
    assert others["es"].startswith("¿Alguien")
    assert others["fr"].startswith("Merci")
