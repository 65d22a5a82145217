"""Joining: words written as one, so that no list of words finds them."""

import random


def join(text: str, chance: random.Random, *, strength: float, n_most: int = 3, hashtags: float = 0.5) -> str:
    """Take the blanks out of `strength` of the places between two plain words.

    Args:
        text: any.
        chance: decides.
        strength: share of the places, in (0, 1].
        n_most: words that are written as one.
        hashtags: share of the joined words that are written as `#KillThemAll`.

    """
    words = text.split(" ")
    places = [i for i in range(1, len(words)) if words[i - 1].isalpha() and words[i].isalpha()]
    closed = set(chance.sample(places, min(len(places), max(1, round(strength * len(places))))))
    runs: list[list[str]] = []
    for i, word in enumerate(words):
        if i in closed and len(runs[-1]) < n_most:
            runs[-1].append(word)
        else:
            runs.append([word])
    return " ".join(run[0] if len(run) == 1 else _written(run, chance.random() < hashtags) for run in runs)


def _written(run: list[str], as_hashtag: bool) -> str:  # noqa: FBT001 - private, and named at its only call
    return "#" + "".join(map(str.capitalize, run)) if as_hashtag else "".join(run)
