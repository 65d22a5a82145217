from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from models.data.digests import text_digest
from models.data.examples import Example, Split
from models.data.labels import encode
from models.data.rows import Part
from models.data.splitting import Shares, assign, by_time, claims, draw


def example(name, part=None, order=None, source="a"):
    return Example(name, text_digest(name), source, encode({}), part, order, order, 1.0, None)


def split(examples, groups=None, chronological=frozenset(), seed=0):
    wanted = claims(examples, chronological, Shares(), seed)
    return assign(examples, groups if groups is not None else list(range(len(examples))), wanted, Shares(), seed)


def test_free_groups_are_shared_out_as_asked():
    counts = Counter(split([example(str(i)) for i in range(5000)]))
    asked = {Split.TRAIN: 0.8, Split.VALIDATION: 0.06, Split.CALIBRATION: 0.06, Split.TEST: 0.08}
    assert all(abs(counts[key] / 5000 - share) < 0.02 for key, share in asked.items())


def test_official_parts_stay_where_they_are():
    assert split([example("a", Part.TRAIN), example("b", Part.TEST)]) == [Split.TRAIN, Split.TEST]


def test_official_development_rows_are_halved():
    counts = Counter(split([example(str(i), Part.DEV) for i in range(1000)]))
    assert set(counts) == {Split.VALIDATION, Split.CALIBRATION}
    assert abs(counts[Split.VALIDATION] - 500) < 60


def test_a_set_with_a_test_only_gets_no_further_test():
    assert Split.TEST not in split([example(str(i), Part.TRAINABLE) for i in range(1000)])


def test_an_official_training_row_like_a_test_row_is_dropped():
    assert split([example("a", Part.TEST), example("b", Part.TRAIN)], [0, 0]) == [Split.TEST, None]


def test_a_free_row_like_a_test_row_follows_it():
    assert split([example("a", Part.TEST), example("b")], [0, 0]) == [Split.TEST, Split.TEST]


def test_a_training_row_like_a_development_row_follows_it():
    first, second = split([example("a", Part.DEV), example("b", Part.TRAIN)], [0, 0])
    assert first == second != Split.TRAIN


def test_the_latest_rows_are_the_test_and_those_before_are_held_out():
    rows = [example(f"row {i}", order=f"{i:04}") for i in range(200)]
    splits = split(rows, chronological=frozenset("a"))
    assert splits == [Split.TRAIN] * 140 + [Split.VALIDATION] * 15 + [Split.CALIBRATION] * 15 + [Split.TEST] * 30


def test_rows_without_a_time_train():
    rows = [example(f"row {i}", order=f"{i:04}") for i in range(10)] + [example("undated")]
    assert by_time(rows, range(11), Shares(), has_test=False)[10] is Split.TRAIN


def test_an_official_test_of_a_set_in_time_stays_the_only_one():
    rows = [example(f"row {i}", order=f"{i:04}") for i in range(100)] + [example("official", Part.TEST, "0000")]
    splits = split(rows, chronological=frozenset("a"))
    assert [i for i, found in enumerate(splits) if found is Split.TEST] == [100]


def test_another_seed_draws_other_splits():
    rows = [example(str(i)) for i in range(200)]
    assert split(rows, seed=1) != split(rows, seed=2)


@given(st.lists(st.tuples(st.sampled_from([None, *Part]), st.integers(0, 5)), max_size=30))
def test_no_group_lies_in_two_splits(rows):
    usable = [(part, root) for part, root in rows if part is not Part.PROBE]
    examples = [example(f"row {i}", part) for i, (part, _) in enumerate(usable)]
    splits = split(examples, [root for _, root in usable])
    seen = {}
    for (part, root), found in zip(usable, splits, strict=True):
        assert part is not Part.TEST or found is Split.TEST
        assert found is None or seen.setdefault(root, found) == found


@given(st.integers(), st.text())
def test_draws_lie_in_the_unit_interval(seed, name):
    assert 0.0 <= draw(seed, name) < 1.0
