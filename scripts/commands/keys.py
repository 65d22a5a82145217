"""`weir key`: API keys from the command line, on the database itself."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from scripts.commands.database import open_for_command
from scripts.commands.listing import print_listing

if TYPE_CHECKING:
    from service.access.keys import ApiKey, NewKey
    from service.access.store import KeyStore

USER_ERROR = 2

app = typer.Typer(
    help="Make, list, renew and revoke API keys.\n\n"
    "The first key closes the door: from then on every request needs one, and the service may listen at a public "
    "address. A key has scopes: score (moderations, comments), decide (decisions, jobs, opening and "
    "reading an appeal), review (queue, appeals, labels), admin (policies, banks, keys, webhooks, audit). The commands "
    "work on the database that WEIR_DATABASE_URL names (by default weir.db in the current folder); running servers "
    "follow within about two seconds. docs/security.md tells more.",
    no_args_is_help=True,
)

KeyName = Annotated[str, typer.Argument(help="The key's id: the twelve letters after weir_.", metavar="ID")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("create")
def create(
    name: Annotated[str, typer.Option(help="For people: who uses it.")],
    scopes: Annotated[str, typer.Option(help="Of score, decide, review, admin, with commas between.")] = "score,decide",
    tenant: Annotated[str | None, typer.Option(help="The one tenant it may act for; any without it.")] = None,
    expires: Annotated[str | None, typer.Option(help="After so many days, such as 90d; never without it.")] = None,
    rate: Annotated[str | None, typer.Option(help="Requests in a time: 100/s, 6000/m, 100000/h.")] = None,
    item_rate: Annotated[str | None, typer.Option(help="Items likewise, as a batch is one request.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its token is printed this once and cannot be shown again.

    Examples:
        weir key create --name shop --scopes score,decide
        weir key create --name newsroom --tenant news --scopes decide --rate 100/s --expires 90d
        weir key create --name ops --scopes admin --json

    """
    from service.access.keys import KeyDraft

    given: dict[str, object] = {"name": name, "scopes": [one.strip() for one in scopes.split(",")], "tenant": tenant}
    given |= {"expires_in_days": _days(expires), "rate": rate, "item_rate": item_rate}
    with _open_store(may_create=True) as store:
        made = store.create(KeyDraft.model_validate(given), _actor())
    _show_token(made, as_json=as_json)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys, without their tokens."""
    with _open_store() as store:
        keys = store.keys()
    if as_json:
        print(json.dumps([key.model_dump(mode="json") for key in keys]))
        return
    print_listing(("id", "name", "tenant", "scopes", "rate", "made", "last used", ""), [_row(key) for key in keys])


@app.command("revoke")
def revoke(key_id: KeyName) -> None:
    """End a key for good. Running servers refuse it within about two seconds.

    Examples:
        weir key revoke 3kf0example2

    """
    with _open_store() as store:
        key = store.revoke(key_id, _actor())
    _say(f"revoked {key.id} ({key.name})")


@app.command("rotate")
def rotate(key_id: KeyName, as_json: AsJson = False) -> None:
    """Give a key another token; the one before is no longer good within about two seconds.

    Examples:
        weir key rotate 3kf0example2

    """
    with _open_store() as store:
        made = store.rotate(key_id, _actor())
    _show_token(made, as_json=as_json)


@contextmanager
def _open_store(*, may_create: bool = False) -> "Iterator[KeyStore]":
    """The keys of the database in the settings; what a user can mend becomes one line."""
    from pydantic import ValidationError

    from service.access.store import KeyStore, UnknownKeyError
    from service.records.schema import DatabaseError
    from service.settings import SettingsError, load_settings

    try:
        engine = open_for_command(load_settings().database_url, may_create=may_create)
        try:
            yield KeyStore(engine)
        finally:
            engine.dispose()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        _fail(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
    except UnknownKeyError:
        _fail("there is no such key, or it is revoked; `weir key list` shows all of them")
    except (DatabaseError, SettingsError) as error:
        _fail(str(error))


def _show_token(made: "NewKey", *, as_json: bool) -> None:
    if as_json:
        print(made.model_dump_json())
        return
    key = made.key
    _say(f"key {key.id} ({key.name}) with {', '.join(key.scopes)} for {key.tenant or 'any tenant'}.")
    _say("Keep the token now, it cannot be shown again. Send it as `Authorization: Bearer` or `x-api-key`:")
    print(made.token)


def _days(text: str | None) -> int | None:
    if text is None:
        return None
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdigit()):
        _fail("--expires is a number of days, such as 90d")
    return int(number)


def _row(key: "ApiKey") -> tuple[str, ...]:
    used = key.last_used_at.strftime("%Y-%m-%d %H:00") if key.last_used_at else "-"
    cells = (key.id, key.name, key.tenant or "any", ",".join(key.scopes), key.rate or "-")
    return (*cells, f"{key.created_at:%Y-%m-%d}", used, _state(key))


def _state(key: "ApiKey") -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None:
        return ""
    return "expired" if key.expires_at <= datetime.now(UTC) else f"until {key.expires_at:%Y-%m-%d}"


def _actor() -> str:
    return f"cli:{getpass.getuser()}"[:128]


def _say(text: str) -> None:
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(USER_ERROR)
