"""`weir policy`: the life of a policy from the command line, and one line for every mistake."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from scripts.commands.policy import app
from scripts.commands.policy_replay import moment_us
from service.asking import Ask
from service.engine import open_engine
from service.records.schema import open_database
from service.records.tables import events
from service.settings import ROOT, Settings, load_settings
from tests.service.hashing import loaded_model
from tests.service.rollout.conftest import HOPELESS, STRICT, policy_text

Weir = Callable[..., Result]
COMMANDS = ("add", "activate", "rollback", "list", "show", "history", "replay", "shadow set", "shadow show")


@pytest.fixture
def weir(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Weir:
    monkeypatch.setenv("WEIR_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WEIR_BUNDLES", str(ROOT / "models" / "bundles" / "text-minilm"))
    load_settings.cache_clear()
    open_database(settings.database_url).dispose()

    def weir(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return weir


@pytest.fixture
def strict(tmp_path: Path) -> str:
    (tmp_path / "strict.yaml").write_text(STRICT.text)
    return str(tmp_path / "strict.yaml")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_a_policy_lives_from_the_file_to_the_rollback(weir: Weir, settings: Settings, strict: str) -> None:
    first = json.loads(weir("activate", str(settings.policy), "--json").stdout)
    staged = json.loads(weir("activate", strict, "--percent", "10", "--reason", "try it", "--json").stdout)
    assert (first["percent"], staged["percent"], staged["previous_version"]) == (100, 10, first["version"])
    roles = {policy["name"]: policy["role"] for policy in json.loads(weir("list", "--json").stdout)}
    assert roles == {"file": "active", "strict": "candidate"}
    assert json.loads(weir("rollback", "--json").stdout)["version"] == first["version"]
    kinds = [entry["kind"] for entry in json.loads(weir("history", "--json").stdout)]
    assert kinds == ["rolled_back", "activated", "activated"]
    assert weir("show", STRICT.version).stdout == STRICT.text


def test_what_was_done_names_who_did_it(weir: Weir, settings: Settings, strict: str) -> None:
    weir("activate", strict)
    database = open_database(settings.database_url)
    with database.connect() as connection:
        actors = set(connection.execute(select(events.c.actor)).scalars())
    database.dispose()
    assert len(actors) == 1
    assert all(actor.startswith("cli") for actor in actors)


def test_mistakes_are_one_line_and_exit_2(weir: Weir, tmp_path: Path, strict: str) -> None:
    (tmp_path / "hopeless.yaml").write_text(HOPELESS.text)
    (tmp_path / "broken.yaml").write_text(policy_text("broken", "demolish"))
    for words in (
        ("activate", str(tmp_path / "hopeless.yaml")),
        ("activate", str(tmp_path / "broken.yaml")),
        ("activate", str(tmp_path / "absent.yaml")),
        ("activate", "0" * 12),
        ("activate", strict, "--percent", "10"),
        ("rollback",),
        ("show", "0" * 12),
        ("shadow", "set"),
        ("shadow", "set", strict, "--share", "0"),
        ("shadow", "set", "--bundle", str(tmp_path)),
        ("shadow", "clear"),
        ("replay", "--policy", strict, "--since", "yesterday"),
        ("replay", "--policy", strict, "--since", "1h", "--until", "2h"),
    ):
        done = weir(*words)
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1), words
        assert done.stderr.startswith("weir policy: ")


def test_a_shadow_is_set_shown_and_cleared(weir: Weir, strict: str) -> None:
    assert weir("shadow", "set", strict, "--share", "0.5").exit_code == 0
    (report,) = json.loads(weir("shadow", "show", "--json").stdout)
    assert (report["shadow"], report["n_decisions"]) == (STRICT.version, 0)
    assert weir("shadow", "clear").exit_code == 0
    assert json.loads(weir("shadow", "show", "--json").stdout) == []


def test_a_bundle_is_set_as_a_shadow_by_its_folder(weir: Weir) -> None:
    bundle = ROOT / "models" / "bundles" / "text-minilm"
    assert weir("shadow", "set", "--bundle", str(bundle)).exit_code == 0
    (report,) = json.loads(weir("shadow", "show", "--json").stdout)
    assert len(report["shadow"]) == 64


def test_a_replay_shows_what_would_change(weir: Weir, settings: Settings, strict: str) -> None:
    async def scenario() -> None:
        engine = open_engine(settings, loaded_model)
        engine.submit(["idiot", "lovely"], Ask("decisions", "default"), lambda _: None)
        assert await engine.close() == 0
        engine.database.dispose()

    asyncio.run(scenario())
    found = json.loads(weir("replay", "--policy", strict, "--since", "1h", "--json").stdout)
    assert (found["n_replayed"], found["n_changed"], found["not_replayed"]) == (2, 1, {})
    changed = next(entry for entry in found["actions"] if entry["before"] != entry["after"])
    assert (changed["before"], changed["after"], len(changed["samples"])) == ("demote", "remove", 1)
    assert found["by_category"]["harassment"]["n_stricter"] == 1
    assert (found["n_certain"], found["uncertain"]) == (2, [])
    weir("add", strict)
    assert json.loads(weir("replay", "--policy", STRICT.version, "--json").stdout) == found
    shown = weir("replay", "--policy", strict).stdout
    assert "2 of 2 decisions replayed: 1 actions (50.00%)" in shown
    assert changed["samples"][0] in shown


def test_a_replay_says_what_depends_on_lists(weir: Weir, settings: Settings, tmp_path: Path) -> None:
    decide(settings, ["lovely"])
    listing = tmp_path / "listing.yaml"
    rule = "  - {id: words, action: remove, when: {list: bad}, message: a word}\n"
    listing.write_text(f"{STRICT.text}{rule}lists: {{bad: {{kind: exact, entries: [xyz]}}}}\n")
    found = json.loads(weir("replay", "--policy", str(listing), "--json").stdout)
    assert found["uncertain"] == [{"mildest": "allow", "strictest": "remove", "n_decisions": 1}]
    assert (found["n_replayed"], found["n_certain"], found["n_changed"]) == (1, 0, 0)
    assert "uncertain: 1 (between allow and remove)" in weir("replay", "--policy", str(listing)).stdout


def decide(settings: Settings, texts: list[str], tenant: str = "default") -> None:
    async def scenario() -> None:
        engine = open_engine(settings, loaded_model)
        engine.submit(texts, Ask("decisions", tenant), lambda _: None)
        assert await engine.close() == 0
        engine.database.dispose()

    asyncio.run(scenario())


def test_a_wider_rollout_names_who_decides_for_the_rest(weir: Weir, settings: Settings, strict: str) -> None:
    first = json.loads(weir("activate", str(settings.policy), "--json").stdout)["version"]
    weir("activate", strict, "--percent", "10")
    wider = weir("activate", STRICT.version, "--percent", "50")
    assert f"policy {STRICT.version} decides for 50 % of tenants, and policy {first} for the rest" in wider.stderr
    last = json.loads(weir("activate", STRICT.version, "--json").stdout)
    assert last["previous_version"] == first


def test_a_staged_rollout_over_one_tenant_is_warned_of(weir: Weir, settings: Settings, strict: str) -> None:
    weir("activate", str(settings.policy))
    assert "warning" not in weir("activate", strict, "--percent", "10").stderr
    decide(settings, ["lovely"])
    assert "there is one alone" in weir("activate", strict, "--percent", "20").stderr
    assert "warning" not in weir("activate", strict).stderr
    decide(settings, ["lovely"], "acme")
    weir("activate", str(settings.policy))
    assert "warning" not in weir("activate", strict, "--percent", "20").stderr


def test_stored_policies_and_files_are_compared(weir: Weir, settings: Settings, strict: str) -> None:
    weir("add", strict)
    found = json.loads(weir("diff", STRICT.version, str(settings.policy), "--json").stdout)
    assert (found["before"]["version"], found["after"]["name"]) == (STRICT.version, "file")
    assert weir("diff", "0" * 12, strict).exit_code == 2


def test_times_are_ages_or_moments() -> None:
    assert moment_us("now", 5) == 5
    assert moment_us("7d", 7 * 86_400_000_000) == moment_us("1w", 7 * 86_400_000_000) == 0
    assert moment_us("1970-01-01T00:01", 0) == moment_us("1970-01-01T01:01+01:00", 0) == 60_000_000
