import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.normalization import MAX_COMBINING_MARKS, InvalidTextError, normalize

NASTY_PIECES = st.sampled_from(
    [
        *(
            "&",
            ";",
            "&amp;",
            "amp;",
            "#38;",
            "&#65286;",
            "&am&#112;",
            "&semi;",
            "&num;",
            "&#0;",
            "&#55357;",
            "&lt;user&gt;",
        ),
        *(
            "@user",
            "@url",
            "[USER]",
            "[URL]",
            "<url>",
            "<user>",
            "@",
            "@ann",
            "http",
            "https://",
            "www.",
            "www.a.b/c?d=e",
        ),
        *(
            "Ã©",
            "Ãƒ",
            "ƒ",
            "Ã",
            "â€™",
            "Ã\u00a0",
            "é",
            "\u0301",
            "\u0316",
            "\u0344",
            "ﬁ",
            "＆",
            "；",
            "＠",
            "½",
            "\ufdfa",
        ),
        *("\u200b", "\u200d", "\ufe0f", "\x1b[31m", "\x1b", "\x00", "\x85", "\u00a0", "\u2028", "\n", " ", "  ", "\t"),
        *("👩", "🏽", "❤", "a", "Kill", "[", "]", "<", ">", "1", "_", ".", "“", "’", "\u3164", "\U000e0067"),
    ]
)
TEXTS = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.lists(NASTY_PIECES).map("".join))


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


@given(TEXTS)
def test_no_blank_run_and_no_control_character_is_left(text: str) -> None:
    normal = normalize(text)
    assert normal == " ".join(normal.split())
    assert not any(char < " " or "\x7f" <= char <= "\x9f" for char in normal)


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1))
def test_the_shortcut_for_ascii_agrees_with_the_full_path(text: str) -> None:
    assert normalize(text + " é") == f"{normalize(text)} é".strip()


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("a  b\n\tc ", "a b c"),
        ("@ann_b you @BOB!", "@user you @user!"),
        ("[USER] and <user> and @USER", "@user and @user and @user"),
        ("mail me: a@b.com", "mail me: a@b.com"),
        ("see https://a.b/c?d=1#e now", "see http now"),
        ("see www.a.b now [URL] <url> @url", "see http now http http http"),
        ("https://t.co/x你好", "http 你好"),
        ("fish &amp; chips &lt;3", "fish & chips <3"),
        ("&amp;amp;amp;lt;", "<"),
        ("&am&#112;&semi;", "&"),
        ("AT&T; R&D", "AT&T; R&D"),
        ("clichÃ© voilÃ\u00a0 â€™", "cliché voilà '"),
        ("k\u200bi\u00adl\u2060l", "kill"),
        ("ＦＵＬＬ ﬁ ²", "FULL fi 2"),
        ("⒜ st⒰pid ⒤⒟⒤ot 🄘diot", "(a) stupid idiot Idiot"),
        ("“so” they’d say", '"so" they\'d say'),
        ("\x1b[31mred\x1b[0m", "red"),
        ("👩\u200d👩\u200d👧 ❤\ufe0f 🏴", "👩\u200d👩\u200d👧 ❤\ufe0f 🏴"),
        ("a\u200db", "ab"),
        ("kill😂😂you ❤\ufe0fyes 1\ufe0f\u20e3", "kill 😂😂 you ❤\ufe0f yes 1\ufe0f\u20e3"),
        ("\u200b\u200b \x00", ""),
        ("", ""),
    ],
)
def test_examples(written: str, normal: str) -> None:
    assert normalize(written) == normal


@pytest.mark.parametrize("text", ["\ud800", "ok \udfff ok", "\ude00\ud83d"])
def test_a_lone_surrogate_is_a_typed_error_that_does_not_quote_the_text(text: str) -> None:
    with pytest.raises(InvalidTextError, match="surrogate") as raised:
        normalize(text)
    assert "ok" not in str(raised.value)


def test_a_name_longer_than_any_handle_is_not_masked() -> None:
    assert normalize("@" + "a" * 31) == "@" + "a" * 31


def test_a_tower_of_marks_is_cut_to_the_safe_length() -> None:
    assert len(normalize("x" + "\u0321\u0307" * 1000)) <= 1 + 2 * MAX_COMBINING_MARKS


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit",
    [
        "Ãƒ",
        "ƒ",
        "\u0301\u0316",
        "&amp;",
        "amp;",
        "&",
        ";",
        "@",
        "@a",
        "www.",
        "http://",
        "[USER]",
        "\u200d",
        "\x1b[",
        "a",
        "<",
    ],
)
def test_a_megabyte_of_anything_ends(unit: str) -> None:
    text = "&Ã" + unit * (1_000_000 // len(unit))
    assert len(normalize(text)) <= 2 * len(text)


def test_importing_normalisation_loads_no_model_library() -> None:
    program = (
        "import sys, models.runtime.normalization; sys.exit(any(m in sys.modules for m in ('onnxruntime', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
