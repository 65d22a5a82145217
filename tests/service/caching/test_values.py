"""Values and keys: a round trip loses nothing, carries no text, and damage is noticed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import TextFeatures
from models.contracts.records import VECTOR_SIZE
from service.caching.naming import Names
from service.caching.values import ValueInvalidError, pack, unpack
from service.ticket import Scored

FEATURES = TextFeatures(
    n_chars=12,
    n_tokens=3,
    n_windows=1,
    ascii_share=1.0,
    upper_share=0.25,
    digit_share=0.0,
    language="fil",
    script="Latn",
    n_urls=2,
    n_emoji=3,
    altered_share=0.125,
    disguised_share=0.5,
)
KEPT = st.one_of(st.none(), st.binary(min_size=VECTOR_SIZE, max_size=VECTOR_SIZE))
probs = st.lists(st.floats(0, 1).map(lambda prob: round(prob, 6)), max_size=30)
vectors = st.one_of(st.none(), st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=20))
names = st.text(min_size=1, max_size=8)


@given(probs, vectors, KEPT)
def test_a_round_trip_loses_nothing(values: list[float], vector: list[float] | None, kept: bytes | None) -> None:
    embedding = None if vector is None else np.array(vector, dtype=np.float32)
    found = unpack(pack(Scored(values, "words", FEATURES, embedding, kept)), "words", FEATURES.altered_share)
    assert (found.probs, found.text, found.features, found.vector) == (values, "words", FEATURES, kept)
    assert (found.embedding is None) == (vector is None)
    assert vector is None or (found.embedding == embedding).all()  # type: ignore[union-attr]


def test_every_feature_is_kept() -> None:
    assert set(TextFeatures.model_fields) == set(unpack(pack(Scored([], "", FEATURES)), "").features.model_dump())


def test_what_is_unpacked_was_held() -> None:
    assert unpack(pack(Scored([], "", FEATURES)), "").is_cached


def test_how_a_text_was_posted_is_not_held() -> None:
    assert unpack(pack(Scored([], "", FEATURES)), "").features.altered_share == 0.0


def test_a_value_holds_no_text() -> None:
    assert b"secretmarker" not in pack(Scored([0.5], "secretmarker", FEATURES))


@given(st.binary(max_size=160))
def test_what_is_not_a_value_is_refused_or_has_finite_probabilities(value: bytes) -> None:
    try:
        found = unpack(value, "")
    except ValueInvalidError:
        return
    assert np.isfinite(found.probs).all()


def test_a_probability_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueInvalidError):
        unpack(pack(Scored([float("nan")], "", FEATURES)), "")


def key(
    secret: bytes = b"s" * 32, bundle: str = "b", policy: str = "p", text: str = "t", *, embeds: bool = False
) -> bytes:
    return Names(secret, bundle, lambda: policy).key(text, with_embedding=embeds)


def test_a_key_depends_on_everything_that_scores_may_depend_on_and_on_the_secret() -> None:
    others = [key(b"z" * 32), key(bundle="c"), key(policy="q"), key(text="u"), key(embeds=True)]
    assert len({key(), *others}) == 6
    assert key() == key()


@given(names, names, names, names)
def test_names_are_not_confused_by_where_one_ends(bundle: str, policy: str, bundle_2: str, policy_2: str) -> None:
    same = (bundle, policy) == (bundle_2, policy_2)
    if "\0" not in bundle + policy + bundle_2 + policy_2:
        assert (key(bundle=bundle, policy=policy) == key(bundle=bundle_2, policy=policy_2)) == same


def test_a_key_says_nothing_of_the_text() -> None:
    assert b"secretmarker" not in key(text="secretmarker")
