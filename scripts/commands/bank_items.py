"""`weir bank`, the commands about items: add, remove, release, import, export and match."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from scripts.commands.bank_console import (
    N_SHOWN_SKIPS,
    AsJson,
    BankName,
    fail,
    open_signing,
    open_store,
    print_json,
    progress,
    report_skips,
    say,
)

if TYPE_CHECKING:
    from service.banks.exchange import ListFormat, SignalType

SKIPPED = 1
FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "txt"}

Form = Annotated[str | None, typer.Option("--format", help="csv, jsonl or txt; by default what the file is called.")]
Ids = Annotated[list[int], typer.Argument(help="Items by id (`weir bank show` lists them).")]
Pictures = Annotated[
    list[Path] | None, typer.Argument(exists=True, help="Pictures, or folders of them.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add these commands to `weir bank`."""
    for name, command in (
        ("add", add),
        ("remove", remove),
        ("release", release),
        ("import", import_list),
        ("export", export_list),
        ("match", match),
    ):
        app.command(name)(command)


def add(
    name: BankName,
    pictures: Pictures = None,
    text: Annotated[list[str] | None, typer.Option(help="A text; repeatable.")] = None,
    pdq: Annotated[list[str] | None, typer.Option(help="A PDQ hash, 64 hexadecimal digits; repeatable.")] = None,
    sha256: Annotated[list[str] | None, typer.Option(help="The sha256 of a picture's file; repeatable.")] = None,
    note: Annotated[str, typer.Option(help="Kept with the items, never matched.")] = "",
    label: Annotated[list[str] | None, typer.Option(help="Kept with the items, never matched; repeatable.")] = None,
) -> None:
    """Add pictures, whole folders, texts or hashes. What is there already stays as it is.

    Examples:
        weir bank add guns photo.jpg reported/
        weir bank add scams --text "Send one coin, get two back!" --note "case 1842"
        weir bank add guns --pdq f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22

    """
    from service.banks.adding import add_pictures, find_pictures, sign_draft
    from service.banks.schemas import ItemDraft

    labels = tuple(label or ())
    with open_store() as (store, _):
        store.bank(name)
        signed = [("text", one) for one in text or []] + [("pdq", one) for one in pdq or []]
        signed += [("sha256", one) for one in sha256 or []]
        drafts = [ItemDraft.model_validate({kind: one, "note": note, "labels": labels}) for kind, one in signed]
        files = list(find_pictures(pictures or []))
        if not drafts and not files:
            fail("nothing to add: give pictures, --text, --pdq or --sha256")
        signer = open_signing().signer
        n_added = store.add_many(name, [sign_draft(draft, signer) for draft in drafts]) if drafts else 0
        with progress("adding pictures", len(files)) as show:
            done = iter(range(1, len(files) + 1))
            report = add_pictures(store, name, files, signer, note, labels, lambda: show(next(done)))
    report_skips([f"{one.path}: {one.reason}" for one in report.skipped], len(report.skipped))
    n_known = len(drafts) - n_added + report.n_duplicates
    say(f"{n_added + report.n_added} added, {n_known} there already, {len(report.skipped)} skipped")
    if report.skipped:
        raise typer.Exit(SKIPPED)


def remove(name: BankName, items: Ids) -> None:
    """Remove items for good. To stop one and keep it, disable it."""
    with open_store() as (store, _):
        for item in items:
            store.delete_item(name, item)
    say(f"removed {len(items)} items of bank {name}")


def release(name: BankName, items: Ids) -> None:
    """Let items match again that the flood guard has quarantined."""
    from service.banks.values import ItemPatch

    with open_store() as (store, _):
        for item in items:
            store.change_item(name, item, ItemPatch(quarantined=False))
    say(f"released {len(items)} items of bank {name}")


def import_list(
    name: BankName,
    file: Annotated[Path, typer.Argument(help="The list; - reads it from standard input.", allow_dash=True)],
    form: Form = None,
    default: Annotated[str | None, typer.Option("--type", help="Type of rows that name none, such as pdq.")] = None,
    skipped: Annotated[
        Path | None, typer.Option(help="Write every skipped row's line and reason to this file.")
    ] = None,
) -> None:
    """Import a hash list, such as those of ThreatExchange. Rows that cannot be used are reported, none is dropped.

    Examples:
        weir bank import guns hashes.csv
        weir bank import guns hashes.txt --type pdq --skipped skipped.txt
        threatexchange dataset -P --csv | weir bank import guns - --format csv

    """
    from service.banks.exchange import read_signals
    from service.banks.importing import ListImport

    shown: list[str] = []
    written, kind = _format(form, file), _type(default)
    with open_store() as (store, _), _reader(file) as stream, _skip_log(skipped) as log, progress("rows", None) as show:

        def skip(row: object) -> None:
            line = f"line {getattr(row, 'line', 0)}: {getattr(row, 'reason', '')}"
            if len(shown) < N_SHOWN_SKIPS:
                shown.append(line)
            if log is not None:
                log.write(line + "\n")

        rows = read_signals(stream, written, kind)
        running = ListImport(store, name, open_signing().signer, skip)
        report = running.run(rows, lambda so_far: show(so_far.n_rows))
    report_skips(shown, report.n_skipped)
    say(
        f"{report.n_rows} rows: {report.n_added} items added, {report.n_duplicates} there already, "
        f"{report.n_skipped} rows skipped"
    )


def export_list(
    name: BankName,
    file: Annotated[Path, typer.Argument(help="The list; - writes it to standard output.", allow_dash=True)],
    form: Form = None,
) -> None:
    """Export the items that match as a hash list: sha256 and pdq for others, all signatures for another Weir.

    Examples:
        weir bank export guns guns.csv
        weir bank export guns - --format txt > pdq.txt

    """
    from service.banks.exporting import export_piece

    n_items, after, is_first, written = 0, 0, True, _format(form, file)
    with open_store() as (store, engine), _writer(file) as out, progress("items", store.bank(name).n_items) as show:
        while is_first or after:
            piece = export_piece(engine, name, written, after_id=after, with_header=is_first)
            out.write(piece.text)
            n_items, after, is_first = n_items + piece.n_items, piece.next_after_id or 0, False
            show(n_items)
    say(f"exported {n_items} items of bank {name}")


def match(
    pictures: Pictures = None,
    text: Annotated[str | None, typer.Option(help="A text.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look content up in all banks, as the server would. Nothing is counted or recorded.

    Examples:
        weir bank match photo.jpg
        weir bank match --text "Send one coin, get two back!!"

    """
    from service.banks.adding import find_pictures
    from service.banks.reloading import open_banks

    files = list(find_pictures(pictures or []))
    if text is None and not files:
        fail("nothing to look up: give pictures or --text")
    with open_store() as (_, engine):
        signing = open_signing()
        sample = signing.signer.sample(text, [path.read_bytes() for path in files])
        found = open_banks(engine, signing.image, signing.text).matcher.look_up(sample)
    if as_json:
        print_json([*found.matches, *found.suppressed, *found.cleared_by])
        return
    for title, matches in (
        ("", found.matches),
        ("suppressed: ", found.suppressed),
        ("never match: ", found.cleared_by),
    ):
        for one in matches:
            what = "text" if one.input == "text" else str(files[int(one.input.removeprefix("images[")[:-1])])
            say(f"{title}{what}: bank {one.bank}, item {one.item_id}, {one.kind.value} at distance {one.distance:g}")
    say(", ".join(f"{v.bank} says {v.action.value}" for v in found.verdicts) or "no bank acts on it")


def _format(form: str | None, file: Path) -> "ListFormat":
    from service.banks.exchange import ListFormat

    wanted = form or FORMATS.get(file.suffix.lower(), "")
    if wanted not in tuple(ListFormat):
        fail(f"--format is one of {', '.join(ListFormat)}")
    return ListFormat(wanted)


def _type(name: str | None) -> "SignalType | None":
    from service.banks.exchange import SignalType

    if name is not None and name not in tuple(SignalType):
        fail(f"--type is one of {', '.join(SignalType)}")
    return None if name is None else SignalType(name)


@contextmanager
def _reader(file: Path) -> Iterator[TextIO]:
    source = sys.stdin.fileno() if str(file) == "-" else file
    with open(source, encoding="utf-8-sig", errors="surrogateescape", newline="", closefd=str(file) != "-") as stream:
        yield stream


@contextmanager
def _writer(file: Path) -> Iterator[TextIO]:
    if str(file) == "-":
        yield sys.stdout
    else:
        with file.open("w", encoding="utf-8", newline="") as out:
            yield out


@contextmanager
def _skip_log(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
    else:
        with path.open("w", encoding="utf-8") as log:
            yield log
