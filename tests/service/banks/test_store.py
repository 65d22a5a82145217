"""The store: banks and items are kept, found, changed and removed; the same item is never there twice."""

from datetime import UTC

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from models.contracts import Action, Category, MatchKind
from service.banks.errors import (
    BankError,
    BankExistsError,
    UnknownBankError,
    UnknownItemError,
    UnusableSignatureError,
)
from service.banks.rows import NewItem
from service.banks.signatures import Signatures
from service.banks.store import BankStore
from service.banks.values import BankDraft, BankPatch, ItemPatch, Polarity
from tests.service.banks.conftest import BAD, bits, by_pdq, digest, embedded


def test_a_bank_comes_back_as_it_was_made(store: BankStore) -> None:
    draft = BankDraft(
        name="memes", description="of last year", category=Category.HARMFUL_MEME, action=Action.BLUR, review=True,
        message="We know this one.", enabled=False, thresholds={MatchKind.PDQ: 12, MatchKind.IMAGE_EMBEDDING: None},
    )  # fmt: skip
    made = store.create(draft)
    assert BankDraft.model_validate(made.model_dump(include=set(BankDraft.model_fields))) == draft
    assert made.created_at.tzinfo is UTC
    assert [bank.name for bank in store.banks()] == ["bad", "fine", "memes"]


def test_a_name_is_taken_once(store: BankStore) -> None:
    with pytest.raises(BankExistsError):
        store.create(BAD)


@pytest.mark.parametrize("name", ["match", "", "Upper", "a b", "../x", "x" * 65])
def test_a_name_is_part_of_addresses(name: str) -> None:
    with pytest.raises(ValidationError):
        BankDraft(name=name, polarity=Polarity.NEGATIVE)


def test_a_positive_bank_says_what_its_items_are_and_what_to_do(store: BankStore) -> None:
    with pytest.raises(ValidationError):
        BankDraft(name="x", category=Category.FIRE)
    with pytest.raises(ValidationError):
        BankDraft(name="x", polarity=Polarity.NEGATIVE, action=Action.REMOVE)
    with pytest.raises(BankError):
        store.change("fine", BankPatch(action=Action.REMOVE))


@pytest.mark.parametrize("thresholds", [{"pdq": 32}, {"pdq": 1.5}, {"near_text": 0.31}, {"exact": 0}])
def test_thresholds_stay_where_the_indexes_find_everything(thresholds: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        BankDraft.model_validate({"name": "x", "polarity": "negative", "thresholds": thresholds})


def test_a_patch_changes_only_what_it_names(store: BankStore) -> None:
    changed = store.change("bad", BankPatch(action=Action.DEMOTE))
    assert (changed.action, changed.category, changed.review) == (Action.DEMOTE, Category.WEAPONS, True)


def test_the_same_signature_is_the_same_item(store: BankStore) -> None:
    first = store.add("bad", NewItem(Signatures(sha256=digest("a"), pdq=bits(1)), "first", ("x",)))
    again = store.add("bad", NewItem(Signatures(sha256=digest("a"), pdq=bits(2)), "again"))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.item == first.item
    assert store.bank("bad").n_items == 1


def test_two_banks_may_know_the_same_item(store: BankStore) -> None:
    assert store.add("bad", NewItem(by_pdq(bits(1)))).is_new
    assert store.add("fine", NewItem(by_pdq(bits(1)))).is_new


def test_duplicates_within_one_group_are_one_item_and_the_first_stays(store: BankStore) -> None:
    items = [NewItem(by_pdq(bits(seed % 3)), f"note {seed}") for seed in range(9)]
    assert store.add_many("bad", items) == 3
    assert store.add_many("bad", items) == 0
    assert [item.note for item in store.items("bad")] == ["note 0", "note 1", "note 2"]


@pytest.mark.parametrize(
    "signatures",
    [
        Signatures(),
        Signatures(image_embedding=embedded(0)),
        Signatures(pdq=bytes(32)),
        Signatures(pdq=b"\xff" * 32),
        Signatures(pdq=bits(1), pdq_quality=49),
        Signatures(sha256=b"short"),
    ],
)
def test_an_item_that_could_match_anything_or_nothing_is_refused(store: BankStore, signatures: Signatures) -> None:
    with pytest.raises(UnusableSignatureError):
        store.add_many("bad", [NewItem(by_pdq(bits(1))), NewItem(signatures)])
    assert store.bank("bad").n_items == 0


def test_pages_hold_every_item_once(store: BankStore) -> None:
    store.add_many("bad", [NewItem(by_pdq(bits(seed))) for seed in range(25)])
    seen: list[str] = []
    while page := store.items("bad", after_id=int(seen[-1]) if seen else 0, limit=10):
        seen += [item.id for item in page]
    assert len(seen) == len(set(seen)) == 25


def test_notes_and_labels_of_an_item_change_alone(store: BankStore) -> None:
    item = store.add("bad", NewItem(by_pdq(bits(1)), "old", ("a",))).item
    changed = store.change_item("bad", int(item.id), ItemPatch(note="new"))
    assert changed == item.model_copy(update={"note": "new"})


def test_an_id_is_not_used_again(store: BankStore) -> None:
    first = store.add("bad", NewItem(by_pdq(bits(1)))).item
    store.delete_item("bad", int(first.id))
    assert store.add("bad", NewItem(by_pdq(bits(1)))).item.id != first.id


def test_deleting_a_bank_deletes_its_items_and_no_others(store: BankStore) -> None:
    store.add_many("bad", [NewItem(by_pdq(bits(seed))) for seed in range(5)])
    store.add("fine", NewItem(by_pdq(bits(1))))
    assert store.delete("bad") == 5
    assert [(bank.name, bank.n_items) for bank in store.banks()] == [("fine", 1)]


def test_what_is_not_there_is_said(store: BankStore) -> None:
    other = store.add("fine", NewItem(by_pdq(bits(1)))).item
    with pytest.raises(UnknownBankError):
        store.items("nothing")
    with pytest.raises(UnknownBankError):
        store.add("nothing", NewItem(by_pdq(bits(1))))
    with pytest.raises(UnknownItemError):
        store.item("bad", int(other.id))
    with pytest.raises(UnknownItemError):
        store.delete_item("bad", int(other.id))


def test_every_change_of_what_matches_takes_a_new_revision(store: BankStore) -> None:
    seen = [store.revision()]

    def changed() -> bool:
        seen.append(store.revision())
        return seen[-1] > seen[-2]

    item = int(store.add("bad", NewItem(by_pdq(bits(1)))).item.id)
    assert changed()
    store.change_item("bad", item, ItemPatch(enabled=False))
    assert changed()
    store.delete_item("bad", item)
    assert changed()
    store.change("bad", BankPatch(enabled=False))
    assert changed()
    store.delete("bad")
    assert changed()


def test_the_content_itself_is_nowhere_in_the_database(store: BankStore, database: Engine) -> None:
    from service.banks.signing import ContentSigner, text_signatures

    store.add("bad", NewItem(text_signatures(ContentSigner(), "a secretmarker that somebody wrote in anger")))
    with database.connect() as connection:
        dumped = str(connection.exec_driver_sql("SELECT * FROM bank_items").all())
    assert "secretmarker" not in dumped
