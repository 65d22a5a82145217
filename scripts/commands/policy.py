"""`weir policy`: look at policies before they decide."""

import json
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands import policy_operations
from scripts.commands.policy_console import fail, print_changes, print_doubts, print_hints, print_policy
from scripts.commands.policy_files import file_or_stored, known_banks, names_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.policy.compiling import Scoring
    from service.policy.document import PolicyDocument

app = typer.Typer(
    name="policy",
    help="Check policies, compare them, and see what they would have done.",
    no_args_is_help=True,
)

Bundles = Annotated[
    Path | None,
    typer.Option("--bundles", help="Folder of bundles; by default that of WEIR_BUNDLES.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
policy_operations.register(app)


@app.callback()
def policy() -> None:
    """Check policies, compare them, and see what they would have done."""


@app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(help="Policy files.", metavar="FILE...")],
    bundles: Bundles = None,
    as_json: AsJson = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there is a warning.")] = False,
) -> None:
    """Say whether policies are legal, what they do, and what in them is probably not meant.

    Every rule is printed with the numbers that the bundles give its operating points. Warnings are about rules that
    can never fire, rules that another one makes needless, and exemptions that are wider than they look. Where there is
    a database, banks that it does not have are hints.

    Examples:
        weir policy check my-policy.yaml

        weir policy check service/policies/examples/*.yaml --strict

        weir policy check my-policy.yaml --json | jq .[0].warnings

    Exit code 2: a policy is not legal, and one line on standard error says where and why.

    """
    from service.policy.checking import check_policy, unknown_banks
    from service.policy.describing import summarise

    with _user_errors():
        scorings = _scorings(bundles)
        documents = [_load(path) for path in files]
    found = [check_policy(document, scorings) for document in documents]
    banks = known_banks() if any(document.banks for document in documents) else None
    hints = [[] if banks is None else unknown_banks(document, banks) for document in documents]
    if as_json:
        summaries = [
            {
                "file": str(path),
                **summarise(document, scorings),
                "warnings": [vars(doubt) for doubt in doubts],
                "hints": [vars(hint) for hint in some],
            }
            for path, document, doubts, some in zip(files, documents, found, hints, strict=True)
        ]
        print(json.dumps(summaries, indent=2))
    else:
        for path, document, doubts, some in zip(files, documents, found, hints, strict=True):
            print_policy(document, scorings)
            print_doubts(path, doubts)
            print_hints(path, some)
    if strict and any(found):
        raise typer.Exit(1)


@app.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="A policy file, or the version of a stored policy.", metavar="A")],
    after: Annotated[str, typer.Argument(help="Another one.", metavar="B")],
    bundles: Bundles = None,
    as_json: AsJson = False,
) -> None:
    """Say what differs between two policies, rule by rule, down to the numbers behind operating points.

    Rules are the same rule when they have the same id. Comments and order do not count. For what the difference would
    have done to real traffic: weir policy replay.

    Examples:
        weir policy diff service/policies/default.yaml my-policy.yaml

        weir policy diff old.yaml new.yaml --json

        weir policy diff 3f9c2a17d0be new.yaml

    """
    from service.policy.differing import diff_policies

    with _user_errors():
        scorings = _scorings(bundles)
        first, second = _load_both(before, after)
    changes = diff_policies(first, second, scorings)
    if as_json:
        names = {
            side: {"file": path, "name": document.name, "version": document.version}
            for side, path, document in (("before", before, first), ("after", after, second))
        }
        print(json.dumps({**names, "changes": [change.as_json() for change in changes]}, indent=2))
    else:
        print_changes(first, second, changes)


def _load(path: Path) -> "PolicyDocument":
    from service.policy.document import load_policy

    return load_policy(path)


def _load_both(before: str, after: str) -> "tuple[PolicyDocument, PolicyDocument]":
    """The database is opened only where one of them is a version."""
    if names_file(before) and names_file(after):
        return _load(Path(before)), _load(Path(after))
    with policy_operations.open_desk() as desk:
        return file_or_stored(desk, before), file_or_stored(desk, after)


def _scorings(folder: Path | None) -> "Sequence[Scoring]":
    from service.policy.bundled import read_scorings
    from service.settings import load_settings

    return read_scorings(folder or load_settings().bundles)


@contextmanager
def _user_errors() -> "Iterator[None]":
    """What a user can mend becomes one line."""
    from models.runtime.bundle import BundleError
    from service.bundles import BundlesError
    from service.policy.document import PolicyError
    from service.settings import SettingsError

    try:
        yield
    except (BundlesError, BundleError, PolicyError, SettingsError) as error:
        fail(str(error))
