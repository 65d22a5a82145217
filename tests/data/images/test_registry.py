import pytest

from models.data.images.labels import REGION_OF
from models.data.images.marking import MARKED_SOURCES
from models.data.images.registry import RENDERED, load_image_registry, parse_image_registry


def test_every_set_has_rules_and_every_rule_a_set():
    assert set(load_image_registry()) - {RENDERED} == MARKED_SOURCES


def test_every_set_names_its_traps():
    assert all(source.note for source in load_image_registry().values())


def test_a_set_without_a_licence_is_never_shown_or_says_so():
    unlicensed = [source for source in load_image_registry().values() if source.licence_status == "none"]
    assert unlicensed
    assert all(source.use == "negatives" or "without a licence" in source.note for source in unlicensed)


def test_every_region_has_a_set_that_boxes_it():
    boxed = {name for source in load_image_registry().values() for name in source.boxes}
    assert set(REGION_OF) <= boxed


def test_two_entries_of_one_id_are_refused():
    entry = (
        '[[source]]\nid = "a"\nfolder = "a"\nlicence = "MIT"\nlicence_status = "stated"\norigin = "x"\n'
        'labels = ["text"]\nuse = "training"\nnote = "n"\n'
    )
    with pytest.raises(ValueError, match="distinct"):
        parse_image_registry(entry + entry)
