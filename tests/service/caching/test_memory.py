"""The memory of a worker: bounded, and what was used last goes last."""

from hypothesis import given
from hypothesis import strategies as st

from service.caching.memory import OVERHEAD_BYTES, Memory

keys = st.integers(0, 9).map(lambda number: bytes([number]))
steps = st.lists(st.tuples(keys, st.one_of(st.none(), st.binary(max_size=400))), max_size=60)


@given(steps, st.integers(1, 5), st.integers(1, 3_000))
def test_neither_bound_is_ever_passed_and_what_is_found_was_put(
    posted: list[tuple[bytes, bytes | None]], n_entries: int, n_bytes: int
) -> None:
    memory, put = Memory(n_entries, n_bytes, len), dict[bytes, bytes]()
    for key, value in posted:
        if value is None:
            assert memory.get(key) in (None, put.get(key))
        else:
            memory.put(key, value)
            put[key] = value
        assert len(memory) <= n_entries
        assert 0 <= memory.n_bytes <= n_bytes


def test_the_least_recently_used_goes_first() -> None:
    memory = Memory(2, 10_000, len)
    memory.put(b"a", b"1")
    memory.put(b"b", b"2")
    memory.get(b"a")
    memory.put(b"c", b"3")
    assert [memory.get(key) for key in (b"a", b"b", b"c")] == [b"1", None, b"3"]


def test_a_value_larger_than_everything_may_be_drives_nothing_out() -> None:
    memory = Memory(10, OVERHEAD_BYTES + 100, len)
    memory.put(b"a", b"1")
    memory.put(b"b", bytes(200))
    assert (memory.get(b"a"), memory.get(b"b")) == (b"1", None)


def test_a_value_that_is_put_again_counts_once() -> None:
    memory = Memory(10, 10_000, len)
    memory.put(b"a", bytes(100))
    memory.put(b"a", bytes(10))
    assert (len(memory), memory.n_bytes) == (1, OVERHEAD_BYTES + 11)
