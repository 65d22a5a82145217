"""The shifts do what they say to texts, and only that."""

import random
from pathlib import Path

import pytest

from scripts.demo.posts import Post, load_posts
from scripts.demo.rhythm import hourly_shares
from scripts.demo.shifts import (
    ShiftName,
    advertise,
    converse,
    disguise,
    giveaways,
    invent_slang,
    prepare,
    speak_slang,
)
from scripts.demo.traffic import Plan, plan_traffic
from scripts.demo.wording import read_words

POSTS = load_posts(Path("no/such/folder"))


def test_without_a_data_set_the_written_texts_are_posted_and_say_so() -> None:
    assert len(POSTS.ordinary) > 1_000
    assert "no data set" in POSTS.origin


def test_giveaways_are_words_of_harmful_posts_only() -> None:
    harmful = [Post(f"you grotty person {number}", "feed", is_harmful=True) for number in range(20)]
    fine = [Post(f"you kind person {number}", "feed", is_harmful=False) for number in range(20)]
    assert giveaways([*harmful, *fine], 1) == ["grotty"]


def test_slang_replaces_a_word_by_the_same_invented_one_everywhere() -> None:
    harmful = [Post("you grotty person", "feed", is_harmful=True)] * 20
    invented = invent_slang([*harmful, *[Post("you kind person", "feed", is_harmful=False)] * 20])
    told = speak_slang("Grotty, grotty! But kind.", {"grotty": invented["grotty"]})
    assert told == f"{invented['grotty']}, {invented['grotty']}! But kind."


def test_disguise_leaves_short_words_alone() -> None:
    assert disguise("a bit of me", random.Random(0)) == "a bit of me"


def test_disguise_changes_long_words() -> None:
    text = "everybody understands disguised sentences"
    assert all(disguise(text, random.Random(seed)) != text for seed in range(20))


def test_an_advertisement_is_one_of_the_campaigns() -> None:
    assert advertise(["buy {n} now"], random.Random(0)).startswith("buy ")


@pytest.mark.parametrize("language", sorted(read_words().languages))
def test_a_language_is_not_mixed_with_another(language: str) -> None:
    sentences = read_words().languages[language]
    text = converse(sentences, random.Random(1))
    assert sum(sentence in text for sentence in sentences) in (2, 3)


def test_a_broken_upstream_sends_nothing() -> None:
    change = prepare(ShiftName.BROKEN_UPSTREAM, POSTS, 0)
    assert change(POSTS.ordinary[0], random.Random(0)).text == ""


def test_the_hours_of_a_day_make_up_the_day() -> None:
    shares = hourly_shares()
    assert shares.sum() == pytest.approx(1.0)
    assert shares.argmax() in (19, 20)


def test_the_same_seed_plans_the_same_traffic() -> None:
    plan = Plan(1, 200, ShiftName.OBFUSCATION, 0.5, seed=3)
    assert plan_traffic(POSTS, plan) == plan_traffic(POSTS, plan)


def test_nothing_is_shifted_before_the_shift_begins() -> None:
    items = plan_traffic(POSTS, Plan(2, 300, ShiftName.BROKEN_UPSTREAM, 1.0))
    assert all(item.post.text for item in items if item.hour < 24)
    assert any(not item.post.text for item in items if item.hour >= 24)
