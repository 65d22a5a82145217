"""`weir bank`: the whole life of a bank from the command line, and one line for every mistake."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from scripts.commands.bank import app
from service.settings import ROOT, load_settings
from tests.service.banks.conftest import bits, digest, png

Weir = Callable[..., Result]
COMMANDS = (
    "create", "list", "show", "add", "remove", "import", "export", "enable", "disable", "delete", "release", "match",
)  # fmt: skip


@pytest.fixture
def weir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weir:
    monkeypatch.setenv("WEIR_DATABASE_URL", f"sqlite:///{tmp_path / 'weir.db'}")
    monkeypatch.setenv("WEIR_BUNDLES", str(ROOT / "models" / "bundles" / "text-minilm"))  # blocks of noise look alike
    load_settings.cache_clear()

    def weir(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    assert weir("create", "bad", "--category", "weapons", "--action", "remove").exit_code == 0
    return weir


def items(weir: Weir, bank: str = "bad") -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(weir("show", bank, "--json", "--limit", "1000").stdout)
    return found[1:]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_a_folder_of_pictures_is_added_and_found(weir: Weir, tmp_path: Path) -> None:
    folder = tmp_path / "reported" / "deep"
    folder.mkdir(parents=True)
    for seed in range(3):
        (folder / f"{seed}.png").write_bytes(png(seed))
    (folder / "notes.md").write_text("not a picture")
    assert "3 added, 0 there already, 0 skipped" in weir("add", "bad", str(tmp_path / "reported")).stderr
    other = tmp_path / "other.png"
    other.write_bytes(png(1, side=400))
    assert "bank bad, item" in weir("match", str(other)).stderr
    assert "bad says remove" in weir("match", str(other)).stderr
    other.write_bytes(png(9))
    assert "no bank acts on it" in weir("match", str(other)).stderr


def test_a_broken_picture_is_named_and_stops_no_other(weir: Weir, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing of the kind")
    (tmp_path / "b.png").write_bytes(png(1))
    added = weir("add", "bad", str(tmp_path / "a.png"), str(tmp_path / "b.png"))
    assert added.exit_code == 1
    assert "1 added, 0 there already, 1 skipped" in added.stderr
    assert "a.png" in added.stderr


def test_texts_and_hashes_are_added_with_a_note(weir: Weir) -> None:
    words = ("--text", "Send one coin, get two!", "--pdq", bits(1).hex(), "--sha256", digest("a").hex())
    assert "3 added" in weir("add", "bad", *words, "--note", "case 7", "--label", "x").stderr
    assert "0 added, 3 there already" in weir("add", "bad", *words).stderr
    assert {(item["note"], tuple(item["labels"])) for item in items(weir)} == {("case 7", ("x",))}  # type: ignore[arg-type]
    assert "bad says remove" in weir("match", "--text", "Send one coin, get two!").stderr


def test_items_are_disabled_enabled_released_and_removed(weir: Weir) -> None:
    weir("add", "bad", "--pdq", bits(1).hex())
    [item] = items(weir)
    weir("disable", "bad", str(item["id"]))
    assert [one["enabled"] for one in items(weir)] == [False]
    weir("enable", "bad", str(item["id"]))
    assert weir("release", "bad", str(item["id"])).exit_code == 0
    weir("remove", "bad", str(item["id"]))
    assert items(weir) == []


def test_a_bank_is_disabled_listed_and_deleted(weir: Weir) -> None:
    weir("disable", "bad")
    assert [bank["enabled"] for bank in json.loads(weir("list", "--json").stdout)] == [False]
    assert "bad" in weir("list").stdout
    assert weir("delete", "bad", "--yes").exit_code == 0
    assert json.loads(weir("list", "--json").stdout) == []


def test_deleting_asks_first(weir: Weir) -> None:
    assert CliRunner().invoke(app, ["delete", "bad"], input="n\n").exit_code == 2
    assert "bad" in weir("list").stdout


def test_lists_go_in_and_out(weir: Weir, tmp_path: Path) -> None:
    listed, out, log = tmp_path / "list.csv", tmp_path / "out.jsonl", tmp_path / "skipped.txt"
    listed.write_text(f"pdq,{bits(1).hex()}\nphoto_md5,abc\n", encoding="utf-8")
    imported = weir("import", "bad", str(listed), "--skipped", str(log))
    assert "2 rows: 1 items added, 0 there already, 1 rows skipped" in imported.stderr
    assert log.read_text(encoding="utf-8").startswith("line 2: ")
    assert "exported 1 items" in weir("export", "bad", str(out)).stderr
    weir("create", "copy", "--category", "fire", "--action", "blur", "--threshold", "pdq=12")
    assert "1 items added" in weir("import", "copy", str(out)).stderr
    assert [item["pdq"] for item in items(weir, "copy")] == [bits(1).hex()]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "nothing"), "no bank of this name"),
        (("create", "bad", "--category", "fire", "--action", "blur"), "already"),
        (("create", "x"), "a positive bank has a category and an action"),
        (("create", "x", "--category", "nonsense", "--action", "blur"), "category"),
        (("create", "x", "--negative", "--threshold", "pdq=many"), "--threshold"),
        (("add", "bad"), "nothing to add"),
        (("add", "bad", "--pdq", "12"), "pdq"),
        (("add", "bad", "--pdq", "0" * 64), "not the hash of a picture"),
        (("remove", "bad", "7"), "no item with this id"),
        (("import", "bad", "/nonexistent/list.csv"), "No such file"),
        (("import", "bad", "list.unknown"), "--format"),
        (("match",), "nothing to look up"),
    ],
)
def test_a_mistake_is_one_clear_line(weir: Weir, words: tuple[str, ...], message: str) -> None:
    result = weir(*words)
    assert result.exit_code != 0
    assert message in result.stderr
    assert "Traceback" not in result.output
