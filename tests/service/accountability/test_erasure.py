"""Erasure: nothing of one author is left, everything of others is, and the chain still proves it all."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select

from service.accountability.erasure import Erased, count_decisions, erase
from service.accountability.verification import verify
from service.records.keys import ContentDigester
from service.records.tables import decisions, events
from tests.service.rows import decision_row, write_decisions

AUTHOR, OTHER = "a" * 64, "b" * 64


class Notes:
    """An eraser that remembers what it was asked."""

    kind = "notes"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, int]] = []

    def erase(self, _: Connection, subject: str, tenant: str | None, decision_ids: Sequence[str]) -> int:
        self.asked.append((subject, tenant, len(decision_ids)))
        return len(decision_ids)


def test_an_author_is_gone_and_the_chain_is_valid(chained: Engine) -> None:
    assert erase(chained, AUTHOR, None, "cli:test", ()) == Erased(decisions=4)
    report = verify(chained)
    assert report.problems == ()
    assert (report.n_erased, count_decisions(chained, AUTHOR, None)) == (4, 0)


def test_nothing_personal_is_left_in_the_rows(chained: Engine) -> None:
    erase(chained, AUTHOR, None, "cli:test", ())
    with chained.connect() as connection:
        erased = connection.execute(select(decisions).where(decisions.c.erased_at_us.is_not(None))).all()
    assert {(row.content_id, row.subject, row.content_digest, row.context, row.salt) for row in erased} == {
        (None, None, "", None, None)
    }


def test_vectors_of_what_an_author_wrote_are_gone_and_the_chain_is_valid(database: Engine) -> None:
    written = {"text_vector": b"t" * 32, "image_vector": b"i" * 32}
    write_decisions(database, decision_row(subject=AUTHOR, **written), decision_row(subject=OTHER, **written))
    erase(database, AUTHOR, None, "cli:test", ())
    with database.connect() as connection:
        found = connection.execute(select(decisions.c.text_vector, decisions.c.image_vector)).all()
    assert {tuple(row) for row in found} == {(None, None), (b"t" * 32, b"i" * 32)}
    assert verify(database).problems == ()


def test_other_authors_stay_as_they_are(chained: Engine) -> None:
    erase(chained, AUTHOR, None, "cli:test", ())
    assert count_decisions(chained, OTHER, None) == 4


def test_erasing_again_finds_nothing_and_says_nothing(chained: Engine) -> None:
    erase(chained, AUTHOR, None, "cli:test", ())
    head = verify(chained).head
    assert erase(chained, AUTHOR, None, "cli:test", ()) == Erased(decisions=0)
    assert verify(chained).head == head


def test_the_event_has_counts_and_not_the_author(chained: Engine) -> None:
    erase(chained, AUTHOR, None, "cli:test", (Notes(),))
    with chained.connect() as connection:
        event = connection.execute(select(events).where(events.c.kind == "subject.erased")).one()
    assert json.loads(event.payload) == {"decisions": 4, "rows": {"notes": 4}}
    assert AUTHOR not in str(tuple(event))


def test_another_tenant_s_decisions_stay(database: Engine) -> None:
    write_decisions(database, decision_row(subject=AUTHOR, tenant="x"), decision_row(subject=AUTHOR, tenant="y"))
    assert erase(database, AUTHOR, "x", "cli:test", ()).decisions == 1
    assert count_decisions(database, AUTHOR, None) == 1


def test_erasers_are_asked_once_without_decisions_and_once_a_batch(database: Engine) -> None:
    write_decisions(database, *(decision_row(subject=AUTHOR) for _ in range(700)))
    notes = Notes()
    assert erase(database, AUTHOR, "t", "cli:test", (notes,)) == Erased(decisions=700, rows={"notes": 700})
    assert notes.asked == [(AUTHOR, "t", 0), (AUTHOR, "t", 500), (AUTHOR, "t", 200)]


def test_an_eraser_that_fails_erases_nothing(chained: Engine) -> None:
    class Broken(Notes):
        def erase(self, *_: object) -> int:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        erase(chained, AUTHOR, None, "cli:test", (Broken(),))
    assert count_decisions(chained, AUTHOR, None) == 4


def test_a_purged_author_is_erased_from_the_rest(database: Engine) -> None:
    write_decisions(database, decision_row(subject=AUTHOR), decision_row(subject=OTHER))
    assert erase(database, AUTHOR, None, "cli:test", ()).decisions == 1
    assert verify(database).valid


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_nothing_is_left_in_the_files(tmp_path: Path, chained: Engine) -> None:
    erase(chained, AUTHOR, None, "cli:test", ())
    content = b"".join(file.read_bytes() for file in tmp_path.glob("log.db*"))
    assert AUTHOR.encode() not in content
    assert OTHER.encode() in content


def test_authors_and_texts_have_different_digests() -> None:
    digester = ContentDigester(b"k" * 32)
    assert digester.subject("x") != digester.digest("x")
