from dataclasses import replace

import pytest

from models.contracts import Category
from models.data.digests import exclusion_digest, text_digest
from models.data.duplicates import Resemblance
from models.data.errors import LeakError
from models.data.examples import Example, Split
from models.data.labels import encode, no, yes
from models.data.leaks import check
from models.data.store import COLUMNS, Placed

TEXTS = (
    "a calm report about the new bridge over the northern river and its cost",
    "she said that every teacher in the valley had already seen the film twice",
    "tomorrow the old library will open its doors for the first time in years",
)


def placed(text, split, group, marks=None):
    marks = yes(Category.TOXICITY) if marks is None else marks
    row = Example(text, text_digest(text), "a", encode(marks), None, None, None, 1.0, None)
    return Placed(row, split, group)


def clean():
    return [placed(TEXTS[0], Split.TRAIN, 1), placed(TEXTS[1], Split.VALIDATION, 2), placed(TEXTS[2], Split.TEST, 3)]


def run(rows, official=None, exclusions=frozenset(), columns=COLUMNS):
    check(rows, official or {}, exclusions, columns, Resemblance())


def test_a_clean_dataset_passes():
    run(clean())


def test_a_group_in_two_splits_fails():
    rows = clean()
    rows[1] = replace(rows[1], group=1)
    with pytest.raises(LeakError, match="1 duplicate groups"):
        run(rows)


def test_a_text_in_two_splits_fails():
    with pytest.raises(LeakError, match="more than one split"):
        run([*clean(), placed(TEXTS[0], Split.PROBE, 1)])


def test_an_excluded_text_fails():
    with pytest.raises(LeakError, match="exclusion list"):
        run(clean(), exclusions=frozenset({exclusion_digest(TEXTS[0].upper() + "!!")}))


def test_a_lost_official_test_row_fails():
    with pytest.raises(LeakError, match="official test rows"):
        run(clean(), official={text_digest(TEXTS[0]): encode(yes(Category.TOXICITY))})


def test_a_changed_label_of_an_official_test_row_fails():
    with pytest.raises(LeakError, match="official test rows"):
        run(clean(), official={text_digest(TEXTS[2]): encode(no(Category.TOXICITY))})


def test_a_filled_in_label_of_an_official_test_row_passes():
    run(clean(), official={text_digest(TEXTS[2]): encode({})})


def test_a_column_named_like_a_person_fails():
    with pytest.raises(LeakError, match="personal"):
        run(clean(), columns=[*COLUMNS, "author_id"])


def test_a_near_duplicate_of_a_test_text_fails_whatever_its_group():
    near = placed(TEXTS[2] + " again", Split.TRAIN, 9)
    with pytest.raises(LeakError, match="near-duplicates"):
        run([*clean(), near])


def test_near_duplicates_inside_the_training_texts_pass():
    run([*clean(), placed(TEXTS[0] + " again", Split.TRAIN, 1)])


def test_no_message_quotes_a_text():
    near = placed(TEXTS[2] + " again", Split.TRAIN, 9)
    with pytest.raises(LeakError) as caught:
        run([*clean(), near])
    assert "library" not in str(caught.value)
