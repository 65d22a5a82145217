"""Identifiers: UUIDs of version 7."""

import time
import uuid

from service.identity import UuidSource


def test_ids_are_uuids_of_version_7() -> None:
    new_id = UuidSource()
    for _ in range(500):
        text = new_id()
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)


def test_ids_are_distinct() -> None:
    new_id = UuidSource()
    assert len({new_id() for _ in range(5_000)}) == 5_000


def test_ids_begin_with_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(UuidSource()()).int >> 80
    assert before <= made <= time.time_ns() // 1_000_000
