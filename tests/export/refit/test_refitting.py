"""Refitting: heads move where people's labels say so, and nothing else changes."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from models.contracts import Category
from models.data.errors import DataError
from models.export.errors import ExportError
from models.export.refit.choosing import MIN_EACH, Task, choose_move
from models.export.refit.fitting import Rows, fit_move
from models.export.refit.refitting import RefitRequest, refit
from models.export.refit.report import RefitReport
from models.export.refit.reviewed import read_reviewed, split_by_time
from models.export.refit.writing import joint_bundles, rebind_joint
from models.runtime.bundle import TextBundle, load_text_bundle
from models.runtime.classifier import open_classifier
from scripts.cli import app

BUNDLES = Path("models/bundles")
HARMFUL = ("zorblik", "those wugs should leave", "every wug is a narvee")
PLACES = ("town", "school", "the market", "my street", "the office", "the bus", "our club", "the park", "work", "class")


def example(text: str, label: int, at: int, **more: object) -> str:
    """One line as `weir labels export` writes it."""
    when = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=at)).isoformat()
    return json.dumps({"text": text, "labels": {"hate": label}, "weight": 1.0, "timestamp": when} | more)


def slang_lines(n: int = 120) -> list[str]:
    """A new slang that people call hate, beside harmless posts about the same places, in turns."""
    rng, lines = np.random.default_rng(5), []
    for at in range(n):
        place, day = rng.choice(PLACES), rng.integers(1, 1000)
        if at % 2:
            lines.append(example(f"{rng.choice(HARMFUL)}, seen at {place} on day {day}", 1, at))
        else:
            lines.append(example(f"we walked to {place} on day {day} and it was {rng.choice(PLACES)}", 0, at))
    return lines


@pytest.fixture(scope="module")
def base() -> TextBundle:
    return load_text_bundle(BUNDLES / "text-minilm")


@pytest.fixture
def labels(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str) -> Path:
        path = tmp_path / "labels.jsonl"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def refitted(base: TextBundle, tmp_path_factory: pytest.TempPathFactory) -> tuple[RefitReport, Path]:
    folder = tmp_path_factory.mktemp("refit")
    path = folder / "labels.jsonl"
    path.write_text("\n".join(slang_lines()), encoding="utf-8")
    request = RefitRequest(
        base, None, folder / "next" / "text-minilm", "0.2.0", datetime(2026, 1, 2, tzinfo=UTC).date()
    )
    return refit(request, read_reviewed(path)), request.out


def test_a_slang_that_people_labelled_is_found_on_later_labels(refitted: tuple[RefitReport, Path]) -> None:
    (hate,) = (head for head in refitted[0].heads if head.category is Category.HATE)
    assert hate.is_moved
    assert hate.held_out is not None
    assert hate.gain > 0.3
    assert hate.held_out.log_loss_new < hate.held_out.log_loss_old


def test_heads_that_nobody_labelled_give_the_same_scores(base: TextBundle, refitted: tuple[RefitReport, Path]) -> None:
    texts = ["you are an idiot", "free money, click here", "a walk in the park"]
    old, new = open_classifier(base).score(texts), open_classifier(load_text_bundle(refitted[1])).score(texts)
    hate = base.manifest.labels.index(Category.HATE)
    np.testing.assert_array_equal(np.delete(old, hate, axis=1), np.delete(new, hate, axis=1))
    assert (old[:, hate] != new[:, hate]).any()


def test_embeddings_stay_so_that_what_reads_them_goes_on(base: TextBundle, refitted: tuple[RefitReport, Path]) -> None:
    old, new = (open_classifier(one).embeddings(["a text"]) for one in (base, load_text_bundle(refitted[1])))
    np.testing.assert_array_equal(old, new)


def test_the_new_bundle_has_its_own_version_and_digests_and_says_what_was_done(
    base: TextBundle, refitted: tuple[RefitReport, Path]
) -> None:
    new = load_text_bundle(refitted[1])
    assert new.manifest.version == "0.2.0"
    assert new.digest != base.digest
    assert new.manifest.dataset_digest != base.manifest.dataset_digest
    assert "test_macro_pr_auc" not in new.manifest.metrics
    assert "## Refitted heads" in (new.path / "CARD.md").read_text(encoding="utf-8")
    assert "zorblik" not in (new.path / "refit.json").read_text(encoding="utf-8")


def test_a_joint_bundle_goes_on_with_the_new_text_bundle(base: TextBundle, refitted: tuple[RefitReport, Path]) -> None:
    text = load_text_bundle(refitted[1])
    (joint,) = joint_bundles(base)
    bound = rebind_joint(joint, base, text, "0.1.1", refitted[1].parent / "meme-fusion")
    assert bound.manifest.text_bundle == text.digest


@pytest.mark.parametrize(
    ("version", "out", "said"), [("next", "out", "three numbers"), ("0.2.0", "", "stays as it is")]
)
def test_a_refit_that_cannot_be_written_is_refused_before_it_begins(
    base: TextBundle, tmp_path: Path, labels: Callable[..., Path], version: str, out: str, said: str
) -> None:
    folder = tmp_path / out if out else BUNDLES / "absent" / ".." / base.path.name
    request = RefitRequest(base, None, folder, version, datetime(2026, 1, 2, tzinfo=UTC).date())
    with pytest.raises(ExportError, match=said):
        refit(request, read_reviewed(labels(example("a text", 1, 0))))


def test_labels_that_say_what_the_model_says_move_nothing(base: TextBundle, tmp_path: Path) -> None:
    lines = [example(f"have a nice day number {at}", 0, at) for at in range(40)]
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    request = RefitRequest(base, None, tmp_path / "out", "0.2.0", datetime(2026, 1, 2, tzinfo=UTC).date())
    assert not refit(request, read_reviewed(path)).moved
    assert not request.out.exists()


def test_random_labels_move_nothing() -> None:
    rng = np.random.default_rng(1)
    rows = Rows(rng.normal(size=200), rng.normal(size=(200, 50)), np.zeros(200), np.ones(200))
    said = (rng.random(200) < 1 / (1 + np.exp(-rows.logits))).astype(float)
    reviewed = Rows(rows.logits, rows.inputs, said, rows.weights)
    none = reviewed.at(np.zeros(200, bool))
    assert choose_move(Task(reviewed, np.arange(200), none, none, 1.0, 0.0)).move is None


def test_a_head_with_too_few_labels_stays() -> None:
    rng = np.random.default_rng(1)
    said = np.r_[np.ones(MIN_EACH - 1), np.zeros(50)]
    rows = Rows(rng.normal(size=len(said)), rng.normal(size=(len(said), 5)), said, np.ones(len(said)))
    none = rows.at(np.zeros(len(said), bool))
    assert "too few" in choose_move(Task(rows, np.arange(len(said)), none, none, 1.0, 0.0)).reason


def floods(n_copies: int) -> Task:
    """Eight messages whose labels hang on nothing in them, each posted so often."""
    rng = np.random.default_rng(3)
    inputs, said = rng.normal(size=(8, 12)), np.tile([1.0, 0.0], 4)
    rows = Rows(*(np.repeat(part, n_copies, axis=0) for part in (rng.normal(size=8), inputs, said, np.ones(8))))
    none = rows.at(np.zeros(len(rows.labels), bool))
    return Task(rows, np.repeat(np.arange(8), n_copies), none, none, 1.0, 0.0)


def test_copies_of_a_message_are_no_further_evidence() -> None:
    few, many = (choose_move(floods(n)) for n in (MIN_EACH, 20 * MIN_EACH))
    assert few.gain_error > 0.05
    assert many.gain_error > few.gain_error / 2  # twenty times the rows would divide it by more than four


def test_copies_of_one_message_alone_move_nothing() -> None:
    task = floods(MIN_EACH)
    found = choose_move(replace(task, groups=np.zeros(len(task.groups), np.int64)))
    assert found.move is None
    assert "near-duplicates" in found.reason


def test_a_strong_prior_leaves_the_direction_where_it_is() -> None:
    rng = np.random.default_rng(2)
    rows = Rows(rng.normal(size=80), rng.normal(size=(80, 6)), rng.integers(0, 2, 80).astype(float), np.ones(80))
    free, tied = (fit_move(rows, 1.0, 0.0, strength).direction for strength in (0.1, 1e9))
    assert np.abs(tied).max() < 1e-5 < np.abs(free).max()


def test_the_last_word_on_a_text_wins(labels: Callable[..., Path]) -> None:
    found = read_reviewed(labels(example("the same text", 1, 0), example("the same text", 0, 1)))
    assert found.labels[0].max() == 0


def test_what_is_held_out_is_later_and_no_copy_of_what_is_fitted(labels: Callable[..., Path]) -> None:
    texts = [f"text number {at} of quite another kind {at * 7919}" for at in range(9)]
    found = read_reviewed(labels(*(example(text, 1, at) for at, text in enumerate([*texts, texts[0] + "!"]))))
    halves = split_by_time(found, 0.3)
    assert halves.held_out.tolist() == [7, 8]


@pytest.mark.parametrize(
    ("line", "said"),
    [("{}", ":1: not an example"), ("no json", ":1: not an example"), (example("", 1, 0), "none of its 1 examples")],
)
def test_a_file_that_is_no_export_is_explained(labels: Callable[..., Path], line: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_reviewed(labels(line))


def test_the_command_says_when_there_is_no_file() -> None:
    result = CliRunner().invoke(app, ["train", "--from-labels", "nowhere.jsonl"])
    assert result.exit_code == 2
    assert "weir labels export" in " ".join(result.output.split())
