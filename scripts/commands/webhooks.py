"""`weir webhooks`: who is told of decisions, and what became of the messages."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.commands.listing import print_listing
from scripts.commands.remote import LOCAL, AsJson, Key, Remote, Url, fail, print_json, say

app = typer.Typer(
    help="Tell your own servers of decisions, jobs, reviews and policies.\n\n"
    "Messages are signed by the Standard Webhooks convention, come at least once, and never carry content. The "
    "commands talk to a running server, with a key that has the scope admin. docs/webhooks.md tells more.",
    no_args_is_help=True,
)

WebhookId = Annotated[str, typer.Argument(help="The endpoint's id.", metavar="WEBHOOK_ID")]


@app.command("create")
def create(
    target: Annotated[str, typer.Argument(help="Where messages are posted to.", metavar="TARGET")],
    event: Annotated[
        list[str] | None, typer.Option(help="That it hears of, decision.made without it; repeatable.")
    ] = None,
    min_action: Annotated[str, typer.Option(help="Milder decisions are not told.")] = "label",
    description: Annotated[str, typer.Option(help="For your team.")] = "",
    tenant: Annotated[str | None, typer.Option(help="Whose events; all without it.")] = None,
    url: Url = LOCAL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make an endpoint. Its secret is printed this once.

    Without --event it hears of decision.made. TARGET is https on a public host, unless the server has
    WEIR_WEBHOOK_ALLOW_PRIVATE=true.

    Examples:
        weir webhooks create https://example.org/weir --event decision.made --min-action hold
        weir webhooks create https://example.org/weir --event job.finished --event policy.activated

    """
    draft: dict[str, Any] = {"url": target, "events": event or ["decision.made"], "min_action": min_action}
    draft |= {"description": description, "tenant": tenant}
    _show_secret(Remote(url, key).ask("POST", "/v1/webhooks", draft), as_json=as_json)


@app.command("list")
def list_webhooks(url: Url = LOCAL, key: Key = None, as_json: AsJson = False) -> None:
    """List all endpoints."""
    found = Remote(url, key).ask("GET", "/v1/webhooks")["webhooks"]
    if as_json:
        print_json(found)
        return
    print_listing(("webhook", "url", "events", "from", "tenant", ""), [_webhook_row(entry) for entry in found])


@app.command("delete")
def delete(webhook_id: WebhookId, url: Url = LOCAL, key: Key = None) -> None:
    """Delete an endpoint, with what was not delivered yet."""
    Remote(url, key).ask("DELETE", f"/v1/webhooks/{webhook_id}")
    say(f"deleted webhook {webhook_id}")


@app.command("rotate")
def rotate(
    webhook_id: WebhookId,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="So long the old secret signs as well.")] = 24,
    url: Url = LOCAL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Give an endpoint a new secret, printed this once. With --overlap-hours 0 the old one ends at once."""
    body = {"overlap_hours": overlap_hours}
    _show_secret(Remote(url, key).ask("POST", f"/v1/webhooks/{webhook_id}/secret", body), as_json=as_json)


@app.command("deliveries")
def deliveries(
    webhook_id: WebhookId,
    state: Annotated[str | None, typer.Option(help="pending, delivered or dead.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Show so many.")] = 20,
    url: Url = LOCAL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """List what became of messages, the newest first.

    Examples:
        weir webhooks deliveries 0190f3a2-6b1e-7c3a-8d21-5f0e6a9b4c12 --state dead

    """
    wanted = f"&state={state}" if state else ""
    path = f"/v1/webhooks/{webhook_id}/deliveries?limit={limit}{wanted}"
    found = Remote(url, key).ask("GET", path)["deliveries"]
    if as_json:
        print_json(found)
        return
    titles = ("delivery", "event", "state", "attempts", "made", "last")
    print_listing(titles, [_delivery_row(entry) for entry in found])


@app.command("replay")
def replay(
    webhook_id: WebhookId,
    delivery_id: Annotated[str | None, typer.Argument(help="One delivery; all dead ones without it.")] = None,
    url: Url = LOCAL,
    key: Key = None,
) -> None:
    """Send messages again: one of them, or all that were given up."""
    remote = Remote(url, key)
    if delivery_id is not None:
        remote.ask("POST", f"/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay")
        say(f"delivery {delivery_id} is sent again")
        return
    n_deliveries = remote.ask("POST", f"/v1/webhooks/{webhook_id}/replay")["n_deliveries"]
    say(f"{n_deliveries} deliveries are sent again")


@app.command("verify")
def verify(
    body: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The body as it came.", metavar="BODY")],
    header: Annotated[list[str], typer.Option(help="NAME: VALUE of each webhook-... header; repeatable.")],
    secret: Annotated[str, typer.Option(envvar="WEIR_WEBHOOK_SECRET", help="Of the endpoint: whsec_...")],
    tolerance: Annotated[int, typer.Option(min=1, help="Seconds that its time may be away from now.")] = 300,
) -> None:
    """Check the signature of a message that a receiver got: to find out why it refuses one.

    Examples:
        weir webhooks verify body.json --header "webhook-id: 0190..." --header "webhook-timestamp: 1700000000"
          --header "webhook-signature: v1,..." --tolerance 86400

    """
    from service.webhooks.signing import SignatureError
    from service.webhooks.signing import verify as check

    headers = {name.strip(): value.strip() for name, _, value in (entry.partition(":") for entry in header)}
    try:
        check(secret, headers, body.read_bytes(), time.time(), tolerance)
    except SignatureError as error:
        fail(str(error))
    say("the signature is good")


def _webhook_row(entry: dict[str, Any]) -> tuple[str, ...]:
    state, events = "" if entry["enabled"] else "disabled", ",".join(entry["events"])
    return (entry["webhook_id"], entry["url"], events, entry["min_action"], entry["tenant"] or "all", state)


def _delivery_row(entry: dict[str, Any]) -> tuple[str, ...]:
    last, made = str(entry["last_error"] or entry["last_status"] or "-"), entry["created_at"][:19]
    return (entry["delivery_id"], entry["event"], entry["state"], str(entry["n_attempts"]), made, last)


def _show_secret(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    say(f"webhook {made['webhook_id']}; keep its secret, it is not shown again:")
    typer.echo(made["secret"])
