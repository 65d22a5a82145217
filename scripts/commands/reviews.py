"""`weir reviews`: the review queue from the command line, on the database itself."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.commands.listing import print_listing
from scripts.commands.reviews_console import AsJson, Person, Tenant, fail, open_desk, print_json, reviewer, say

if TYPE_CHECKING:
    from service.reviews.views import ReviewSummary

app = typer.Typer(
    help="Work the review queue: decisions that were held, demoted or marked for a person.\n\n"
    "The commands work on the database that WEIR_DATABASE_URL names (by default weir.db in the current folder), beside "
    "running servers. docs/reviews.md tells more.",
    no_args_is_help=True,
)

DecisionId = Annotated[str, typer.Argument(help="The decision's id.", metavar="DECISION_ID")]


@app.command("list")
def list_reviews(
    state: Annotated[str, typer.Option(help="open, claimed, decided, escalated, expired, or all of them.")] = "open",
    category: Annotated[str | None, typer.Option(help="Only items whose gravest harm is this, such as hate.")] = None,
    tenant: Tenant = None,
    newest: Annotated[bool, typer.Option("--newest", help="The newest first, instead of by priority.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Show so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person, by priority; with --state what became of the rest.

    Examples:
        weir reviews list
        weir reviews list --state escalated
        weir reviews list --category hate --newest --limit 5 --json

    """
    from service.reviews.reading import page
    from service.reviews.requests import ReviewQuery

    asked = {"category": category, "order": "newest" if newest else "priority", "limit": limit}
    asked |= {} if state == "all" else {"state": state}
    with open_desk() as desk:
        found = page(desk, tenant, ReviewQuery.model_validate(asked))
    if as_json:
        print_json(found)
        return
    titles = ("decision", "state", "priority", "category", "severity", "action", "stands", "surface", "since")
    print_listing(titles, [_row(item) for item in found.items])


@app.command("stats")
def stats(tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Show how long the queue is, how long it has waited, and how fast it moves.

    Examples:
        weir reviews stats --json

    """
    from service.reviews.stats import queue_stats

    with open_desk() as desk:
        found = queue_stats(desk, tenant)
    if as_json:
        print_json(found)
        return
    table = Table("state", "items")
    for state, n_items in found.states.items():
        table.add_row(state.value, str(n_items))
    Console().print(table)
    oldest, median = (
        f"{age / 3_600:.1f} h" if age is not None else "-" for age in (found.oldest_age_s, found.median_age_s)
    )
    say(
        f"oldest {oldest}, median {median}; decided {found.decided_last_hour} in the last hour, "
        f"{found.decided_last_day} in the last day; open appeals: {found.open_appeals}"
    )


@app.command("claim")
def claim(
    n_items: Annotated[int, typer.Option("-n", min=1, max=50, help="Take so many.")] = 1,
    level: Annotated[int, typer.Option(min=1, max=2, help="2 for escalated items.")] = 1,
    tenant: Tenant = None,
    person: Person = None,
    minutes: Annotated[int, typer.Option(min=1, max=1_440, help="Hold them so long.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Take the next items by priority, so that nobody else gets them while the lease lasts.

    Examples:
        weir reviews claim -n 5 --person anna
        weir reviews claim --level 2 --json

    """
    from service.reviews.leases import Wanted
    from service.reviews.leases import claim as claim_items
    from service.reviews.reading import claimed_details
    from service.reviews.views import ClaimedReviews

    with open_desk() as desk:
        claimed = claim_items(desk, reviewer(person), Wanted(level, tenant), n_items, minutes * 60)
        found = ClaimedReviews(items=claimed_details(desk, claimed))
    if as_json:
        print_json(found)
        return
    console = Console()
    for item in found.items:
        named = item.content.text if item.content and item.content.text else f"content id {item.content_id or '-'}"
        why = ", ".join(str(reason.get("code")) for reason in item.decision.reasons) or "no rule fired"
        console.print(f"{item.decision_id}  {item.action}  {why}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"  {named}", markup=False, highlight=False, soft_wrap=True)
        decided = f"weir reviews decide {item.decision_id} uphold --lease {item.lease}"
        console.print(f"  {decided}", markup=False, highlight=False, soft_wrap=True)
    if not found.items:
        say("the queue is empty")


@app.command("decide")
def decide(
    decision_id: DecisionId,
    verdict: Annotated[str, typer.Argument(help="uphold, overturn or change.")],
    lease: Annotated[str, typer.Option(help="The lease that `weir reviews claim` gave.")],
    action: Annotated[str | None, typer.Option(help="With change: the action that stands instead.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="CATEGORY=yes, no or unsure, such as hate=no; repeatable.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="For your team.")] = None,
) -> None:
    """Give a verdict on an item that you hold.

    Examples:
        weir reviews decide ID uphold --lease LEASE
        weir reviews decide ID change --action label --label hate=yes --lease LEASE

    """
    from service.reviews.requests import ReviewVerdict
    from service.reviews.verdicts import Judged
    from service.reviews.verdicts import decide as decide_item

    labels = dict(_label(one) for one in label or [])
    asked = {"lease": lease, "verdict": verdict, "action": action, "labels": labels, "note": note}
    with open_desk() as desk:
        body = ReviewVerdict.model_validate(asked)
        judged = Judged(body.verdict, body.labels, body.action, body.note)
        stands = decide_item(desk, reviewer(None), None, decision_id, body.lease, judged)
    say(f"{verdict}: {stands.value} stands")


def _row(item: "ReviewSummary") -> tuple[str, ...]:
    weight = (f"{item.priority:.1f}", item.category or "-", str(item.severity))
    acts = (item.action.value, item.standing_action.value)
    return (item.decision_id, item.state.value, *weight, *acts, item.surface, f"{item.created_at:%F %R}")


def _label(text: str) -> tuple[str, str]:
    category, is_pair, value = text.partition("=")
    if not is_pair:
        fail("--label is CATEGORY=yes, no or unsure, such as hate=no")
    return category, value
