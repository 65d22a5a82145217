"""`weir serve` looks at everything before it starts a worker, and says what its operator should know."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from service.access.keys import KeyDraft
from service.access.listening import AddressError, require_free
from service.access.store import KeyStore
from service.records.schema import open_database
from service.settings import load_settings
from tests.service.manifests import text_manifest

Serve = Callable[..., Any]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'weir.db'}"


@pytest.fixture
def serve(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Runs `weir serve` up to where it would become the server."""
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "manifest.json").write_text(text_manifest().model_dump_json())
    monkeypatch.setattr("os.execve", lambda *_: None)

    def run(*options: str, log_format: str = "text", **variables: str) -> Any:
        load_settings.cache_clear()
        given = {"WEIR_BUNDLES": str(tmp_path), "WEIR_DATABASE_URL": url, "WEIR_LOG_FORMAT": log_format, **variables}
        return CliRunner().invoke(app, ["serve", "--port", "0", *options], env=given)

    yield run
    load_settings.cache_clear()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_misspelt_setting_is_told_once(serve: Serve, log_format: str) -> None:
    shown = serve(log_format=log_format, WEIR_MAX_ITMES="5")
    assert shown.exit_code == 0
    assert shown.stderr.count("WEIR_MAX_ITMES is no setting and has no effect: did you mean WEIR_MAX_ITEMS?") == 1


def test_an_open_server_says_so(serve: Serve) -> None:
    shown = serve().stderr
    assert "This server is OPEN: it asks nobody for a key." in shown
    assert "decide, review, administrate" in shown


def test_with_an_admin_token_alone_administration_is_not_called_open(serve: Serve) -> None:
    shown = serve(WEIR_ADMIN_TOKEN="x" * 16).stderr
    assert "OPEN but for administration" in shown
    assert "administration wants the token" in shown
    assert "do everything" not in shown
    assert "xxxx" not in shown


def test_a_door_without_any_key_is_loud_about_it(serve: Serve) -> None:
    shown = serve(WEIR_REQUIRE_KEYS="true").stderr
    assert "NOBODY CAN GET IN" in shown
    assert "weir key create" in shown


def test_required_keys_with_a_token_alone_are_told(serve: Serve) -> None:
    shown = serve(WEIR_REQUIRE_KEYS="true", WEIR_ADMIN_TOKEN="x" * 16).stderr
    assert "WEIR_ADMIN_TOKEN alone opens this server" in shown


@pytest.mark.parametrize("variables", [{}, {"WEIR_REQUIRE_KEYS": "true"}])
def test_with_a_key_there_is_nothing_to_say(serve: Serve, url: str, variables: dict[str, str]) -> None:
    database = open_database(url)
    KeyStore(database).create(KeyDraft.model_validate({"name": "shop", "scopes": ["decide"]}), "test")
    database.dispose()
    assert serve(**variables).stderr == ""


@pytest.mark.parametrize(("length", "is_told"), [(1, True), (15, True), (16, False)])
def test_a_short_admin_token_is_told_and_not_shown(serve: Serve, length: int, is_told: bool) -> None:
    shown = serve(WEIR_ADMIN_TOKEN="q" * length).stderr
    assert ("fewer than 16 characters" in shown) is is_told
    assert "qq" not in shown


def test_a_json_log_is_json_from_its_first_line(serve: Serve) -> None:
    shown = serve(log_format="json", WEIR_ADMIN_TOKEN="short", WEIR_MAX_ITMES="5").stderr
    lines = [json.loads(line) for line in shown.splitlines()]
    assert len(lines) == 4
    assert {line["logger"] for line in lines} == {"bentoml.weir.serve"}
    assert "OPEN but for administration" in lines[-1]["message"]


def test_a_database_that_cannot_be_opened_is_told_although_keys_are_required(serve: Serve) -> None:
    shown = serve(WEIR_REQUIRE_KEYS="true", WEIR_DATABASE_URL="sqlite:////nonexistent/weir.db")
    assert (shown.exit_code, shown.stderr.count("\n")) == (2, 1)


def test_a_port_in_use_is_one_line_and_no_banner(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = serve("--port", str(port))
    assert (shown.exit_code, shown.stderr.count("\n")) == (2, 1)
    assert f"cannot listen at 127.0.0.1, port {port}" in shown.stderr


def test_a_name_is_no_address_to_listen_at(serve: Serve) -> None:
    shown = serve("--host", "localhost")
    assert (shown.exit_code, shown.stderr.count("\n")) == (2, 1)
    assert "an IP address is expected" in shown.stderr


def test_a_port_that_was_given_back_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(AddressError):
            require_free("127.0.0.1", port)
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # the server's side closes first, and waits in TIME_WAIT
        client.close()
    require_free("127.0.0.1", port)
