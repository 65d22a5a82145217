"""Statements of reasons: valid by the schema whatever was decided, true, and without anybody in them."""

import json
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sqlalchemy import Engine

from models.contracts import CATEGORIES as ALL_CATEGORIES
from models.contracts import Action, Category, Context
from service.accountability.dsa import exporting, mapping, statement, vocabulary
from service.accountability.dsa.exporting import Span, export, read_statements
from service.accountability.dsa.platform import DEFAULT, Platform, PlatformError, load_platform
from service.accountability.dsa.statement import Human, StatementWriter
from service.identity import UuidSource
from service.records.commitments import COLUMNS
from service.reviews.tables import review_verdicts
from tests.service.rows import decision_row, write_decisions

SCHEMA: Final = json.loads(Path(statement.__file__).with_name("statements.schema.json").read_text(encoding="utf-8"))
VALIDATOR: Final = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
PLATFORM: Final = load_platform(DEFAULT)
AT_US: Final = 1_790_000_000_000_000
DAY: Final = "2026-09-21"
EVER: Final = Span(0, 2**53)
RESTRICTING: Final = tuple(action for action in Action if action not in (Action.ALLOW, Action.LABEL))


def reason(category: Category | None = Category.HATE, action: str = "remove", **given: Any) -> dict[str, Any]:
    usual = {"rule": "r", "code": "hate.precision", "category": category, "prob": 0.97, "threshold": 0.9}
    return {**usual, "action": action, **given}


def row(*reasons: dict[str, Any], context: Context | None = None, **given: Any) -> dict[str, Any]:
    said = {"reasons": orjson.dumps(reasons).decode(), "action": "remove", "decided_at_us": AT_US}
    if context is not None:
        said["context"] = context.model_dump_json(exclude_defaults=True, exclude={"author": {"id"}})
    return dict(zip(COLUMNS, decision_row(**said, **given), strict=True))


def write(found: dict[str, Any], human: Human | None = None, platform: Platform = PLATFORM) -> dict[str, Any]:
    made = StatementWriter(platform).write(found, "default v1", human)
    assert made is not None
    assert [error.message for error in VALIDATOR.iter_errors({"statements": [made]})] == []
    return made


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_the_words_of_the_database() -> None:
    fields = SCHEMA["$defs"]["statement"]["properties"]
    assert fields["category"]["enum"] == list(vocabulary.KEYWORDS)
    assert fields["decision_visibility"]["items"]["enum"] == list(vocabulary.VISIBILITIES)
    assert SCHEMA["properties"]["statements"]["maxItems"] == vocabulary.MAX_BATCH == 100


reasons = st.builds(
    lambda category, action, basis: reason(category, action.value, **basis),
    st.none() | st.sampled_from(ALL_CATEGORIES),
    st.sampled_from(Action),
    st.sampled_from([{}, {"bank": "b"}, {"list": "l", "prob": None, "threshold": None}, {"code": "x" * 9_000}]),
)
contexts = st.builds(
    Context,
    kind=st.none() | st.sampled_from(["listing", "video", "post"]),
    locale=st.none() | st.sampled_from(["en", "pt-BR", "tlh", "xx"]),
    user_reports=st.integers(0, 3),
)
humans = st.none() | st.builds(
    Human, action=st.sampled_from(Action), changed=st.booleans(), at_us=st.integers(AT_US, AT_US + 10**12)
)


@given(st.lists(reasons, max_size=4), contexts, humans, st.sampled_from(Action), st.booleans())
def test_whatever_was_decided_its_statement_is_valid(
    found: list[dict[str, Any]], context: Context, human: Human | None, action: Action, labels: bool
) -> None:
    platform = PLATFORM.model_copy(update={"report_labels": labels})
    made = StatementWriter(platform).write(row(*found, context=context) | {"action": action.value}, "p v", human)
    stands = human.action if human else action
    restricts = stands is not Action.ALLOW and (labels or stands is not Action.LABEL)
    assert (made is not None) == restricts
    if made is not None:
        VALIDATOR.validate({"statements": [made]})


def test_every_category_and_every_restricting_action_is_mapped() -> None:
    assert set(mapping.CATEGORIES) == set(Category)
    assert set(mapping.VISIBILITIES) == set(Action) - {Action.ALLOW}


@pytest.mark.parametrize("filed", [*mapping.CATEGORIES.values(), mapping.NO_CATEGORY])
def test_keywords_belong_to_their_category(filed: mapping.Filed) -> None:
    assert set(filed.keywords) <= set(vocabulary.KEYWORDS[filed.statement_category])


@pytest.mark.parametrize(
    ("action", "visibility"),
    [
        ("blur", "DECISION_VISIBILITY_OTHER"),
        ("age-restrict", "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED"),
        ("demote", "DECISION_VISIBILITY_CONTENT_DEMOTED"),
        ("hold", "DECISION_VISIBILITY_CONTENT_DISABLED"),
        ("remove", "DECISION_VISIBILITY_CONTENT_REMOVED"),
    ],
)
def test_an_action_restricts_visibility_in_its_way(action: str, visibility: str) -> None:
    assert write(row(reason(action=action)) | {"action": action})["decision_visibility"] == [visibility]


def test_a_decision_by_a_machine_alone_is_fully_automated() -> None:
    made = write(row(reason()))
    assert (made["automated_decision"], made["automated_detection"]) == ("AUTOMATED_DECISION_FULLY", "Yes")


def test_a_decision_that_a_person_confirmed_is_partially_automated() -> None:
    made = write(row(reason()), Human(Action.REMOVE, changed=False, at_us=AT_US))
    assert made["automated_decision"] == "AUTOMATED_DECISION_PARTIALLY"


def test_a_decision_that_a_person_changed_is_theirs_and_counts_from_then() -> None:
    made = write(row(reason()), Human(Action.DEMOTE, changed=True, at_us=AT_US + 2 * 86_400_000_000))
    assert made["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert made["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_DEMOTED"]
    assert (made["content_date"], made["application_date"]) == (DAY, "2026-09-23")


def test_a_restriction_that_a_person_lifted_needs_no_statement() -> None:
    lifted = Human(Action.ALLOW, changed=True, at_us=AT_US)
    assert StatementWriter(PLATFORM).write(row(reason()), "p v", lifted) is None


def test_reported_content_was_found_by_people() -> None:
    made = write(row(reason(), context=Context(user_reports=2)))
    assert (made["source_type"], made["automated_detection"]) == ("SOURCE_TYPE_OTHER_NOTIFICATION", "No")


def test_the_harm_that_the_action_rests_on_gives_the_category() -> None:
    made = write(
        row(reason(Category.SPAM, "label"), reason(Category.HATE, "remove"), reason(Category.SEXUAL, "remove"))
    )
    assert made["category"] == "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
    assert made["category_addition"] == ["STATEMENT_CATEGORY_OTHER_VIOLATION_TC"]
    assert made["category_specification"] == ["KEYWORD_DISCRIMINATION", "KEYWORD_ADULT_SEXUAL_MATERIAL"]


def test_a_decision_without_a_harm_breaks_a_rule_of_the_platform() -> None:
    made = write(row(reason(None, list="blocked")))
    assert made["category"] == "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
    assert made["category_specification"] == ["KEYWORD_OTHER"]


def test_a_statement_says_what_the_content_is() -> None:
    made = write(row(reason(), modalities="text,image", context=Context(kind="listing", locale="pt-BR")))
    assert made["content_type"] == ["CONTENT_TYPE_IMAGE", "CONTENT_TYPE_PRODUCT", "CONTENT_TYPE_TEXT"]
    assert made["content_language"] == "PT"


def test_a_statement_says_nothing_of_persons() -> None:
    personal = {"content_id": "post-77", "subject": "a" * 64, "content_digest": "c" * 64, "tenant": "acme"}
    written = json.dumps(write(row(reason(), **personal)))
    assert not [value for value in personal.values() if value in written]


def test_an_erased_decision_still_has_its_statement() -> None:
    erased = row(reason()) | {"content_id": None, "subject": None, "content_digest": "", "context": None, "salt": None}
    assert write(erased)["puid"] == erased["decision_id"]


def test_a_category_with_a_legal_ground_is_reported_as_illegal(tmp_path: Path) -> None:
    path = tmp_path / "dsa.yaml"
    path.write_text(
        "contractual_ground: Terms, 4\nterritorial_scope: [DE, EEA]\n"
        "categories: {hate: {legal_ground: Section 130, explanation: Incitement}}"
    )
    made = write(row(reason()), platform=load_platform(path))
    assert made["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert made["illegal_content_legal_ground"] == "Section 130"
    assert len(made["territorial_scope"]) == 30


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[]", "the file"),
        ("a: [", "not YAML"),
        ("contractual_ground: x\nterritorial_scope: [US]", "territorial_scope.0"),
        ("contractual_ground: x\nterritorial_scope: []", "territorial_scope"),
        ("contractual_ground: x\ncategories: {hate: {category: STATEMENT_CATEGORY_HATE}}", "categories.hate"),
        ("contractual_ground: x\ncategories: {hate: {keywords: [KEYWORD_HATE_SPEECH]}}", "categories.hate"),
        ("contractual_ground: x\ncategories: {hats: {}}", "categories.hats"),
        ("contractual_ground: x\nlanguage: EN", "language"),
        ("contractual_ground: x\ndefault_language: XX", "default_language"),
        ("contractual_ground: x\ncontent_types: {a: [CONTENT_TYPE_OTHER]}", "content_types.a.0"),
        ("territorial_scope: [EU]", "contractual_ground"),
    ],
)
def test_a_platform_file_that_cannot_be_used_is_explained(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "dsa.yaml"
    path.write_text(text)
    with pytest.raises(PlatformError, match=place):
        load_platform(path)


def test_a_platform_file_that_is_missing_is_explained(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="No such file"):
        load_platform(tmp_path / "dsa.yaml")


def removed(**given: Any) -> tuple[Any, ...]:
    return decision_row(action="remove", reasons=orjson.dumps([reason()]).decode(), **given)


def test_an_export_has_batches_of_at_most_a_hundred(database: Engine, tmp_path: Path) -> None:
    write_decisions(database, *(removed(decided_at_us=AT_US + index) for index in range(250)), decision_row())
    exported = export(database, PLATFORM, EVER, tmp_path / "out")
    files = sorted((tmp_path / "out").iterdir())
    batches = [json.loads(path.read_bytes()) for path in files]
    assert exported == exporting.Exported(250, 3, 250)
    assert [path.name for path in files] == [f"statements-0000{n}.json" for n in (1, 2, 3)]
    assert [len(batch["statements"]) for batch in batches] == [100, 100, 50]
    for batch in batches:
        VALIDATOR.validate(batch)


def test_an_export_reads_pages_without_losing_or_repeating_a_decision(database: Engine) -> None:
    ids = write_decisions(database, *(removed(decided_at_us=index // 300) for index in range(1_200)))
    found = [one["puid"] for one in read_statements(database, PLATFORM, EVER)]
    assert len(found) == 1_200
    assert set(found) == set(ids)


def test_an_export_takes_the_decisions_of_its_time_and_tenant(database: Engine) -> None:
    rows = [removed(decided_at_us=at, tenant=tenant) for at in (9, 10, 19, 20) for tenant in "xy"]
    write_decisions(database, *rows)
    assert len(list(read_statements(database, PLATFORM, Span(10, 20)))) == 4
    assert len(list(read_statements(database, PLATFORM, Span(10, 20, "x")))) == 2


def add_verdict(database: Engine, decision_id: str, verdict: str, action: str) -> None:
    values = {"verdict_id": UuidSource()(), "decision_id": decision_id, "tenant": "t", "source": "review"}
    said = {"verdict": verdict, "action": action, "labels": "{}", "reviewer": "r", "level": 1, "at_us": AT_US}
    with database.begin() as connection:
        connection.execute(review_verdicts.insert().values(**values, **said))


def test_verdicts_of_reviewers_are_in_the_export(database: Engine) -> None:
    confirmed, lifted, _ = write_decisions(database, removed(), removed(), removed())
    (allowed,) = write_decisions(database, decision_row())
    add_verdict(database, confirmed, "uphold", "remove")
    add_verdict(database, lifted, "overturn", "allow")
    add_verdict(database, allowed, "change", "demote")
    found = {one["puid"]: one["automated_decision"] for one in read_statements(database, PLATFORM, EVER)}
    assert lifted not in found
    assert found[confirmed] == "AUTOMATED_DECISION_PARTIALLY"
    assert found[allowed] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert len(found) == 3


def test_an_export_does_not_mix_with_an_older_one(database: Engine, tmp_path: Path) -> None:
    write_decisions(database, removed())
    export(database, PLATFORM, EVER, tmp_path)
    with pytest.raises(FileExistsError):
        export(database, PLATFORM, EVER, tmp_path)


def test_the_page_shows_the_same_mapping() -> None:
    page = (Path(__file__).parents[3] / "docs" / "accountability.md").read_text(encoding="utf-8")
    for category, filed in mapping.CATEGORIES.items():
        said = f"{filed.keywords[0]}: {filed.other}" if filed.other else filed.keywords[0]
        assert f"| `{category}` | {filed.statement_category} | {said} |" in page
    for action, visibility in mapping.VISIBILITIES.items():
        assert f"| `{action}` | {visibility} |" in page
