import gzip

import pytest

from models.data.errors import ChecksumError, MissingFileError
from models.data.mirror import Mirror
from models.data.origin import open_mirror


def test_a_gzipped_file_is_read_unpacked(tiny):
    source = tiny.recipe.sources[0]
    assert tiny.mirror.read(source, source.files[0]).startswith(tiny.texts[0].encode())


def test_a_plain_file_is_read_too(tiny):
    source = tiny.recipe.sources[0]
    packed = tiny.root / source.folder / "rows.tsv.gz"
    (tiny.root / source.folder / "rows.tsv").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    assert len(tiny.mirror.read(source, source.files[0])) == source.files[0].n_bytes


def test_a_changed_file_is_refused_without_quoting_it(tiny):
    source = tiny.recipe.sources[0]
    (tiny.root / source.folder / "rows.tsv.gz").write_bytes(gzip.compress(b"a secret sentence"))
    with pytest.raises(ChecksumError, match="sha256") as caught:
        tiny.mirror.read(source, source.files[0])
    assert "secret" not in str(caught.value)


def test_a_missing_file_is_named(tiny):
    source = tiny.recipe.sources[0]
    (tiny.root / source.folder / "rows.tsv.gz").unlink()
    with pytest.raises(MissingFileError, match=r"free/rows\.tsv"):
        tiny.mirror.read(source, source.files[0])


def test_the_exclusion_list_is_a_set_of_digests(tiny):
    assert tiny.mirror.exclusions() == tiny.recipe.exclusions


def test_a_mirror_without_a_list_says_so(tiny):
    (tiny.root / "exclude.sha256").unlink()
    assert tiny.mirror.exclusions() is None


def test_a_mirror_of_several_modalities_is_read_from_its_text_folder(tiny, tmp_path):
    whole = tmp_path / "whole"
    whole.mkdir()
    tiny.root.rename(whole / "text")
    assert open_mirror(whole) == Mirror(whole / "text")
    assert open_mirror(whole / "text") == Mirror(whole / "text")
