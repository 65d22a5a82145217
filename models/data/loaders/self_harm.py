"""Loader of suicide risk posts. Users are read to keep their posts together and are never stored."""

import re
from collections.abc import Iterator
from typing import Final

from models.contracts import Category
from models.data import cues
from models.data.labels import Label, no, yes
from models.data.rows import Files, Row
from models.data.tables import read_table

_AT_RISK: Final = {"ideation", "behavior", "attempt"}
_SAFE: Final = {"supportive", "uninformative"}
_BETWEEN_POSTS = re.compile(r"""['"], ?['"]""")


def cssrs_reddit(files: Files) -> Iterator[Row]:
    """Posts by post label, and users' posts by user label.

    A user's label is about the person, not about each post: a post of a user at risk counts (at low weight) only
    where the writer speaks of their own wish, plan or attempt, and is unknown otherwise; the posts of supporters
    are a no even though they talk about suicide. "Indicator" is risk without a thought of self-harm: no intent.
    Long histories are split into their posts, not cut. Source: Gaur et al. (2019), WWW.
    """
    for row in read_table(files["post_level.csv"]):
        risk = row["Suicide Risk"].lower()
        yield Row(row["Reddit Post"].lstrip("'"), _post_marks(risk))
    for row in read_table(files["500_Reddit_users_posts_labels.csv"]):
        for post in split_posts(row["Post"]):
            yield Row(post, _user_marks(row["Label"].lower(), post), weight=0.4, kin=row["User"])


def split_posts(history: str) -> list[str]:
    """The posts of a history printed as a Python list, which some cells hold cut off."""
    return [post.strip() for post in _BETWEEN_POSTS.split(history.strip().strip("[]").strip("'\""))]


def _post_marks(risk: str) -> dict[Label, int]:
    if risk in _AT_RISK:
        return yes(Category.SELF_HARM_INTENT)
    if risk in _SAFE:
        return no(Category.SELF_HARM)
    return no(Category.SELF_HARM_INTENT) if risk == "indicator" else {}


def _user_marks(risk: str, post: str) -> dict[Label, int]:
    if risk in _AT_RISK:
        return yes(Category.SELF_HARM_INTENT) if cues.FIRST_PERSON_RISK.search(post) else {}
    if risk == "supportive":
        return no(Category.SELF_HARM_INTENT) if cues.FIRST_PERSON_RISK.search(post) else no(Category.SELF_HARM)
    return {}
