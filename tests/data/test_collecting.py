from collections import Counter

import pytest

from models.contracts import Category
from models.data.collecting import Dropped, collect
from models.data.digests import exclusion_digest, text_digest
from models.data.labels import LABELS, Auxiliary, no, yes
from models.data.readings import DIGEST_CHARS
from models.data.rows import Part, Row

CIVIL = no(Category.TOXICITY)


def run(*rows, exclusions=frozenset()):
    dropped = Counter()
    return list(collect("a", rows, exclusions, dropped)), dropped


def test_texts_are_cleaned_as_in_serving():
    (found,), _ = run(Row("  hi\t@somebody &amp; all ", CIVIL))
    assert found.text == "hi @user & all"
    assert found.digest == text_digest(found.text)


@pytest.mark.parametrize("text", ["", " \u200b ", "[deleted]", "[removed]"])
def test_nothing_is_dropped_as_empty(text):
    assert run(Row(text, CIVIL))[1] == {Dropped.EMPTY: 1}


def test_a_row_without_a_label_is_dropped():
    assert run(Row("hello", {}))[1] == {Dropped.UNLABELLED: 1}


def test_an_excluded_text_is_dropped_whatever_its_case_and_punctuation():
    listed = frozenset({exclusion_digest("hello big world")})
    assert run(Row("Hello... BIG world!", CIVIL), exclusions=listed)[1] == {Dropped.EXCLUDED: 1}


def test_exclusion_looks_at_the_text_as_published_too():
    listed = frozenset({exclusion_digest("see https://example.org now")})
    assert run(Row("see https://example.org now", CIVIL), exclusions=listed)[1] == {Dropped.EXCLUDED: 1}


def test_a_sexual_row_about_a_child_is_dropped():
    assert run(Row("a child and sex", yes(Category.SEXUAL)))[1] == {Dropped.MINOR: 1}


def test_a_toxic_row_about_the_same_words_is_kept():
    assert len(run(Row("a child and sex", yes(Category.TOXICITY)))[0]) == 1


def test_sexual_content_about_minors_is_never_labelled():
    found, _ = run(*(Row(f"text {i}", yes(label)) for i, label in enumerate(LABELS) if label != Category.SEXUAL_MINORS))
    assert {row.labels[LABELS.index(Category.SEXUAL_MINORS)] for row in found} == {-1}


def test_spans_move_with_the_cleaned_text():
    (found,), _ = run(Row("  see https://example.org/a  you\u200b rotten  turnip", CIVIL, spans=((34, 48),)))
    assert [found.text[start:end] for start, end in found.spans] == ["rotten turnip"]


def test_no_spans_stay_none_and_unknown_ones_unknown():
    assert [found.spans for found in run(Row("a", CIVIL, spans=()), Row("b", CIVIL))[0]] == [(), None]


def test_spans_of_which_cleaning_leaves_nothing_are_unknown():
    (found,), _ = run(Row("fine\u200b\u200b day", CIVIL, spans=((4, 6),)))
    assert found.spans is None


def test_a_previous_turn_is_cleaned():
    assert run(Row("a", CIVIL, previous=" ask  me "))[0][0].previous == "ask me"


def test_what_rides_on_rows_brings_no_row():
    assert run(Row("hello", yes(Auxiliary.TARGET_WOMEN)))[1] == {Dropped.UNLABELLED: 1}


def test_a_test_of_spans_needs_no_other_label():
    assert len(run(Row("hello", {}, Part.TEST, spans=()))[0]) == 1
    assert run(Row("hello", {}, Part.TRAIN, spans=()))[1] == {Dropped.UNLABELLED: 1}


def read(text, marks, row):
    """The row collected with one reading of a text."""
    readings = {text_digest(text)[:DIGEST_CHARS]: marks}
    (found,) = collect("a", [row], frozenset(), Counter(), readings)
    return found


def test_a_reading_fills_in_what_the_set_leaves_open():
    found = read("hello", no(Category.SPAM), Row("hello", yes(Category.TOXICITY), Part.TRAIN))
    assert (found.labels[LABELS.index(Category.SPAM)], found.labels[LABELS.index(Category.TOXICITY)]) == (0, 1)
    assert found.part is Part.TRAIN


def test_a_row_that_is_here_for_its_reading_alone_is_a_test():
    assert read("hello", yes(Category.VIOLENCE_GRAPHIC), Row("hello", {})).part is Part.TEST


def test_a_reading_that_contradicts_its_set_leaves_the_label_unknown():
    for said, found in ((yes, no), (no, yes)):
        row = Row("hello", said(Category.HATE_THREATENING) | yes(Category.HATE), Part.TRAIN)
        labels = read("hello", found(Category.HATE_THREATENING), row).labels
        assert (labels[LABELS.index(Category.HATE_THREATENING)], labels[LABELS.index(Category.HATE)]) == (-1, 1)


def test_a_threat_that_is_read_into_a_harmless_text_leaves_its_violence_open_and_not_the_rest():
    found = read("hello", yes(Category.HARASSMENT_THREATENING), Row("hello", CIVIL | no(Category.VIOLENCE)))
    known = dict(zip(LABELS, found.labels, strict=True))
    assert (known[Category.HARASSMENT_THREATENING], known[Category.VIOLENCE], known[Category.TOXICITY]) == (-1, -1, 0)


def test_violence_that_stood_on_a_disputed_threat_alone_is_open():
    threat, reading = yes(Category.HARASSMENT_THREATENING), no(Category.HARASSMENT_THREATENING)
    violence, harassment = LABELS.index(Category.VIOLENCE), LABELS.index(Category.HARASSMENT)
    labels = read("hello", reading, Row("hello", threat)).labels
    assert (labels[violence], labels[harassment]) == (-1, 1)
    assert read("hello", reading, Row("hello", threat | yes(Category.VIOLENCE))).labels[violence] == 1


def test_a_doubt_lifts_a_no_and_leaves_a_yes():
    doubt = {Category.SEXUAL: -1}
    for said, left in ((no, -1), (yes, 1)):
        row = Row("hello", said(Category.SEXUAL) | no(Category.SPAM))
        assert read("hello", doubt, row).labels[LABELS.index(Category.SEXUAL)] == left
