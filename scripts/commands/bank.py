"""`weir bank`: content that was judged before, from the command line, on the database itself."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from scripts.commands import bank_items
from scripts.commands.bank_console import AsJson, BankName, fail, open_store, print_json, say
from scripts.commands.listing import print_listing

if TYPE_CHECKING:
    from service.banks.values import Bank, Item

app = typer.Typer(
    help="Keep banks of content that your team has judged: what is in them is recognised again.\n\n"
    "A positive bank acts on what it recognises; a negative bank protects what only looks like it. Content is never "
    "stored, only its signatures. The commands work on the database that WEIR_DATABASE_URL names (by default weir.db "
    "in the current folder); running servers follow within about two seconds. docs/banks.md tells more.",
    no_args_is_help=True,
)
bank_items.register(app)

Ids = Annotated[list[int] | None, typer.Argument(help="Items by id; none means the bank itself.", show_default=False)]


@app.command("create")
def create(
    name: BankName,
    category: Annotated[str | None, typer.Option(help="What its items are, such as weapons or hate.")] = None,
    action: Annotated[
        str | None, typer.Option(help="allow, label, blur, age-restrict, demote, hold or remove.")
    ] = None,
    negative: Annotated[
        bool, typer.Option("--negative", help="Never match what is in it; no category or action.")
    ] = False,
    review: Annotated[bool, typer.Option("--review", help="A person looks at every match as well.")] = False,
    message: Annotated[str | None, typer.Option(help="What the author of the content is told.")] = None,
    description: Annotated[str, typer.Option(help="For your team.")] = "",
    threshold: Annotated[
        list[str] | None,
        typer.Option(help="KIND=DISTANCE or KIND=off, of pdq, near_text, image_embedding, text_embedding; repeatable."),
    ] = None,
) -> None:
    """Make a bank.

    Examples:
        weir bank create guns --category weapons --action remove --review
        weir bank create toys --negative --description "toy guns that people appealed"
        weir bank create strict --category fire --action blur --threshold pdq=12 --threshold image_embedding=off

    """
    from service.banks.values import BankDraft, Polarity

    given: dict[str, Any] = {"name": name, "category": category, "action": action, "review": review}
    given |= {"polarity": Polarity.NEGATIVE if negative else Polarity.POSITIVE, "description": description}
    given |= {"thresholds": dict(_threshold(one) for one in threshold or [])}
    given |= {"message": message} if message else {}
    with open_store(may_create=True) as (store, _):
        bank = store.create(BankDraft.model_validate(given))
    say(f"made bank {bank.name}; add to it: weir bank add {bank.name} photo.jpg")


@app.command("list")
def list_banks(as_json: AsJson = False) -> None:
    """List all banks."""
    with open_store() as (store, _):
        banks = store.banks()
    if as_json:
        print_json(banks)
        return
    titles = ("bank", "polarity", "category", "action", "items", "disabled", "quarantined", "")
    print_listing(titles, [_row(bank) for bank in banks])


@app.command("show")
def show(
    name: BankName,
    after: Annotated[int, typer.Option(min=0, help="Show items after this id.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Show so many items.")] = 20,
    quarantined: Annotated[bool, typer.Option("--quarantined", help="Only what the flood guard stopped.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a bank and a page of its items."""
    with open_store() as (store, _):
        bank = store.bank(name)
        items = store.items(name, after_id=after, limit=limit, only_quarantined=quarantined)
    if as_json:
        print_json([bank, *items])
        return
    Console().print_json(bank.model_dump_json())
    print_listing(("item", "sha256", "pdq", "text", "matches", "note", ""), [_item_row(item) for item in items])


@app.command("enable")
def enable(name: BankName, items: Ids = None) -> None:
    """Let a bank, or some of its items, match again."""
    _switch(name, items or [], enabled=True)


@app.command("disable")
def disable(name: BankName, items: Ids = None) -> None:
    """Stop a bank, or some of its items, from matching; nothing is lost."""
    _switch(name, items or [], enabled=False)


@app.command("delete")
def delete(name: BankName, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete a bank with all its items. To stop it and keep them, disable it."""
    with open_store() as (store, _):
        n_items = store.bank(name).n_items
        if not yes and not typer.confirm(f"Delete bank {name} and its {n_items} items?"):
            fail("nothing was deleted")
        n_items = store.delete(name)
    say(f"deleted bank {name} and {n_items} items")


def _row(bank: "Bank") -> tuple[str, ...]:
    counts = (str(bank.n_items), str(bank.n_disabled), str(bank.n_quarantined))
    state = "" if bank.enabled else "disabled"
    return (bank.name, bank.polarity.value, bank.category or "-", bank.action or "-", *counts, state)


def _item_row(item: "Item") -> tuple[str, ...]:
    state = f"quarantined: {item.quarantine_reason}" if item.quarantined_at else "" if item.enabled else "disabled"
    short = [value[:12] if value else "-" for value in (item.sha256, item.pdq, item.text_sha256)]
    return (str(item.id), *short, str(item.n_matches), item.note, state)


def _switch(name: str, items: list[int], *, enabled: bool) -> None:
    from service.banks.values import BankPatch, ItemPatch

    with open_store() as (store, _):
        if not items:
            store.change(name, BankPatch(enabled=enabled))
        for item in items:
            store.change_item(name, item, ItemPatch(enabled=enabled))
    what = f"{len(items)} items of bank {name}" if items else f"bank {name}"
    say(f"{'enabled' if enabled else 'disabled'} {what}")


def _threshold(text: str) -> tuple[str, float | None]:
    kind, _, value = text.partition("=")
    try:
        return kind, None if value == "off" else float(value)
    except ValueError:
        fail("--threshold is KIND=DISTANCE or KIND=off, such as pdq=12")
