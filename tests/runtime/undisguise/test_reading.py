"""Undisguise: what hides a word is undone, and ordinary text stays as it is."""

import hashlib
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.export.parity import read_corpus
from models.runtime.normalization import normalize
from models.runtime.undisguise import READING, undisguise
from models.runtime.undisguise.pictographs import BUDGET_CHARS

DISGUISED = {
    "leet": [
        ("you h4te him", "you hate him"),
        ("st00pid b1tch", "stupid bitch"),
        ("so $tupid", "so stupid"),
        ("sh!t happens", "shit happens"),
        ("what an a$$", "what an ass"),
        ("b@stard", "bastard"),
        ("|<ill them", "kill them"),
        ("k1lly0urs3lf", "kill yourself"),
        ("B1TCH", "BITCH"),
        ("my p1zz4 is c0ld", "my pizza is cold"),
        ("h8 you", "hate you"),
    ],
    "masks": [
        ("f*ck off", "fuck off"),
        ("b**ch", "bitch"),
        ("f### that", "fuck that"),
        ("f*** that", "fuck that"),
        ("a**hole", "asshole"),
        ("mother****er", "motherfucker"),
        ("m*rder him", "murder him"),
        ("f-ck", "fuck"),
        ("f\u2022\u2022k", "fuck"),
    ],
    "spacing": [
        ("now k i l l him", "now kill him"),
        ("k i l l y o u r s e l f", "kill yourself"),
        ("k.i.l.l K-I-L-L k_i_l_l k*i*l*l", "kill KILL kill kill"),
        ("fu-ck you", "fuck you"),
        ("fu ck you", "fuck you"),
        ("h e l l o there", "hello there"),
        ("killyourself", "kill yourself"),
        ("KillYourself now", "kill yourself now"),
        ("ihateyou", "i hate you"),
    ],
    "stretching": [("fuuuuck", "fuck"), ("i haaaate it", "i hate it"), ("loooove it", "love it")],
    "lookalikes": [
        ("fu\u0441k", "fuck"),
        ("p\u0430ssword", "password"),
        ("y\u03bfu \u0456diot", "you idiot"),
        ("the \u0455\u0435\u0445 shop", "the sex shop"),
        ("\u1d0b\u026a\u029f\u029f them", "kill them"),
        ("\ua4d7\ua4f2\ua4e1\ua4e1 them", "kill them"),
        ("f\u0338u\u0338c\u0338k\u0338", "fuck"),
        ("\u029e\u0254n\u025f \u01dd\u0265\u0287", "the fuck"),
        ("h\u20acll \u00a2unt", "hell cunt"),
    ],
    "emoji letters": [
        ("\U0001f171itch", "bitch"),
        ("f\U0001f170\ufe0fg", "fag"),
        ("\U0001f1f0\U0001f1ee\U0001f1f1\U0001f1f1 him", "kill him"),
        ("wh0\ufe0f\u20e3r3\ufe0f\u20e3", "whore"),
    ],
    "emoji": [
        ("a \U0001f9d5 here", "a woman with headscarf here"),
        ("\U0001f9d5\U0001f9d5\U0001f9d5", "woman with headscarf"),
        ("\U0001f468\U0001f3ff", "dark skin man"),
        ("\U0001f44d\U0001f3ff", "thumbs up"),
        ("\U0001f1fa\U0001f1f8", "flag united states"),
        ("i\u2764\ufe0fu", "i red heart u"),
    ],
    "signs that draw letters": [
        ("|-|4te you", "hate you"),
        ("13itch", "bitch"),
        ("stu/>id", "stupid"),
        ("/\\sshole", "asshole"),
        ("vvh0re", "whore"),
        ("tr/\\sh", "trash"),
    ],
    "signs inside words": [
        ("st.upid", "stupid"),
        ("bi'tch", "bitch"),
        ("k+ill them", "kill them"),
        ("who]re", "whore"),
        ("(f)ucking idiot", "fucking idiot"),
        ("\u24a1\u24b0\u249e\u24a6 you", "fuck you"),
        ("id\u25cfot", "idiot"),
        ("tr\u2736sh", "trash"),
        ("sl_t", "slut"),
    ],
    "many scripts": [
        ("\u0e2ftup\u026ad", "stupid"),
        ("k\u05d9ll y\u0e50u", "kill you"),
        ("wh\u0e4fr\u03f5", "whore"),
        ("w\u03c3r\u0442\u04bbl\u03b5\u0455\u0455", "worthless"),
        ("\u05e7\u0454\u0e4f\u05e7\u026d\u0454 talk", "people talk"),
        ("\u05e7\u03b9\u043a\u0433\u0e4f\u0e22 talks", "pikrou talks"),
    ],
    "pictures inside words": [
        ("wh\U0001f3c0re", "whore"),
        ("m\u26bdr\u26bdn", "moron"),
        ("\U0001f17fathetic", "pathetic"),
        ("st\u26ceip", "st ophiuchus ip"),
    ],
    "misspelling": [
        ("stuipd", "stupid"),
        ("biitch", "bitch"),
        ("murdre him", "murder him"),
        ("you are wgore", "you are whore"),
        ("bich", "bitch"),
        ("kil you", "kill you"),
        ("eediot", "idiot"),
        ("phuck", "fuck"),
        ("you hctib", "you bitch"),
        ("i will llik you", "i will kill you"),
    ],
    "words run together": [
        ("youstupididiot", "you stupid idiot"),
        ("stupidpeople", "stupid people"),
        ("#StupidIdiots everywhere", "stupid idiots everywhere"),
    ],
    "rows of letters": [
        ("s . t . u . p . i . d", "stupid"),
        ("k - i - l - l y - o - u", "kill you"),
        ("s_t_u_p_i_d p_e_o_p_l_e", "stupid people"),
        ("y o u a r e a n i d i o t", "you are an idiot"),
    ],
    "several disguises": [
        ("st00000p1d", "stupid"),
        ("s7.up1d", "stupid"),
        ("b!!!tch", "bitch"),
        ("fuuu*ck", "fuck"),
        ("wehre does taht thraed come frmo", "where does that thread come from"),
    ],
    "codes": [
        ("6b 31 6c 6c 20 79 30 75 72 73 33 6c 66", "kill yourself"),
        ("S2lsbCB5b3Vyc2VsZiBub3c=", "Kill yourself now"),
        ("6b696c6c20796f757273656c66", "kill yourself"),
        ("%6b%69%6c%6c%20you", "kill you"),
        (
            "7468697320706f6f7220f09f91a9207761732061627573656420616e6420736865206465736572766564206974",
            "this poor woman was abused and she deserved it",
        ),
        ("dGhvc2UgcXVpeGxlcnMgZGVzZXJ2ZSBicm96emxlIGFuZCBwYWlu", "those quixlers deserve brozzle and pain"),
        ("\\x6b\\x69\\x6c\\x6c", "kill"),
        ("01101011 01101001 01101100 01101100", "kill"),
        ("-.- .. .-.. .-.. / -.-- --- ..-", "kill you"),
        ("flesruoy llik og", "go kill yourself"),
        ("xvyy lbhefrys abj", "kill yourself now"),
    ],
}
ORDINARY = """
iPhone15 covid19 3pm it's and/or e-mail me@example.com user@host.org $5 $19.99 C++ C# U.S.A. U.S.S.R. R.S.V.P. e.g. i.e.
a.m. mp3 mp3s ps5s h2o i18n k8s x86_64 utf8 sha256 GPT-4o v1.2.3 0x1f $TSLA $HOME $table $port @user http #hashtag 50%
10k 1080p 2nd 4th x=1 a*b *emphasis* **bold** **is** wow!! what?! foo_bar self.x i++ B2B p2p Wi-Fi 24/7 level5 5mile
ramped fuming dink pallet harem organised kyrie >!spoiler!< #throwback #ThrowbackThursday end".Next
RTX4090 windows11 w/o 1,000 3.14 12:30 2024-01-02 rock'n'roll S&H x^2 t-shirt x-ray y'all lol soooo hahaha
Dickinson Hancock Massachusetts psychotherapist Scunthorpe Middlesex cocktail Cockburn overkill rapping classic
caf\u00e9 na\u00efve \u0141\u00f3d\u017a k\u00f8be r\u00f8d \u03bcm 5\u03bcm \u0394t
IT-\u043e\u0442\u0434\u0435\u043b T\u6064 a1b2c3d4 9f86d081884c7d65 AKIAIOSFODNN7EXAMPLE
getElementById XMLHttpRequest README.md https 192.168.0.1 5'10 class1 form1 ad4b9c7e
"""
PLAIN = ["you", "are", "so", "kind", "today", "and", "we", "love", "the", "weather", "in", "spring"]
CODES = ["fuck", "kill ", "%6b", "S2lsbCB5b3U=", "01101011 ", "you", "\ufe0f", "\u200d", "\U0001f3ff", "\u20e3"]
SIGNS = ["\u0441", "\u03bc", "\u00e9", "\u8a9e", "\U0001f171", "\U0001f9d5", "\U0001f1fa", "\u0338"]
PIECES = st.sampled_from([*"aAk1l0 4*$@!#.-_|<()%+/", *CODES, *SIGNS])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.lists(PIECES, max_size=60).map("".join)


@pytest.mark.parametrize(("raw", "read"), [pair for family in DISGUISED.values() for pair in family], ids=ascii)
def test_a_disguise_is_undone(raw: str, read: str) -> None:
    assert undisguise(normalize(raw)) == read


@pytest.mark.parametrize("word", ORDINARY.split())
def test_an_ordinary_word_stays(word: str) -> None:
    text = normalize(f"the {word} there")
    assert undisguise(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "I am a man, and u r a b c of it",
        "the vitamins A C D E are in x y z",
        "call me at 5 or 6 p.m. on the 3rd of May",
        "(rap music) and *hit me* with it",
        "if (a != b) { return arr[0]; }",
        "\u043c\u044b \u043b\u044e\u0431\u0438\u043c \u0441\u043e\u0440 \u0438 \u043a\u043e\u0442\u043e\u0432",
        "she works at 10:30 - 11:45, room 4B, desk #12",
        "the new Citroën® car, by Nestlé®",
        "¡Adiós amigo!",
        "my fiancé† died",
        "λ∈R, ∂L∂θ, αβγ°C and ħω",
    ],
)
def test_an_ordinary_sentence_stays(text: str) -> None:
    assert undisguise(normalize(text)) == normalize(text)


def test_emphasis_around_a_word_is_no_mask() -> None:
    assert undisguise("***fuck*** this") == "***fuck*** this"


INITIALS = ("J*** and K*** said hi", "Mr. M*** met L**, D*** and P***", "c** and v*****")


@pytest.mark.parametrize("text", INITIALS)
def test_an_initial_with_stars_is_no_rare_word(text: str) -> None:
    assert undisguise(text) == text


@pytest.mark.parametrize(
    ("masked", "meant"), [("F*** you", "fuck you"), ("what a c***", "what a cunt"), ("P**** off", "pussy off")]
)
def test_an_initial_with_stars_is_what_it_mostly_is(masked: str, meant: str) -> None:
    assert undisguise(masked) == meant


def test_a_code_that_holds_no_english_stays() -> None:
    raw = bytes(random.Random(7).randrange(256) for _ in range(48)).hex()
    assert undisguise(raw) == raw


def test_emoji_beyond_the_budget_stay() -> None:
    row = "".join(chr(0x1F400 + place % 60) for place in range(6000))
    assert len(undisguise(row)) <= 4 * len(row) + 2 * BUDGET_CHARS


def test_almost_nothing_of_an_ordinary_corpus_changes() -> None:
    ordinary = [normalize(line) for line in read_corpus() if line.isascii()]
    changed = [text for text in ordinary if undisguise(text) != text]
    assert len(changed) <= 0.05 * len(ordinary)


@given(texts)
@settings(deadline=None)
def test_any_text_has_an_answer_of_bounded_length(raw: str) -> None:
    text = normalize(raw)
    assert len(undisguise(text)) <= 4 * len(text) + 2 * BUDGET_CHARS


@given(texts)
@example("0\ufe0f\ufe0f\u20e3")
@example("0\u20e3\u20e3")
@settings(deadline=None)
def test_what_was_read_is_read_the_same_again(raw: str) -> None:
    once = undisguise(normalize(raw))
    assert undisguise(once) == once


@given(texts)
@settings(deadline=None)
def test_text_that_was_not_normalised_has_an_answer_too(raw: str) -> None:
    assert isinstance(undisguise(raw), str)


@given(st.lists(st.sampled_from(PLAIN), max_size=30))
def test_plain_words_stay(words: list[str]) -> None:
    text = " ".join(words)
    assert undisguise(text) == text


PINNED = (3, "842b2d8a83bc226e")


def test_a_change_of_the_reading_has_a_new_number() -> None:
    """Where this fails on purpose, add one to `READING` and pin the new digest: kept scores are named by the number."""
    texts = [*INITIALS, *(hidden for cases in DISGUISED.values() for hidden, _ in cases), *read_corpus()]
    read = "\n".join(map(undisguise, map(normalize, texts)))
    assert (READING, hashlib.sha256(read.encode()).hexdigest()[:16]) == PINNED
