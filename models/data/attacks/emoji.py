"""Emoji: pictures in place of letters (`🅱itch`) and in place of words (`🔪 them`)."""

import random
import re
from string import ascii_lowercase
from typing import Final

from models.data.attacks.tables import Table, by_line
from models.data.attacks.targets import rewrite, substitute


def _row(start: int) -> Table:
    return {letter: (chr(start + i),) for i, letter in enumerate(ascii_lowercase)}


TRAINING_LETTERS: Final[Table] = {
    **_row(0x1F1E6),
    "a": ("🅰️", "🇦"),
    "b": ("🅱️", "🇧"),
    "o": ("🅾️", "🇴"),
}
"""Regional indicators, and the blood groups."""
BENCHMARK_LETTERS: Final[Table] = {
    letter: (chr(0x1F170 + i) if letter not in "abop" else chr(0x1F130 + i), chr(0x1F150 + i))
    for i, letter in enumerate(ascii_lowercase)
} | {
    "c": ("©️", "🅲"),
    "i": ("ℹ️", "❗"),
    "m": ("Ⓜ️", "♏"),
    "o": ("⭕", "⚽"),
    "p": ("🅿️",),
    "s": ("💲", "⚡"),
    "t": ("✝️",),
    "x": ("❌", "✖️"),
}
"""Squared and circled letters, and things with the shape of one; none is in `TRAINING_LETTERS`."""

TRAINING_PICTURES: Final = by_line(
    """
    kill killed killing stab knife = 🔪
    gun guns shoot shot = 🔫
    bomb bombs = 💣
    dead die death suicide = 💀
    fire burn = 🔥
    monkey monkeys = 🐒
    pig pigs = 🐷
    snake snakes = 🐍
    rat rats = 🐀
    dog dogs = 🐶
    shit crap poop = 💩
    clown clowns fool = 🤡
    trash garbage = 🗑️
    devil = 😈
    sick = 🤢
    disgusting = 🤮
    hate angry = 😡
    love = ❤️
    money = 💰
    pill pills drugs = 💊
    blood = 🩸
    muslim muslims islam = 🕌
    jew jews jewish = ✡️
    gay gays = 🏳️‍🌈
    women woman = 👩
    girls girl = 👧
    men man = 👨
    ass butt = 🍑
    dick penis sex = 🍆
    fuck fucking = 🖕
    christian = ✝️
    police cops = 👮
    brain = 🧠
    eyes look = 👀
    kiss = 💋
    """
)
BENCHMARK_PICTURES: Final = by_line(
    """
    kill = 🗡️ ⚰️ ☠️
    killed = ⚰️ ☠️
    killing = 🗡️ ☠️
    murder = 🔪🩸 ⚰️
    stab knife = 🗡️
    gun = 🏹 🔫💥
    guns = 🔫💥
    shoot = 🏹 🎯
    shot = 🎯 💥
    bomb bombs = 🧨 💥
    dead die = ⚰️ 🪦 ☠️
    death = 🪦 ☠️
    burn fire = ♨️
    monkey = 🐵 🦧
    monkeys = 🐵 🙉
    ape = 🦍 🦧
    apes gorilla = 🦍
    pig pigs = 🐖 🐽
    snake snakes = 🐉
    rat rats = 🐁 🐭
    dog dogs bitch = 🐕 🐩
    bitches = 🐩
    cow = 🐄 🐮
    sheep = 🐑
    donkey = 🫏
    cockroach cockroaches = 🪳
    worm = 🪱
    parasite = 🪱 🦠
    virus = 🦠
    shit = 🚽 🧻
    crap poop = 🚽
    bullshit = 🐂💩 🐄💩
    clown = 🎪
    fool = 🃏
    trash garbage = 🚮
    devil = 👿 👹
    evil = 👿
    sick = 🤒
    disgusting = 😖🤢
    hate = 😠💢 💔
    angry = 🤬
    love = 💕 😍
    money = 💵 🤑
    pill pills = 💉
    drugs = 💉 🌿
    weed = 🌿 🍁
    cocaine = ❄️
    blood = 🆎 🩸🩸
    muslim muslims = ☪️ 🧕
    islam = ☪️
    jew jews = 🕎 🕍
    jewish = 🕎
    gay gays = 🌈 👬
    lesbian lesbians = 👭
    trans = 🏳️‍⚧️ ⚧️
    women = 👭 🚺 ♀️
    woman = 🚺 ♀️ 💃
    girls = 👯 ♀️
    girl = 🚺 👸
    men = 🚹 ♂️ 👬
    man = 🚹 ♂️ 🕺
    ass = 🫏 🍩
    asshole = 🍑🕳️ 🍩
    butt = 🍩
    dick penis = 🍌 🌭
    cock = 🐓 🍌
    pussy = 🐱 🐈
    fuck fucking = 🖕🏽 👉👌
    sex = 👉👌 🔞
    porn = 🔞 🌽
    christian church = ⛪
    police cops = 🚓 🚨
    brain = 🤯
    eyes = 👁️👁️
    kiss = 😘 💏
    black = ⚫ 🖤 👨🏿
    blacks = 👨🏿 ⚫
    white = ⚪ 🤍 👨🏻
    whites = 👨🏻 ⚪
    brown = 🟤 🤎
    country = 🗺️
    rope hang = 🪢
    cut = ✂️ 🪒
    bleed = 🩸🩸
    suicide = ⚰️ 🪦
    nazi = 🥨⚡
    president = 🏛️
    idiot = 🤪 🥴
    crazy = 🤪
    stupid = 🥴 🧠🚫
    dumb = 🥴
    cry = 😭
    war = ⚔️
    fight = 🤺 🥊
    punch = 👊
    slap = 👋 ✋
    beat = 👊 🥊
    poison = 🧪 ☠️
    god = 🙏
    fat = 🐳 🍔
    ugly = 👹
    mouth = 👄
    suck sucks = 👅 🍭
    hell = 👿🔥
    kid = 👦
    world = 🌍
    """
)
"""Other pictures for the same words, and pictures for more words; no word has the same in `TRAINING_PICTURES`."""

_WORD: Final = re.compile(r"(?<![\w@'])[a-zA-Z]+(?![\w'])")


def picture_letters(
    text: str, chance: random.Random, *, strength: float, table: Table = BENCHMARK_LETTERS, share: float = 0.4
) -> str:
    """Replace `share` of the letters that have a picture in `strength` of the words."""
    return rewrite(text, chance, strength, lambda word, chance: substitute(word, table, chance, share))


def picture_words(text: str, chance: random.Random, *, strength: float, table: Table = BENCHMARK_PICTURES) -> str:
    """Replace `strength` of the words that have a picture, at least one; a text without such a word stays as it is."""
    found = [match for match in _WORD.finditer(text) if match.group().lower() in table]
    n = min(len(found), max(1, round(strength * len(found))))
    chosen = {match.start() for match in chance.sample(found, n)}

    def draw(match: re.Match[str]) -> str:
        return chance.choice(table[match.group().lower()]) if match.start() in chosen else match.group()

    return _WORD.sub(draw, text)
