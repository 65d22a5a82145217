from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Category
from models.data.examples import Example
from models.data.labels import LABELS, NO, UNKNOWN, YES, encode, no, yes
from models.data.merging import majority, merge
from models.data.rows import Part

RANKS = {"a": 0, "b": 1, "c": 2}
HATE = LABELS.index(Category.HATE)
SPAM = LABELS.index(Category.SPAM)


def example(source, marks, part=None, digest="00", weight=1.0):
    return Example("text", digest, source, encode(marks), part, None, None, weight, None)


def only(*examples):
    (merged,) = merge(examples, RANKS).examples
    return merged


def test_known_beats_unknown():
    merged = only(example("a", yes(Category.HATE)), example("b", no(Category.SPAM)))
    assert (merged.labels[HATE], merged.labels[SPAM]) == (YES, NO)


def test_the_majority_decides():
    merged = only(
        *(
            example(source, marks)
            for source, marks in (("a", yes(Category.SPAM)), ("b", no(Category.SPAM)), ("c", no(Category.SPAM)))
        )
    )
    assert merged.labels[SPAM] == NO


def test_a_tie_is_unknown():
    assert only(example("a", yes(Category.SPAM)), example("b", no(Category.SPAM))).labels[SPAM] == UNKNOWN


def test_an_official_test_keeps_its_label_against_any_majority():
    merged = only(
        example("a", no(Category.SPAM)),
        example("b", no(Category.SPAM), Part.TRAIN),
        example("c", yes(Category.SPAM), Part.TEST),
    )
    assert (merged.source, merged.part, merged.labels[SPAM]) == ("c", Part.TEST, YES)


def test_an_official_test_learns_nothing_that_contradicts_it():
    official = example("a", no(Category.VIOLENCE) | yes(Category.HATE), Part.TEST)
    merged = only(official, example("b", yes(Category.HATE_THREATENING)))
    assert merged.labels == official.labels


def test_an_official_test_learns_what_it_does_not_say():
    merged = only(example("a", yes(Category.SPAM), Part.TEST), example("b", yes(Category.HATE)))
    assert (merged.labels[SPAM], merged.labels[HATE]) == (YES, YES)


def test_the_first_set_of_the_registry_keeps_the_text():
    assert only(example("c", yes(Category.SPAM)), example("a", yes(Category.SPAM))).source == "a"


def test_the_largest_weight_is_kept():
    assert (
        only(example("a", yes(Category.SPAM), weight=0.3), example("b", yes(Category.SPAM), weight=0.7)).weight == 0.7
    )


def test_what_a_reading_disputes_stays_unknown():
    threat = LABELS.index(Category.HARASSMENT_THREATENING)
    one = example("a", no(Category.HARASSMENT))
    disputed = replace(one, labels=tuple(UNKNOWN if i == threat else x for i, x in enumerate(one.labels)))
    assert only(disputed, replace(disputed, source="b")).labels == disputed.labels


def test_conflicts_and_duplicates_are_counted():
    merged = merge([example("a", yes(Category.SPAM)), example("b", no(Category.SPAM))], RANKS)
    assert (merged.conflicts[Category.SPAM], merged.n_duplicates["b"]) == (1, 1)


def test_texts_come_out_sorted_by_digest():
    rows = [example("a", yes(Category.SPAM), digest=digest) for digest in ("c0", "a0", "b0")]
    assert [row.digest for row in merge(rows, RANKS).examples] == ["a0", "b0", "c0"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([YES, NO])), min_size=1), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    examples = [example(source, {Category.SPAM: value}) for source, value in rows]
    shuffled = list(examples)
    random.shuffle(shuffled)
    assert merge(examples, RANKS) == merge(shuffled, RANKS)


@given(st.lists(st.sampled_from([YES, NO])))
def test_the_majority_of_the_opposite_is_the_opposite(values):
    flipped = [YES + NO - value for value in values]
    expected = majority(values)
    assert majority(flipped) == (expected if expected == UNKNOWN else YES + NO - expected)


def test_merging_one_row_changes_nothing():
    row = example("b", yes(Category.HATE), Part.DEV)
    assert only(row) == replace(row)


def test_spans_of_any_row_lie_on_the_same_text_and_are_kept():
    spanned = replace(example("b", yes(Category.HATE)), spans=((0, 4),), previous="another turn")
    merged = only(example("a", yes(Category.HATE)), spanned)
    assert (merged.source, merged.spans) == ("a", ((0, 4),))


def test_the_previous_turn_is_that_of_the_row_that_is_kept():
    kept = replace(example("a", yes(Category.HATE)), previous="first turn")
    other = replace(example("b", yes(Category.HATE)), previous="another turn")
    assert only(other, kept).previous == "first turn"
    assert only(replace(kept, previous=None), other).previous is None
