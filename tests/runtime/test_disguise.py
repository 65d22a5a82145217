"""Disguise: tricks are seen, and ordinary ways to write are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.disguise import altered_share, disguised_share
from models.runtime.normalization import normalize

DISGUISED = """
h4te f*ck f**k f*** b**ch s***t $tupid sh!t a$$ ki$$ pu$$y bu$iness b@stard n1gg3r st00pid id1ot b1tch wh0re s3cr3t f#ck
4ssh0le wh0r3 k.i.l.l K-I-L-L k_i_l_l k~i~l~l fu\u0441k p\u0430ssword \u043ddie \u1d0b\u026a\u029f\u029f H4TE Wh0re
"""
ORDINARY = """
iPhone15 covid19 3pm it's and/or e-mail me@example.com user@host.org $5 $19.99 R$50 C++ C# U.S.A. U.S.S.R. R.S.V.P. e.g.
i.e. a.m. mp3 mp3s ps5s h2o i18n k8s l10n x86_64 utf8 sha256 GPT-4o v1.2.3 0x1f $TSLA $HOME @user #hashtag 50% 100% 10k
4k 1080p 2nd 4th x=1 a*b *emphasis* **bold** **is** wow!! what?! if(a!=b): arr[0] f(x) foo_bar self.x i++ B2B p2p 5'10
Wi-Fi state-of-the-art 24/7 PS5 RTX4090 Model3 windows11 w/o c/o 1,000 3.14 12:30 2024-01-02 rock'n'roll Hello!World
ok... A4 G7 caf\u00e9 na\u00efve T\u6064 CPU\ub294 \u03bcm 5\u03bcm \u0394t IT-\u043e\u0442\u0434\u0435\u043b a1b2c3d4
9f86d081884c7d65 AKIAIOSFODNN7EXAMPLE soooo hahaha
"""
PIECES = st.sampled_from(
    ["a", "A", "0", "1", "*", "$", "@", "!", "#", ".", "-", "_", " ", "\u0441", "\u03bc", "é", "語"]
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.lists(PIECES, max_size=60).map("".join)


@pytest.mark.parametrize("word", DISGUISED.split())
def test_a_disguised_word_is_seen(word: str) -> None:
    assert disguised_share(normalize(f"you {word} there")) == pytest.approx(1 / 3)


@pytest.mark.parametrize("word", ORDINARY.split())
def test_an_ordinary_word_is_not(word: str) -> None:
    assert disguised_share(normalize(f"the {word} there")) == 0.0


def test_letters_that_are_spaced_apart_count_as_words_each() -> None:
    assert disguised_share("now k i l l him") == pytest.approx(4 / 6)


@pytest.mark.parametrize("text", ["I am a man", "plan a b c of it", "x y z", "the vitamins A C D"])
def test_a_few_single_letters_are_ordinary(text: str) -> None:
    assert disguised_share(text) == 0.0


@pytest.mark.parametrize(
    ("raw", "share"),
    [
        ("h\u200be\u200bllo", 2 / 7),
        ("f\u00aduck", 1 / 5),
        ("\uff46uck", 1 / 4),
        ("\U0001d4f1ate", 1 / 4),
        ("\u24d5uck", 1 / 4),
        ("a\u0337\u0321\u0327", 3 / 4),
        ("hi" + "\U000e0041" * 10, 10 / 12),
    ],
)
def test_what_normalisation_undoes_is_counted(raw: str, share: float) -> None:
    assert altered_share(raw, normalize(raw)) == pytest.approx(share)


@pytest.mark.parametrize(
    "raw",
    [
        "\u201cquotes\u201d \u2026 and a dash \u2013",
        "caf\u00c3\u00a9",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian needs its non-joiner
        "\ufeffhello",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 fam",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "see https://example.org @somebody",
        "m\u00b2 \u2122 \u00bd",
        "Vie\u0323\u0302t Nam",
        "two  blanks\tand\nlines",
    ],
)
def test_masks_blanks_quotes_and_what_scripts_need_are_no_disguise(raw: str) -> None:
    assert altered_share(raw, normalize(raw)) == 0.0


@given(texts)
def test_shares_are_shares(raw: str) -> None:
    text = normalize(raw)
    assert 0.0 <= disguised_share(text) <= 1.0
    assert 0.0 <= altered_share(raw, text) <= 1.0


@given(st.lists(PIECES, max_size=60).map("".join).filter(str.isascii))
def test_the_short_way_for_ascii_says_what_the_long_way_says(raw: str) -> None:
    text = normalize(raw)
    with_more = f"{text} \u00e9" if text else "\u00e9"
    n_words = text.count(" ") + 1 if text else 0
    assert disguised_share(text) * n_words == pytest.approx(disguised_share(with_more) * (n_words + 1))


def test_code_points_without_a_character_alter_nothing() -> None:
    assert altered_share("\U0001d53a \U0001f12f", normalize("\U0001d53a \U0001f12f")) == 0.0


@given(texts)
def test_a_normal_text_is_altered_only_by_stacked_marks(raw: str) -> None:
    text = normalize(raw)
    assert altered_share(text, text) == 0.0 or any(0x300 <= ord(char) <= 0xFE2F for char in text)
