"""Matching: what is found, by which signature, and what a negative bank takes back."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from models.contracts import Action, Category, MatchKind
from models.runtime.matching.pdq import PdqHash
from models.runtime.matching.text_sketch import sketch_text
from service.banks.reloading import Banks, open_banks
from service.banks.rows import NewItem
from service.banks.sample import ImageSample, Sample
from service.banks.signatures import Signatures, text_digest
from service.banks.store import BankStore
from service.banks.values import BankDraft, BankPatch, ItemPatch
from tests.service.banks.conftest import (
    BUNDLE,
    SPACE,
    bits,
    by_pdq,
    digest,
    direction,
    embedded,
    flipped,
    picture,
)

TEXT = "buy cheap followers now at our great shop, limited offer for you and your friends only today"


def add(store: BankStore, bank: str, signatures: Signatures) -> str:
    return store.add(bank, NewItem(signatures)).item.id


def text_item(text: str) -> Signatures:
    return Signatures(text_sha256=text_digest(text), text_sketch=sketch_text(text))


def kinds(banks: Banks, sample: Sample) -> list[MatchKind]:
    banks.poll()
    return [match.kind for match in banks.matcher.match(sample).matches]


def test_the_same_file_is_an_exact_match(store: BankStore, banks: Banks) -> None:
    add(store, "bad", Signatures(sha256=digest("a"), pdq=bits(1)))
    assert kinds(banks, picture("a", bits(1))) == [MatchKind.EXACT]


def test_another_file_of_the_same_picture_matches_by_pdq(store: BankStore, banks: Banks) -> None:
    add(store, "bad", Signatures(sha256=digest("a"), pdq=bits(1)))
    assert kinds(banks, picture("b", flipped(bits(1), 31))) == [MatchKind.PDQ]


def test_pdq_ends_at_the_threshold(store: BankStore, banks: Banks) -> None:
    add(store, "bad", by_pdq(bits(1)))
    assert kinds(banks, picture("b", flipped(bits(1), 32))) == []


def test_any_orientation_of_a_picture_matches(store: BankStore, banks: Banks) -> None:
    add(store, "bad", by_pdq(bits(1)))
    turned = ImageSample(digest("b").hex(), (PdqHash(bits(2), 100), PdqHash(bits(1), 100)))
    assert kinds(banks, Sample(images=(turned,))) == [MatchKind.PDQ]


def test_a_flat_picture_does_not_match_by_pdq(store: BankStore, banks: Banks) -> None:
    add(store, "bad", by_pdq(bits(1)))
    assert kinds(banks, Sample(images=(ImageSample(digest("b").hex(), (PdqHash(bits(1), 49),)),))) == []


def test_a_near_duplicate_text_matches(store: BankStore, banks: Banks) -> None:
    add(store, "bad", text_item(TEXT))
    assert kinds(banks, Sample(text=TEXT)) == [MatchKind.EXACT]
    assert kinds(banks, Sample(text=TEXT + "!")) == [MatchKind.NEAR_TEXT]
    assert kinds(banks, Sample(text="an entirely different thing that somebody said about the weather")) == []


def test_neighbours_by_embedding_match(store: BankStore, banks: Banks) -> None:
    add(store, "bad", Signatures(sha256=digest("a"), image_embedding=embedded(0)))
    assert kinds(banks, picture("b", embedding=direction(0, 0.1))) == [MatchKind.IMAGE_EMBEDDING]
    assert kinds(banks, picture("b", embedding=direction(0, 1.0))) == []


def test_neighbours_of_a_text_match(store: BankStore, banks: Banks) -> None:
    add(store, "bad", Signatures(text_sha256=digest("a"), text_embedding=embedded(0)))
    assert kinds(banks, Sample("whatever", direction(0, 0.1))) == [MatchKind.TEXT_EMBEDDING]


def test_an_embedding_without_a_direction_matches_nothing(store: BankStore, banks: Banks) -> None:
    add(store, "bad", Signatures(sha256=digest("a"), image_embedding=embedded(0)))
    assert kinds(banks, picture("b", embedding=np.full(8, np.nan, dtype=np.float32))) == []


def test_embeddings_of_another_bundle_are_ignored_and_counted(store: BankStore, database: Engine) -> None:
    add(store, "bad", Signatures(sha256=digest("a"), image_embedding=embedded(0, "c" * 64)))
    banks = open_banks(database, SPACE, SPACE)
    assert kinds(banks, picture("b", embedding=direction(0))) == []
    assert banks.n_stale_embeddings == 1
    assert not banks.matcher.has_image_embeddings


def test_a_match_names_the_input_the_item_and_the_bank(store: BankStore, banks: Banks) -> None:
    item = add(store, "bad", by_pdq(bits(1)))
    banks.poll()
    other, same = picture("x", bits(9)).images[0], picture("b", flipped(bits(1), 5)).images[0]
    matched = banks.matcher.match(Sample(images=(other, same)))
    [match] = matched.matches
    assert (match.bank, match.item_id, match.distance, match.input) == ("bad", item, 5.0, "images[1]")
    [verdict] = matched.verdicts
    assert (verdict.category, verdict.action, verdict.review) == (Category.WEAPONS, Action.REMOVE, True)


def test_the_closest_item_of_a_bank_stands_for_it(store: BankStore, banks: Banks) -> None:
    add(store, "bad", by_pdq(flipped(bits(1), 9)))
    closest = add(store, "bad", by_pdq(flipped(bits(1), 3)))
    banks.poll()
    assert [match.item_id for match in banks.matcher.match(picture("b", bits(1))).matches] == [closest]


def test_every_bank_that_knows_the_content_speaks(store: BankStore, banks: Banks) -> None:
    store.create(BankDraft(name="second", category=Category.FIRE, action=Action.LABEL))
    for bank in ("bad", "second"):
        add(store, bank, by_pdq(bits(1)))
    banks.poll()
    assert {verdict.bank for verdict in banks.matcher.match(picture("b", bits(1))).verdicts} == {"bad", "second"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    positive=st.integers(0, 31),
    negative=st.integers(0, 31),
    by_embedding=st.booleans(),
)
def test_any_near_match_in_a_negative_bank_suppresses_all_that_are_not_exact(
    store: BankStore, banks: Banks, positive: int, negative: int, by_embedding: bool
) -> None:
    for bank in ("bad", "fine"):
        for item in store.items(bank):
            store.delete_item(bank, int(item.id))
    bad = add(store, "bad", by_pdq(flipped(bits(1), positive)))
    cleared = (
        Signatures(sha256=digest("a"), image_embedding=embedded(0))
        if by_embedding
        else by_pdq(flipped(bits(1), negative))
    )
    fine = add(store, "fine", cleared)
    banks.poll()
    matched = banks.matcher.match(picture("b", bits(1), direction(0)))
    assert (matched.matches, matched.verdicts) == ((), ())
    assert [match.item_id for match in matched.suppressed] == [bad]
    assert [match.item_id for match in matched.cleared_by] == [fine]


def test_a_negative_bank_does_not_suppress_an_exact_match(store: BankStore, banks: Banks) -> None:
    for bank in ("bad", "fine"):
        add(store, bank, Signatures(sha256=digest("a"), pdq=bits(1)))
    banks.poll()
    matched = banks.matcher.match(picture("a", bits(1)))
    assert [match.bank for match in matched.matches] == ["bad"]
    assert [match.bank for match in matched.cleared_by] == ["fine"]


def test_a_negative_match_of_one_picture_leaves_the_others_alone(store: BankStore, banks: Banks) -> None:
    add(store, "bad", by_pdq(bits(1)))
    add(store, "fine", by_pdq(bits(2)))
    banks.poll()
    images = (*picture("b", bits(1)).images, *picture("c", bits(2)).images)
    assert [match.input for match in banks.matcher.match(Sample(images=images)).matches] == ["images[0]"]


@pytest.mark.parametrize("kind", [MatchKind.PDQ, MatchKind.NEAR_TEXT, MatchKind.IMAGE_EMBEDDING])
def test_a_bank_can_turn_a_kind_off(store: BankStore, banks: Banks, kind: MatchKind) -> None:
    add(store, "bad", Signatures(sha256=digest("a"), pdq=bits(1), image_embedding=embedded(0)))
    add(store, "bad", text_item(TEXT))
    store.change("bad", BankPatch(thresholds={kind: None}))
    sample = Sample(TEXT + "!", None, picture("b", bits(1), direction(0)).images)
    assert kind not in kinds(banks, sample)
    assert len(kinds(banks, sample)) == (2 if kind is not MatchKind.NEAR_TEXT else 1)


def test_a_stricter_threshold_of_one_bank_does_not_bind_another(store: BankStore, banks: Banks) -> None:
    store.create(BankDraft(name="strict", category=Category.FIRE, action=Action.LABEL, thresholds={MatchKind.PDQ: 4}))
    for bank in ("bad", "strict"):
        add(store, bank, by_pdq(bits(1)))
    banks.poll()
    assert [m.bank for m in banks.matcher.match(picture("b", flipped(bits(1), 5))).matches] == ["bad"]


def test_disabled_items_and_banks_match_nothing(store: BankStore, banks: Banks) -> None:
    item = add(store, "bad", by_pdq(bits(1)))
    sample = picture("b", bits(1))
    store.change_item("bad", int(item), ItemPatch(enabled=False))
    assert kinds(banks, sample) == []
    store.change_item("bad", int(item), ItemPatch(enabled=True))
    assert kinds(banks, sample) == [MatchKind.PDQ]
    store.change("bad", BankPatch(enabled=False))
    assert kinds(banks, sample) == []


def test_without_text_items_a_text_need_not_ask(store: BankStore, banks: Banks) -> None:
    add(store, "bad", by_pdq(bits(1)))
    banks.poll()
    matcher = banks.matcher
    assert (matcher.has_texts, matcher.has_text_embeddings, matcher.has_images) == (False, False, True)


def test_the_text_path_is_quiet_again_once_the_last_text_is_gone(store: BankStore, banks: Banks) -> None:
    item = add(store, "bad", text_item(TEXT))
    banks.poll()
    assert banks.matcher.has_texts
    store.delete_item("bad", int(item))
    banks.poll()
    assert not banks.matcher.has_texts


def test_texts_of_a_disabled_bank_cost_nothing(store: BankStore, banks: Banks) -> None:
    add(store, "bad", text_item(TEXT))
    store.change("bad", BankPatch(enabled=False))
    banks.poll()
    assert not banks.matcher.has_texts


def test_a_dry_look_up_finds_the_same(store: BankStore, banks: Banks) -> None:
    add(store, "bad", Signatures(sha256=digest("a"), pdq=bits(1), image_embedding=embedded(0, BUNDLE)))
    banks.poll()
    sample = picture("b", bits(1), direction(0))
    assert banks.matcher.look_up(sample) == banks.matcher.match(sample)
