import csv
import os
from pathlib import Path

import pytest

from models.data.errors import UnknownSourceError
from models.data.loaders import LOADERS
from models.data.registry import load_registry, parse_registry, select


def test_every_set_has_a_loader_and_every_loader_a_set():
    assert set(load_registry()) == set(LOADERS)


def test_the_sets_in_time_are_named():
    named = {source.id for source in load_registry().values() if source.chronological}
    assert named == {"guest_misogyny", "toxic_spans", "youtube_spam", "spamassassin"}


def test_the_only_probes_are_the_templates():
    assert [source.id for source in load_registry().values() if source.role == "probe"] == ["conversationai_bias"]


def test_a_file_that_is_not_published_as_it_is_makes_its_set_undownloadable():
    registry = load_registry()
    assert registry["edos"].downloadable
    assert not registry["spamassassin"].downloadable


def test_every_undownloadable_set_says_why():
    assert all(source.note for source in load_registry().values() if not source.downloadable)


def test_select_keeps_registry_order():
    assert [source.id for source in select(load_registry(), ["edos", "davidson"])] == ["davidson", "edos"]


def test_an_unknown_set_is_named_in_the_error():
    with pytest.raises(UnknownSourceError, match="nonsense"):
        select(load_registry(), ["nonsense"])


def test_two_entries_of_one_id_are_refused():
    file = f'name = "x"\nn_bytes = 0\nsha256 = "{"0" * 64}"\nrepo = "o/n"\ncommit = "{"0" * 40}"\npath = "x"\n'
    entry = f'[[source]]\nid = "a"\nfolder = "a"\nlicence = "MIT"\n[[source.files]]\n{file}'
    with pytest.raises(ValueError, match="distinct"):
        parse_registry(entry + entry)


@pytest.mark.mirror
def test_checksums_agree_with_the_mirror():
    mirror = os.environ.get("WEIR_DATA_MIRROR")
    if not mirror or not (Path(mirror) / "FILES.tsv").is_file():
        pytest.skip("WEIR_DATA_MIRROR does not name a mirror with FILES.tsv")
    with (Path(mirror) / "FILES.tsv").open(encoding="utf-8") as lines:
        known = {(row["dataset"], row["file"]): row["sha256"] for row in csv.DictReader(lines, delimiter="\t")}
    found = {(s.folder, f.name): f.sha256 for s in load_registry().values() if not s.packaged for f in s.files}
    assert found.items() <= known.items()
