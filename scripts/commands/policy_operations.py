"""`weir policy add`, `activate`, `rollback`, `list`, `show` and `history`: policies in the database."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.commands.database import open_for_command
from scripts.commands.policy_console import fail
from scripts.commands.policy_files import names_file

if TYPE_CHECKING:
    from pydantic import BaseModel

    from service.policy.document import PolicyDocument
    from service.rollout.desk import Desk

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log. Name no persons.")]
FileOrVersion = Annotated[str, typer.Argument(help="A policy file, or the version of a stored policy.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `weir policy`."""
    from scripts.commands import policy_replay, policy_shadow

    for name, command in (
        ("add", add), ("activate", activate), ("rollback", rollback), ("list", list_policies), ("show", show),
        ("history", history), ("replay", policy_replay.replay),
    ):  # fmt: skip
        app.command(name)(command)
    app.add_typer(policy_shadow.app, name="shadow")


def add(
    file: Annotated[Path, typer.Argument(help="A policy file; what its list files hold is stored with it.")],
    as_json: AsJson = False,
) -> None:
    """Check a policy and store it, for ever, under its version. It decides nothing yet.

    Examples:
        weir policy add my-policy.yaml

    """
    from service.rollout.schemas import detail

    with open_desk(may_create=True) as desk:
        stored = desk.add(load(file), actor())
        standing = desk.policies.standing()
    if as_json:
        print_json(detail(stored, standing))
    else:
        say(f"policy {stored.name} is stored as {stored.version}; let it decide: weir policy activate {stored.version}")


def activate(
    policy: FileOrVersion,
    percent: Annotated[int, typer.Option(min=1, max=100, help="Of tenants that it decides for.")] = 100,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Let a policy decide, for all tenants or for a share of them. Running servers follow within about a second.

    A tenant that is in at 10 percent stays in at 50. A policy that cannot be compiled with the bundles is refused.

    Examples:
        weir policy activate my-policy.yaml --percent 10 --reason "fewer false alarms on profanity"

        weir policy activate 3f9c2a17d0be

    """
    from service.rollout.schemas import entry
    from service.rollout.standing import EVERYBODY, is_chosen
    from service.rollout.tenants import only_tenant

    with open_desk(may_create=True) as desk:
        done = desk.activate(stored_version(desk, policy), percent, actor(), reason)
        base, alone = desk.policies.standing().base, only_tenant(desk.database)
    if as_json:
        print_json(entry(done))
    else:
        before = done.previous_version if done.previous_version != done.version else None
        told = f" (before: {before})" if before else ""
        told = f", and policy {base} for the rest" if done.percent < EVERYBODY else told
        say(f"policy {done.version} decides for {done.percent} % of tenants{told}; take it back: weir policy rollback")
    if done.percent < EVERYBODY and alone is not None:
        drawn = "the new policy decides for it" if is_chosen(done.version, alone, done.percent) else "nothing changes"
        say(f"warning: a rollout is staged by tenants, and there is one alone: {drawn}. Try it with weir policy shadow")


def rollback(reason: Reason = "", as_json: AsJson = False) -> None:
    """Take back what was activated last: a staged rollout, or else the policy of all tenants.

    Examples:
        weir policy rollback --reason "holds too much in the chat"

    """
    from service.rollout.schemas import entry

    with open_desk() as desk:
        done = desk.roll_back(actor(), reason)
    if as_json:
        print_json(entry(done))
    else:
        say(f"policy {done.previous_version} was taken back; policy {done.version} decides for every tenant")


def list_policies(as_json: AsJson = False) -> None:
    """List the stored policies, the newest first, and say which decide."""
    from service.rollout.schemas import moment, summary

    with open_desk() as desk:
        found, standing = desk.policies.policies(), desk.policies.standing()
    policies = [summary(policy, standing) for policy in found]
    if as_json:
        print_json_list(policies)
        return
    table = Table("version", "name", "stored", "by", "")
    for stored, policy in zip(found, policies, strict=True):
        share = f" for {standing.percent} % of tenants" if policy.version == standing.candidate else ""
        when = f"{moment(stored.created_at_us):%Y-%m-%d %H:%M}"
        role = "" if policy.role.value == "inactive" else f"{policy.role.value}{share}"
        table.add_row(policy.version, policy.name, when, policy.created_by, role)
    Console().print(table)


def show(version: Annotated[str, typer.Argument(help="Of a stored policy.")]) -> None:
    """Print the text of a stored policy, whole: what its list files held follows as further YAML documents.

    Examples:
        weir policy show 3f9c2a17d0be > my-policy.yaml

    """
    with open_desk() as desk:
        sys.stdout.write(desk.policies.policy(version).text)


def history(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show so many.")] = 20, as_json: AsJson = False
) -> None:
    """Say who let which policy decide, and who took it back: the newest first."""
    from service.rollout.schemas import entry

    with open_desk() as desk:
        found = [entry(activation) for activation in desk.policies.history(limit)]
    if as_json:
        print_json_list(found)
        return
    table = Table()
    for column in ("when", "what", "version", "percent", "before", "by", "why"):
        table.add_column(column, no_wrap=column in ("version", "before"))
    for change in found:
        what = change.kind.value.replace("_", " ")
        cells = (what, change.version, str(change.percent), change.previous_version or "", change.actor, change.reason)
        table.add_row(f"{change.at:%Y-%m-%d %H:%M:%S}", *cells)
    Console().print(table)


@contextmanager
def open_desk(*, may_create: bool = False) -> "Iterator[Desk]":
    """The policies of the database in the settings; what a user can mend becomes one line."""
    from models.runtime.bundle import BundleError
    from service.bundles import BundlesError
    from service.policy.bundled import read_scorings
    from service.policy.document import PolicyError
    from service.records.schema import DatabaseError
    from service.rollout.desk import Desk
    from service.rollout.errors import RolloutError
    from service.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        database = open_for_command(settings.database_url, may_create=may_create)
        try:
            yield Desk(database, lambda: read_scorings(settings.bundles))
        finally:
            database.dispose()
    except (BundlesError, BundleError, DatabaseError, PolicyError, RolloutError, SettingsError) as error:
        fail(str(error))


def load(file: Path) -> "PolicyDocument":
    """Read a policy file."""
    from service.policy.document import load_policy

    return load_policy(file)


def stored_version(desk: "Desk", policy: str) -> str:
    """The version of a stored policy; a file is stored first."""
    return desk.add(load(Path(policy)), actor()).version if names_file(policy) else policy


def actor() -> str:
    """Who runs this command, as the audit log names them."""
    import getpass

    try:
        return f"cli:{getpass.getuser()}"[:128]
    except (KeyError, OSError):  # a user without a name
        return "cli"


def print_json(value: "BaseModel") -> None:
    """One value on standard output."""
    sys.stdout.write(value.model_dump_json(indent=2) + "\n")


def print_json_list(values: "Sequence[BaseModel]") -> None:
    """A list of values on standard output."""
    sys.stdout.write(json.dumps([value.model_dump(mode="json") for value in values], indent=2) + "\n")


def say(message: str) -> None:
    """One line for people, on standard error."""
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)
