import pytest

from models.evaluation.behaviour.functionalities import (
    CASES,
    TABLES_FILE,
    BehaviourError,
    Expectation,
    read_area,
    read_areas,
    shared_tables,
)

AREA = """
area: tea
part: other
categories: [spam]
functionalities:
  - name: tea.offers
    tests: Offers of tea.
    expect: {expect}
    cases: {cases}
"""


def area_text(expect: str = "flagged", cases: str = '["Buy tea now"]') -> str:
    return AREA.format(expect=expect, cases=cases)


def test_a_file_says_what_is_expected_of_its_cases() -> None:
    area = read_area(area_text(), "tea.yaml")
    assert area.functionalities[0].expect is Expectation.FLAGGED
    assert area.deciding(area.functionalities[0]) == ("spam",)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: [", id="not YAML"),
        pytest.param(area_text(expect="maybe"), id="an unknown expectation"),
        pytest.param(area_text(cases="[]"), id="no cases"),
        pytest.param(area_text(cases='[["a", "b"]]'), id="a pair where a decision is asked for"),
        pytest.param(area_text(expect="higher"), id="no pair where two are compared"),
        pytest.param(area_text().replace("tea.offers", "coffee.offers"), id="a name from another area"),
        pytest.param(area_text().replace("[spam]", "[tea]"), id="an unknown category"),
    ],
)
def test_a_file_that_is_not_of_the_shape_is_refused_by_name(text: str) -> None:
    with pytest.raises(BehaviourError, match=r"tea\.yaml"):
        read_area(text, "tea.yaml")


def test_every_file_in_the_folder_is_an_area_or_the_shared_tables() -> None:
    files = [path.name for path in CASES.iterdir() if path.name.endswith(".yaml")]
    assert len(read_areas()) == len(files) - 1
    assert TABLES_FILE in files


def test_rows_of_a_table_have_the_same_forms() -> None:
    areas = [area.tables for area in read_areas()]
    for tables in (shared_tables(), *areas):
        for name, rows in tables.items():
            assert len({frozenset(row) for row in rows}) == 1, name


def test_every_functionality_says_what_it_tests_in_a_sentence() -> None:
    said = [one.tests for area in read_areas() for one in area.functionalities]
    assert all(text[0].isupper() and text.endswith(".") for text in said)
