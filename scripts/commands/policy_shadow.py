"""`weir policy shadow`: let a policy or a text bundle run beside what decides, and see what it would have done."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.commands.policy_console import fail
from scripts.commands.policy_operations import AsJson, actor, open_desk, print_json_list, say, stored_version

if TYPE_CHECKING:
    from service.rollout.desk import Desk
    from service.rollout.schemas import ShadowReportResponse

app = typer.Typer(
    help="Let a policy or a text bundle run beside what decides, and record what it would have done.",
    no_args_is_help=True,
)


@app.command("set")
def set_shadow(
    policy: Annotated[
        str | None, typer.Argument(help="A policy file, or the version of a stored policy.", show_default=False)
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Instead: the folder of a text bundle.", show_default=False)
    ] = None,
    share: Annotated[float, typer.Option(help="Of decisions that it runs beside, above 0 and up to 1.")] = 1.0,
) -> None:
    """Let a policy, or a text bundle, run beside what decides. It takes the place of the one that does.

    Examples:
        weir policy shadow set my-policy.yaml

        weir policy shadow set --bundle models/next-text --share 0.1

    """
    from service.rollout.values import ShadowKind

    if (policy is None) == (bundle is None):
        fail("name a policy, or a bundle with --bundle: one of them")
    with open_desk(may_create=True) as desk:
        if policy is not None:
            kind, target = ShadowKind.POLICY, stored_version(desk, policy)
        else:
            kind, target = ShadowKind.BUNDLE, str(_bundle_folder(bundle))
        setting = desk.shadow(kind, target, share, actor())
    say(f"{kind.value} {setting.target} runs beside {setting.share:.0%} of decisions; see: weir policy shadow show")


@app.command("clear")
def clear(
    bundle: Annotated[bool, typer.Option("--bundle", help="The bundle, instead of the policy.")] = False,
) -> None:
    """Let nothing run beside any more. What it would have done stays recorded."""
    from service.rollout.values import ShadowKind

    kind = ShadowKind.BUNDLE if bundle else ShadowKind.POLICY
    with open_desk() as desk:
        if not desk.clear_shadow(kind, actor()):
            fail(f"no {kind.value} runs beside what decides")
    say(f"no {kind.value} runs beside what decides any more")


@app.command("show")
def show(
    shadow: Annotated[
        str | None,
        typer.Argument(
            help="A policy's version or a bundle's digest; by default all that run now.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how often a shadow would have done something else, action by action, and since when.

    Examples:
        weir policy shadow show

        weir policy shadow show 3f9c2a17d0be --json

    """
    from service.rollout.schemas import shadow_report

    with open_desk() as desk:
        names = [shadow] if shadow else _running(desk)
        reports = [shadow_report(desk.shadows.report(name)) for name in names]
    if as_json:
        print_json_list(reports)
        return
    if not reports:
        say("nothing runs beside what decides")
    for report in reports:
        _print(report)


def _running(desk: "Desk") -> list[str]:
    """What runs beside now, under the names that its decisions have."""
    from models.runtime.bundle import MANIFEST_FILE, file_digest
    from service.rollout.values import ShadowKind

    found = desk.shadows.settings()
    return [
        setting.target if kind is ShadowKind.POLICY else file_digest(Path(setting.target) / MANIFEST_FILE)
        for kind, setting in found.items()
    ]


def _bundle_folder(bundle: Path | None) -> Path:
    """The folder, seen to hold a text bundle whose files are whole."""
    from models.runtime.bundle import load_text_bundle

    assert bundle is not None  # noqa: S101 - the caller has looked
    load_text_bundle(bundle)
    return bundle.resolve()


def _print(report: "ShadowReportResponse") -> None:
    console = Console()
    if report.since is None or report.until is None:
        console.print(f"shadow {report.shadow}: it has not run beside any decision yet")
        return
    share = report.n_changed / report.n_decisions
    console.print(
        f"shadow {report.shadow}: {report.n_decisions:,} decisions from {report.since:%Y-%m-%d %H:%M} to "
        f"{report.until:%Y-%m-%d %H:%M}; {report.n_changed:,} actions ({share:.2%}) would have been others; "
        f"{report.n_reviews_added:,} reviews more, {report.n_reviews_removed:,} less"
    )
    table = Table("was", "would have been", "decisions")
    for pair in report.actions:
        table.add_row(
            pair.active, pair.shadow, f"{pair.n_decisions:,}", style="" if pair.active == pair.shadow else "bold"
        )
    console.print(table)
