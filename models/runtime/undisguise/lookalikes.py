"""Lookalikes: letters of other alphabets, and Latin ones in fancy dress, put back to the plain letters they mimic.

A foreign letter is read as a Latin one only inside of a word that has Latin letters too, or where a word of nothing but
lookalikes is an English one and stands in Latin text. Words in their own script, units (`μm`) and names with their own
letters (`Łódź`) stay.

Source: shapes as Unicode's names and charts have them; letters derived from Latin ones are found by their name.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

_PAIRS: Final = (
    # Cyrillic
    "аaӓaӑaвbеeёeѐeәeѕsіiїiјjкkқkҝkӏlмmнhңhоoӧoөoрpсcҫcԁdтtҭtуyўyүyұyԛqѡwԝwхxҳxӿxѵvһhғfьbпnгrѓrиnйnзeэeяrшwщwцuдdчyбb"
    "АaВbЕeЁeЅsІiЇiЈjКkӀlМmНhОoРpСcТtУyԚqԜwХxҮyѴvҺhҒfЬbПnГrИnЙnЯrШwЩwЦuДdЗeЭeЧyБbБb"
    # Greek
    "αaάaβbγyδdεeέeζzηnήnθoιiίiϊiκkλlμuνvξeοoόoπnρpσoςsτtυuύuϋuφoχxψwωwώwϲcϳjϵe"
    "ΑaΆaΒbΓrΔaΕeΖzΗhΘoΙiΪiΚkΛaΜmΝnΞeΟoΠnΡpΣeΤtΥyΫyΦoΧxΨwΩoϹcͿj"
    # Armenian
    "աuոnօoսuհhյjցgքpզqգqլlռnոnտsՕoՏsԼlՍuՈn"
    # Cherokee, Lisu, Canadian syllabics
    "ᎠdᎡrᎢtᎥiᎩyᎪaᎫjᎬeᎳwᎷmᎻhᎽyᏀgᏃzᏌuᏏbᏒrᏔwᏕsᏙvᏚsᏞlᏟcᏢpᏦkᏧdᏴbᎾoᏫoᏂhᎿhᎶgᏁnᏉvᏓlᏗjᎴr"
    "ꓐbꓑpꓓdꓔtꓖgꓗkꓙjꓚcꓜzꓝfꓟmꓠnꓡlꓢsꓣrꓦvꓧhꓪwꓫxꓬyꓮaꓰeꓲiꓳoꓴu"
    "ᗩaᗷbᑕcᗪdᕮeᖴfᕼhᒍjᒪlᗰmᑎnᑭpᖇrᔕsᑌuᐯvᗯw᙭xᗅaᗞdᐱaᑢcᖽkᓰiᓿsᘿeᗝoᘺwᘻmᘉnᔢs"
    # kana and ideographs of the same outline
    "卂a乃b匚c乇e千f卄h丨iフj爪m几n口o尺r丂s丅t凵u山w乂x丫y乙z刀d工iㄖo卩pㄒtㄩuㄚyㄥl"
    # Latin beyond the plain letters, where the name does not say which
    "ɑaɒaɐaɓbƅbɔcƈcðdɖdɗdǝeəeɛeɜeɘeƒfɟfɡgɢgƃgɠgɥhɦhɩiıiȷjɾrʝjʞkƙkʟlłlɭlɯwʍmɱmŋnɲnɳnɵoøoƿpþpʠqɹrɻrʀrʂsʃsſsƽsʇtƫtƭtʊuʉuʋvʌvɣyƴyʎyʐzʒz"
    "ØoŁlĐdÐdÞpŊnƆcƎeƐeƑfƓgƘkƟoƝnƤpƬtƲuƳyƵzȾt"
    # signs
    "∂d∀a∆a√v∩n∪u∑e∃e⊂c⊆c∈eℓlθo"
)
_JOINED: Final = "".join(_PAIRS)
_TABLE: Final[dict[str, str]] = dict(zip(_JOINED[::2], _JOINED[1::2], strict=True))
_TURNED: Final = dict(zip("ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz", "abcdefghijklmnopqrstuvwxyz", strict=True))
_TURNED_ONLY: Final = re.compile("[ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ]")
_MIN_TURNED: Final = 3
_NAMED: Final = re.compile(
    r"(?:NEGATIVE |SQUARED |CIRCLED )*(?:LATIN|TELETYPE) (?:SMALL LETTER|CAPITAL LETTER|LETTER SMALL CAPITAL) "
    r"([A-Z])(?: WITH .*)?"
)
_OF_LANGUAGES: Final = frozenset("øłđħıŋðþŁØĐÞßæœ")
"""Latin letters that languages write with: they are lookalikes in words of harm only."""
_MARKED: Final = re.compile(
    "(?<=[A-Za-z\u00c0-\u024f\u1e00-\u1eff])[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_PLAIN_WORD: Final = re.compile("[A-Za-z]{2,}")
_JOINT: Final = re.compile("([-/\u2010-\u2015])")
_MIN_LETTERS: Final = 3
_MIN_ORDINARY: Final = 4

IsWord = Callable[[str], bool]
"""Whether letters in lower case, signs among them, are a word or spell one."""


@lru_cache(maxsize=4096)
def plain_letter(char: str) -> str | None:
    """The plain letter in lower case that a character beyond ASCII looks like; None where it looks like none."""
    if char in _TABLE:
        return _TABLE[char]
    if "\uab70" <= char <= "\uabbf":
        return _TABLE.get(char.upper())
    named = _NAMED.fullmatch(unicodedata.name(char, ""))
    return str(named[1]).lower() if named is not None else None


def strip_marks(text: str) -> str:
    """Letters without the marks on them."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def read_lookalikes(text: str, is_word: IsWord, is_harmful: IsWord) -> str:
    """Put plain letters in the place of those that mimic them, word by word.

    Args:
        text: normalised, not all of ASCII.
        is_word: told plain letters, in lower case.
        is_harmful: the same, for words of harm.

    """
    text = _MARKED.sub("", text)
    if len(_TURNED_ONLY.findall(text)) >= _MIN_TURNED:
        turned = "".join(_TURNED.get(char, char) for char in reversed(text.lower()))
        if sum(map(is_word, turned.split())) * 2 > turned.count(" ") + 1:
            return turned
    is_latin = _PLAIN_WORD.search(text) is not None
    return " ".join(
        word
        if word.isascii()
        else "".join(_read_part(part, is_word, is_harmful, is_latin=is_latin) for part in _JOINT.split(word))
        for word in text.split(" ")
    )


def _read_part(part: str, is_word: IsWord, is_harmful: IsWord, *, is_latin: bool) -> str:
    """One word, or one part of a word with hyphens."""
    if part.isascii():
        return part
    chars = list(strip_marks(part) if any(map(_has_mark, part)) else part)
    foreign = [
        char
        for char in chars
        if not char.isascii() and char.isalnum() | (char in _TABLE) | (plain_letter(char) is not None)
    ]
    plain = [plain_letter(char) for char in foreign]
    if not foreign or None in plain:
        return part
    read = "".join(char if char.isascii() else plain_letter(char) or char for char in chars)
    n_latin = sum(char.isascii() and char.isalpha() for char in chars)
    if not _is_mimicry(read.lower(), foreign, n_latin, is_word, is_harmful, is_latin=is_latin):
        return part
    return (
        read.upper()
        if n_latin and "".join(char for char in chars if char.isascii()).isupper() and len(read) > 1
        else read
    )


def _has_mark(char: str) -> bool:
    return unicodedata.decomposition(char) != "" or unicodedata.combining(char) != 0


def _is_mimicry(
    read: str, foreign: list[str], n_latin: int, is_word: IsWord, is_harmful: IsWord, *, is_latin: bool
) -> bool:
    """Whether the foreign letters are there for their looks."""
    letters = read.strip(".,;:?\"'()")
    if any(char in _OF_LANGUAGES for char in foreign):
        return is_harmful(letters)
    if n_latin == 0:
        is_fancy = all(_is_fancy(char) for char in foreign)
        return (is_latin or is_fancy) and len(letters) >= _MIN_LETTERS and is_word(letters)
    if all(_is_mixed_never(char) for char in foreign) and n_latin + len(foreign) >= _MIN_ORDINARY:
        return True
    return len(letters) >= _MIN_LETTERS and is_word(letters)


def _is_fancy(char: str) -> bool:
    """Of no alphabet that people write in, or of one that nobody mistakes for it."""
    return not "\u0370" <= char <= "\u058f" and not "\u2e80" <= char <= "\u9fff"


def _is_mixed_never(char: str) -> bool:
    """Letters that no orthography puts into one word with Latin ones."""
    return "\u0400" <= char <= "\u058f" or "\u13a0" <= char <= "\u167f" or "\ua4d0" <= char <= "\ua4ff"
