"""Identifiers: UUIDs of version 7."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

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


def test_threads_that_share_a_source_get_distinct_ids() -> None:
    new_id = UuidSource()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(8)))
    assert len({identity for ids in made for identity in ids}) == 16_000
