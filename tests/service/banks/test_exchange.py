"""Hash lists: what others write is read, what Weir writes comes back whole, and no row is dropped in silence."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from models.runtime.matching.text_sketch import sketch_text
from service.banks.exchange import MAX_LINE_CHARS, ListError, ListFormat, Signal, SignalType, Skipped, read_signals
from service.banks.exporting import export_piece
from service.banks.importing import ImportReport, ListImport
from service.banks.reloading import open_banks
from service.banks.rows import NewItem
from service.banks.sample import Sample
from service.banks.signatures import Signatures, text_digest
from service.banks.signing import ContentSigner
from service.banks.store import BankStore
from service.banks.values import BankDraft, Item, Polarity
from tests.service.banks.conftest import BAD, bits, by_pdq, digest, embedded

HASH = bits(1).hex()
CSV, JSONL, LINES = ListFormat.CSV, ListFormat.JSONL, ListFormat.LINES


def read(content: str, form: ListFormat, default: SignalType | None = None) -> list[Signal | Skipped]:
    return list(read_signals(StringIO(content, newline=""), form, default))


def imported(store: BankStore, content: str, form: ListFormat, bank: str = "bad") -> tuple[ImportReport, list[Skipped]]:
    skipped: list[Skipped] = []
    report = ListImport(store, bank, ContentSigner(), skipped.append).run(read(content, form))
    return report, skipped


@pytest.mark.parametrize(
    ("content", "form", "default"),
    [
        (f"collab,signal_type,signal_str,category,tags\nx,pdq,{HASH},POSITIVE_CLASS,a b\n", CSV, None),
        (f"hash,type\n{HASH},pdq\n", CSV, None),
        (f"pdq,{HASH}\n", CSV, None),
        (f"{HASH},pdq\n", CSV, None),
        (f"{HASH}\n", CSV, SignalType.PDQ),
        (f'{{"signal_type": "pdq", "signal_str": "{HASH}"}}\n', JSONL, None),
        (f'{{"type": "HASH_PDQ", "indicator": "{HASH}"}}\n', JSONL, None),
        (f'{{"pdq": "{HASH}", "note": "n"}}\n', JSONL, None),
        (f"pdq {HASH}\n", LINES, None),
        (f"\n{HASH}\n", LINES, SignalType.PDQ),
    ],
)
def test_the_lists_of_others_are_read(content: str, form: ListFormat, default: SignalType | None) -> None:
    [signal] = read(content, form, default)
    assert isinstance(signal, Signal)
    assert (signal.type, signal.value) == (SignalType.PDQ, HASH)


def test_a_text_may_span_lines_and_hold_commas() -> None:
    [signal] = read('raw_text,"one, two\nthree"\n', CSV)
    assert isinstance(signal, Signal)
    assert signal.value == "one, two\nthree"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("photo_md5,d41d8cd98f00b204e9800998ecf8427e", "md5"),
        ("text_tlsh,T1ABCD", "TLSH"),
        ("url,https://example.org", "addresses"),
        ("nonsense,abc", "unknown"),
        ("pdq,", "empty"),
        ("pdq,12", "64 hexadecimal digits"),
        (f"pdq,{'0' * 64}", "not the hash of a picture"),
        (f"sha256,{'g' * 64}", "64 hexadecimal digits"),
        ("raw_text,\u200b", "empty"),
        ("text_sketch,AAAA", "bytes in base64"),
        ("pdq,\udcff", "UTF-8"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_with_its_line(store: BankStore, row: str, reason: str) -> None:
    report, skipped = imported(store, f"pdq,{HASH}\n{row}\nsha256,{digest('a').hex()}\n", CSV)
    assert (report.n_rows, report.n_added, report.n_skipped) == (3, 2, 1)
    assert skipped[0].line == 2
    assert reason in skipped[0].reason


def test_a_flat_picture_s_hash_is_refused(store: BankStore) -> None:
    _, skipped = imported(store, f"signal_type,signal_str,quality\npdq,{HASH},49\n", CSV)
    assert "flat" in skipped[0].reason


def test_an_opinion_goes_into_a_bank_that_means_it(store: BankStore) -> None:
    content = f"signal_type,signal_str,category\npdq,{HASH},NEGATIVE_CLASS\n"
    assert imported(store, content, CSV)[0].n_skipped == 1
    assert imported(store, content, CSV, "fine")[0].n_added == 1


def test_a_file_that_is_no_list_ends_the_import(store: BankStore) -> None:
    with pytest.raises(ListError):
        imported(store, "x" * (MAX_LINE_CHARS + 1), CSV)


def test_importing_twice_changes_nothing(store: BankStore) -> None:
    content = "".join(f"pdq,{bits(seed).hex()}\n" for seed in range(20))
    assert imported(store, content, CSV)[0] == ImportReport(n_rows=20, n_added=20)
    before = store.items("bad")
    assert imported(store, content, CSV)[0] == ImportReport(n_rows=20, n_duplicates=20)
    assert store.items("bad") == before


def test_a_text_list_matches_texts(store: BankStore, database: Engine) -> None:
    text = "Send one coin to this address and get two coins back, only today"
    imported(store, f'raw_text,"{text}"\n', CSV)
    assert open_banks(database).matcher.look_up(Sample(text=text)).matches


NOTES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)
LABELS = st.lists(st.from_regex(r"[a-z,\"-]{1,8}", fullmatch=True), max_size=3)
PICTURES = st.builds(
    lambda name, seed, quality, has_embedding: Signatures(
        sha256=digest(name),
        pdq=bits(seed),
        pdq_quality=quality,
        image_embedding=embedded(seed % 8) if has_embedding else None,
    ),
    st.text(max_size=4).filter(lambda text: text.isascii()),
    st.integers(0, 5),
    st.none() | st.integers(50, 100),
    st.booleans(),
)
TEXTS = (
    st.text(min_size=1, max_size=40)
    .filter(lambda text: text.isascii())
    .map(
        lambda text: Signatures(
            text_sha256=text_digest(text), text_sketch=sketch_text(text), text_embedding=embedded(1)
        )
    )
)
ITEMS = st.lists(st.builds(NewItem, PICTURES | TEXTS | st.integers(0, 9).map(lambda s: by_pdq(bits(s))), NOTES, LABELS))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=ITEMS, form=st.sampled_from([CSV, JSONL]), limit=st.sampled_from([1, 3, 100]))
def test_an_exported_bank_comes_back_whole(
    database: Engine, items: list[NewItem], form: ListFormat, limit: int
) -> None:
    store = BankStore(database)
    for bank in store.banks():
        store.delete(bank.name)
    for name in ("bad", "copy"):
        store.create(BAD.model_copy(update={"name": name}))
    store.add_many("bad", items)
    report, skipped = imported(store, exported(database, "bad", form, limit), form, "copy")
    assert skipped == []
    assert report.n_duplicates == 0
    assert [content(item) for item in store.items("copy")] == [content(item) for item in store.items("bad")]
    assert exported(database, "copy", form, 100).count("\n") == exported(database, "bad", form, 100).count("\n")


def exported(database: Engine, bank: str, form: ListFormat, limit: int) -> str:
    piece = export_piece(database, bank, form, limit=limit)
    parts = [piece.text]
    while piece.next_after_id is not None:
        piece = export_piece(database, bank, form, after_id=piece.next_after_id, limit=limit, with_header=False)
        parts.append(piece.text)
    return "".join(parts)


def content(item: Item) -> dict[str, object]:
    return item.model_dump(exclude={"id", "bank", "created_at"})


def test_others_read_the_plain_lines(store: BankStore, database: Engine) -> None:
    store.add("bad", NewItem(Signatures(sha256=digest("a"), pdq=bits(1), image_embedding=embedded(0))))
    assert exported(database, "bad", LINES, 10) == f"sha256 {digest('a').hex()}\npdq {HASH}\n"


def test_what_does_not_match_is_not_handed_on(store: BankStore, database: Engine) -> None:
    from service.banks.values import ItemPatch

    item = store.add("bad", NewItem(by_pdq(bits(1)))).item
    store.change_item("bad", int(item.id), ItemPatch(enabled=False))
    assert exported(database, "bad", LINES, 10) == ""


def test_a_negative_bank_says_so_in_its_list(store: BankStore, database: Engine) -> None:
    store.create(BankDraft(name="other", polarity=Polarity.NEGATIVE))
    store.add("fine", NewItem(by_pdq(bits(1))))
    content = exported(database, "fine", CSV, 10)
    assert imported(store, content, CSV, "bad")[0].n_skipped == 1
    assert imported(store, content, CSV, "other")[0].n_added == 1


def test_a_long_list_is_read_while_it_is_imported(store: BankStore, tmp_path: Path) -> None:
    """Rows are taken one group at a time: the reader is never more than a group ahead of the store."""
    from service.banks import importing

    ahead: list[int] = []
    n_read = 0

    def rows() -> Iterator[Signal]:
        nonlocal n_read
        for seed in range(3 * importing.GROUP):
            n_read += 1
            yield Signal(seed, SignalType.SHA256, digest(str(seed)).hex())

    def progress(report: ImportReport) -> None:
        ahead.append(n_read - report.n_added)

    ListImport(store, "bad", ContentSigner(), lambda _: None).run(rows(), progress)
    assert max(ahead) <= 1
