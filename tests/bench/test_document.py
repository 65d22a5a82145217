"""Sections of docs/benchmarks.md."""

from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.document import HEADER, replace_section, write_section


def test_a_new_document_starts_with_the_header():
    assert replace_section("", "one", "body").startswith(HEADER.rstrip())


def test_a_section_is_replaced_in_place_and_the_others_stay():
    document = replace_section(replace_section("", "one", "first"), "two", "second")
    again = replace_section(document, "one", "changed")
    assert "first" not in again
    assert again.index("changed") < again.index("second")
    assert again.count("begin: one") == 1


def test_text_outside_the_markers_is_kept():
    document = "# Title\n\nwritten by hand\n"
    assert replace_section(replace_section(document, "one", "a"), "one", "b").startswith(document)


@given(st.text(st.characters(exclude_characters="<>"), max_size=80))
def test_replacing_by_the_same_section_changes_nothing(section):
    once = replace_section("", "one", section)
    assert replace_section(once, "one", section) == once


def test_writing_makes_the_folder_and_keeps_other_sections(tmp_path):
    path = tmp_path / "docs" / "benchmarks.md"
    write_section(path, "one", "first")
    write_section(path, "two", "second")
    text = path.read_text(encoding="utf-8")
    assert "first" in text
    assert "second" in text
