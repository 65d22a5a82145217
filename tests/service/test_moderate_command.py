"""`weir moderate`, with small real models in the place of the shipped bundles."""

import json
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

import service.preview
from models.contracts import CATEGORIES, Decision
from scripts.commands.moderate import moderate
from service.settings import load_settings
from tests.service.hashing import loaded_model
from tests.service.vision.seeing import GREEN, YELLOW, SpellingReader, flat, picture, png, seeing_models, wordy

app = typer.Typer()
app.command()(moderate)

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command in an empty folder; the models are small ones, and everything else is real."""
    small = partial(service.preview.preview_redacted, load=seeing_models, reader=SpellingReader())
    monkeypatch.setattr("service.preview.preview_redacted", small)
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()

    def run(*arguments: str, stdin: str = "") -> Result:
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(arguments), input=stdin)

    return run


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """A weapon, wide enough to be told, and a face beside it."""
    (tmp_path / "photo.png").write_bytes(png(picture(GREEN, GREEN, YELLOW)))
    return "photo.png"


def decided(result: Result) -> Decision:
    assert result.exit_code == 0, result.stderr
    return Decision.model_validate_json(result.stdout)


def row(result: Result, category: str) -> list[str]:
    return next(line.split() for line in result.stdout.splitlines() if line.startswith(category + " "))


def test_a_text_gets_a_score_with_its_source(run: Run) -> None:
    result = run("You idiot")
    assert result.exit_code == 0
    assert row(result, "hate")[2] == "text"


def test_every_category_is_in_the_table_and_absent_ones_are_not_a_number(run: Run) -> None:
    result = run("You idiot")
    assert all(row(result, category.value) for category in CATEGORIES)
    assert row(result, "weapons") == ["weapons", "not", "applied"]


def test_a_picture_gets_a_score_from_the_picture(run: Run, photo: str) -> None:
    assert row(run(photo), "weapons")[2] == "picture"


def test_a_picture_s_regions_are_printed(run: Run, photo: str) -> None:
    result = run(photo)
    assert "photo.png: PNG, 64 x 64" in result.stdout
    assert "shows: weapons" in result.stdout


def test_the_words_in_a_picture_are_printed_and_scored(run: Run, tmp_path: Path) -> None:
    (tmp_path / "words.png").write_bytes(png(flat(wordy(2))))
    result = run("words.png")
    assert "reads: you idiot" in result.stdout
    assert row(result, "hate")[2:6] == ["words", "in", "the", "picture"]


def test_words_that_look_like_markup_are_printed_as_they_are(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SpellingReader, "words", ("", "[bold]you[/bold] [/]"))
    (tmp_path / "words.png").write_bytes(png(flat(wordy(1))))
    assert "reads: [bold]you[/bold] [/]" in run("words.png").stdout


def test_several_pictures_and_a_text_are_one_item(run: Run, photo: str) -> None:
    decision = decided(run(photo, photo, "--text", "hello", "--json"))
    assert decision.evidence is not None
    assert [image.index for image in decision.evidence.images] == [0, 1]
    assert {score.source for score in decision.scores if score.source} >= {"text", "image"}


def test_json_is_the_decision(run: Run, photo: str) -> None:
    assert decided(run(photo, "--json")).outcome == "decided"


def test_a_text_comes_from_standard_input(run: Run) -> None:
    spoken, piped = run("You idiot", "--json"), run("-", "--json", stdin="You idiot")
    assert decided(spoken).scores == decided(piped).scores


def test_a_text_that_names_a_file_is_a_text_with_the_option(run: Run, photo: str) -> None:
    assert decided(run("--text", photo, "--json")).evidence is None


def test_a_sentence_that_ends_with_a_file_name_is_a_text(run: Run) -> None:
    assert decided(run("look at photo.jpg", "--json")).evidence is None


def test_a_text_longer_than_any_file_name_is_a_text(run: Run) -> None:
    assert run("lovely " * 1_000).exit_code == 0


def test_the_redacted_copy_has_its_harm_blurred_and_its_faces_not(run: Run, photo: str, tmp_path: Path) -> None:
    assert run(photo, "--redact", "out.jpg").exit_code == 0
    steps = np.abs(np.diff(np.asarray(Image.open(tmp_path / "out.jpg").convert("RGB"), dtype=float), axis=0))
    harm_edge, face_edge = steps[12:20, 8].max(), steps[12:20, 46].max()
    assert harm_edge < face_edge / 2


def test_blur_chooses_what_the_copy_hides(run: Run, photo: str, tmp_path: Path) -> None:
    assert run(photo, "--redact", "out.jpg", "--blur", "picture").exit_code == 0
    copy, plain = (np.asarray(Image.open(file).convert("L"), dtype=float) for file in (tmp_path / "out.jpg", photo))
    assert np.abs(np.diff(copy, axis=1)).max() < np.abs(np.diff(plain, axis=1)).max() / 2


def test_several_copies_are_numbered(run: Run, photo: str, tmp_path: Path) -> None:
    assert run(photo, photo, "--redact", "out.jpg").exit_code == 0
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out-1.jpg", "out-2.jpg"]


def refused(result: Result) -> str:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_broken_picture_is_named_in_one_line(run: Run, photo: str, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    assert "broken.jpg: a JPEG segment is longer" in refused(run(photo, "broken.jpg"))


def test_a_file_that_is_no_picture_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert "notes.txt: the file does not start as one of JPEG" in refused(run("notes.txt"))


def test_a_truncated_picture_is_refused(run: Run, tmp_path: Path) -> None:
    out = BytesIO()
    Image.effect_noise((200, 200), 80).save(out, "JPEG")
    (tmp_path / "half.jpg").write_bytes(out.getvalue()[: len(out.getvalue()) // 2])
    assert "half.jpg: the JPEG ends before its picture does" in refused(run("half.jpg"))


def test_a_missing_picture_is_named(run: Run) -> None:
    assert "gone.JPG: no such file" in refused(run("gone.JPG"))


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ([], "give a text or a picture"),
        (["you", "idiot"], "put quotes around it"),
        (["you", "--text", "idiot"], "one text at a time"),
        (["you", "--redact", "out.jpg"], "need a picture"),
        (["photo.png", "--blur", "face"], "give --redact too"),
        (["photo.png", "--redact", "out.jpg", "--blur", "hands"], "--blur is one of harm, face, plate, picture"),
        (["photo.png", "--redact", "missing/out.jpg"], "no such file"),
        ([" "], "nothing to score"),
    ],
)
def test_a_call_that_cannot_be_answered_says_what_to_do(run: Run, photo: str, arguments: list[str], hint: str) -> None:
    assert hint in refused(run(*arguments))


def test_a_picture_without_an_image_bundle_is_refused(run: Run, photo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = partial(service.preview.preview_redacted, load=loaded_model)
    monkeypatch.setattr("service.preview.preview_redacted", plain)
    assert "no loaded model looks at this kind of input" in refused(run(photo))


def test_the_help_has_examples(run: Run) -> None:
    help_text = run("--help").stdout
    assert "weir moderate photo.jpg --redact blurred.jpg" in help_text
    assert json.dumps("What a lovely morning.") in help_text


def test_lists_of_the_policy_are_looked_for(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policy.yaml").write_text(
        "name: listed\nlists: {swans: {kind: exact, entries: [black swan]}}\n"
        "rules: [{id: swan, when: {list: swans}, action: hold, message: a rare bird}]\n"
    )
    monkeypatch.setenv("WEIR_POLICY", "policy.yaml")
    load_settings.cache_clear()
    decision = decided(run("A BLACK  swan!", "--json"))
    assert (decision.action, decision.review, decision.reasons[0].list) == ("hold", True, "swans")
    result = run("A BLACK  swan!")
    assert "swan, list swans, text, hold: a rare bird" in result.stdout


def test_the_words_that_carried_the_scores_are_printed_when_asked(run: Run) -> None:
    assert "hate rests on: idiot 0.90" in run("You idiot", "--evidence").stdout
    assert "rests on" not in run("You idiot").stdout


def test_evidence_is_part_of_the_json(run: Run) -> None:
    text = "😂 You idiot"
    evidence = decided(run(text, "--evidence", "--json")).evidence
    assert evidence is not None
    assert {text[span.start : span.end] for span in evidence.spans} == {"idiot"}


def test_the_turn_that_a_text_answers_is_read_with_it(run: Run) -> None:
    after, alone = (decided(run("So be it", "--json", *turn)) for turn in (["--previous", "idiot idiot"], []))
    assert after.scores != alone.scores
    assert decided(run("So be it", "--json", "--previous", " ")).scores == alone.scores


def test_a_turn_that_cannot_be_read_is_one_clear_line(run: Run, photo: str) -> None:
    assert "previous: " in refused(run("So be it", "--previous", "x" * 100_001))
    assert "without pictures" in refused(run(photo, "--previous", "idiot"))
