import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from models.contracts import CATEGORIES, Category
from models.data.building import assemble, build, group_name
from models.data.collecting import Dropped
from models.data.digests import text_digest
from models.data.errors import ChecksumError, DataError
from models.data.examples import Split
from models.data.features import FEATURE_NAMES
from models.data.store import content_digest, load_dataset_digest, load_features, load_split

TOXICITY = CATEGORIES.index(Category.TOXICITY)


@pytest.fixture(scope="module")
def dataset(intact):
    return assemble(intact.recipe, intact.mirror.read)


@pytest.fixture(scope="module")
def built(intact, tmp_path_factory):
    """A dataset that no test changes."""
    out = tmp_path_factory.mktemp("built") / "text"
    build(intact.recipe, intact.mirror.read, out)
    return out


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_builds_of_the_same_files_are_equal_byte_for_byte(tiny, built, tmp_path):
    build(tiny.recipe, tiny.mirror.read, tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(built)


def test_another_seed_makes_another_dataset(tiny, built, tmp_path):
    build(replace(tiny.recipe, seed=1), tiny.mirror.read, tmp_path / "again")
    assert load_dataset_digest(tmp_path / "again") != load_dataset_digest(built)


def test_the_digest_is_that_of_the_tables(built):
    assert load_dataset_digest(built) == content_digest(built)


def test_excluded_texts_are_nowhere_and_counted(dataset):
    assert dataset.tally.dropped["free"][Dropped.EXCLUDED] == 1


def test_every_row_is_in_a_split_or_counted_as_dropped(intact, dataset):
    for source in intact.recipe.sources:
        n_kept = sum(dataset.tally.by_split[split][source.id] for split in Split)
        n_dropped = sum(dataset.tally.dropped[source.id].values())
        assert n_kept + n_dropped == dataset.tally.n_rows[source.id]


def test_an_official_test_row_wins_a_text_from_a_set_without_splits(intact, dataset):
    shared = [item for item in dataset.placed if item.example.digest == text_digest(intact.texts[1])]
    assert [(item.example.source, item.split, item.example.labels[TOXICITY]) for item in shared] == [
        ("official", Split.TEST, 0)
    ]


def test_a_training_row_that_shouts_a_test_row_is_dropped(dataset):
    assert dataset.tally.dropped["official"][Dropped.LEAK] == 1


def test_probes_are_in_no_other_split(built):
    probes = load_split(built, Split.PROBE)
    assert set(probes.sources) == {"probes"}
    assert "probes" not in load_split(built, Split.TRAIN).sources


def test_a_split_comes_back_with_labels_in_taxonomy_order(built):
    train = load_split(built, Split.TRAIN)
    assert train.labels.shape == (len(train), len(CATEGORIES))
    assert train.labels.dtype == train.auxiliary.dtype == np.int8
    assert set(train.labels[:, TOXICITY].tolist()) == {0, 1}
    assert set(train.labels[:, CATEGORIES.index(Category.SPAM)].tolist()) == {-1}


def test_rows_are_sorted_by_set_and_digest(built):
    train = load_split(built, Split.TRAIN)
    keys = list(zip(train.sources, train.digests, strict=True))
    assert keys == sorted(keys)


def test_a_split_of_some_sets_holds_only_those(built):
    assert set(load_split(built, Split.TRAIN, ["timed"]).sources) == {"timed"}


def test_the_latest_rows_of_a_set_in_time_are_its_test(built):
    held_out = [
        json.loads((built / "dataset.json").read_text())["counts_by_source"][split]["timed"]
        for split in Split
        if split is not Split.PROBE
    ]
    assert held_out == [69, 8, 8, 15]


def test_features_cover_every_text(built):
    digests, features = load_features(built)
    n_texts = sum(len(load_split(built, split)) for split in Split)
    assert len(set(digests)) == features.shape[0] == n_texts
    assert features.shape[1] == len(FEATURE_NAMES)


def test_the_card_holds_counts_and_no_text(built):
    card = (built / "CARD.md").read_text()
    assert "| free |" in card
    assert "winter" not in card


def test_the_card_names_the_sets_in_time(built):
    assert "timed | test | 2020-01-01T01:25:00" in (built / "CARD.md").read_text()


def test_a_build_without_an_exclusion_list_says_so(tiny, tmp_path):
    build(replace(tiny.recipe, exclusions=None), tiny.mirror.read, tmp_path / "out")
    assert "No exclusion list" in (tmp_path / "out" / "CARD.md").read_text()


def test_a_changed_file_stops_the_build_and_keeps_the_old_dataset(tiny, tmp_path):
    out = tmp_path / "out"
    build(tiny.recipe, tiny.mirror.read, out)
    before = files_of(out)
    (tiny.root / "free" / "rows.tsv.gz").write_bytes(gzip.compress(b"x\t1\t\t"))
    with pytest.raises(ChecksumError):
        build(tiny.recipe, tiny.mirror.read, out)
    assert files_of(out) == before


def test_a_folder_of_something_else_is_not_replaced(tiny, tmp_path):
    (tmp_path / "precious").mkdir()
    with pytest.raises(DataError, match="not a dataset"):
        build(tiny.recipe, tiny.mirror.read, tmp_path / "precious")


def test_no_dataset_is_a_clear_error(tmp_path):
    with pytest.raises(DataError, match="weir data build"):
        load_split(tmp_path, Split.TRAIN)


def test_group_names_fit_a_signed_integer():
    assert 0 <= group_name("f" * 64) < 2**63
