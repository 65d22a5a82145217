"""`weir monitor reference`: build, list and show what traffic is compared with."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.monitor.console import HomeOption, JsonOption, SourceOption, err, user_errors
from scripts.commands.monitor.times import read_moment_us

if TYPE_CHECKING:
    from monitoring.reference.reference import Reference

app = typer.Typer(help="References: the frozen windows that traffic is compared with.", no_args_is_help=True)

DEFAULT_BUNDLE = Path("models/bundles/text-minilm")


@app.command()
def build(
    *,
    start: Annotated[str, typer.Option("--from", help="From when on: 7d, or a time such as 2026-01-31T12:00.")] = "7d",
    end: Annotated[str, typer.Option("--to", help="Until when; likewise, or now.")] = "now",
    data: Annotated[
        Path | None, typer.Option(help="Built data set: take its held-out texts instead of a period of the store.")
    ] = None,
    bundle: Annotated[Path, typer.Option(help="With --data: the bundle that scores them.")] = DEFAULT_BUNDLE,
    out: Annotated[Path | None, typer.Option(help="Folder to write; in the monitor's home without it.")] = None,
    max_rows: Annotated[int, typer.Option(min=500, max=50_000, help="Decisions to keep.")] = 20_000,
    source: SourceOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Freeze a quiet period of the store, or what a bundle says of evaluation data, as the reference of its bundle.

    A week is a good length: it knows nights and week-ends. The newest reference of the bundle that decides is the one
    that counts.

    Examples:
        weir monitor reference build --from 2026-11-01 --to 2026-11-08
        weir monitor reference build --data build/data/text --out models/bundles/text-minilm/reference

    """
    from monitoring.settings import load_settings

    with user_errors():
        settings = load_settings()
        with err.status("building"):
            if data is None:
                made = _from_store(source or settings.decisions, start, end, max_rows)
            else:
                from scripts.commands.monitor.reference_data import reference_of_data

                made = reference_of_data(data, bundle, max_rows)
        folder = out or (home or settings.home) / "references" / made.id
        _save(made, folder)
        _show(folder, made, as_json=as_json)


@app.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the references at hand, the newest first; those that bundles shipped with come last."""
    from monitoring.home import Home
    from monitoring.reference.storing import list_references
    from monitoring.settings import load_settings
    from scripts.commands.listing import print_listing

    with user_errors():
        settings = load_settings()
        found = list_references(Home(home or settings.home), settings.bundles)
    keys = ("id", "bundle", "origin", "created_at", "n_decisions")
    if as_json:
        print(json.dumps([{key: about.get(key) for key in keys} | {"folder": str(path)} for path, about in found]))
    elif found:
        print_listing(keys, [[str(about.get(key)) for key in keys] for _, about in found])
    else:
        err.print("No references yet: weir monitor reference build --from 7d")


@app.command()
def show(
    reference: Annotated[str, typer.Argument(help="Its id, the beginning of it, or its folder.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one reference, and check that its contents are those of its id."""
    from monitoring.errors import ReferenceWindowError
    from monitoring.home import Home
    from monitoring.reference.storing import list_references, load_reference
    from monitoring.settings import load_settings

    with user_errors():
        settings = load_settings()
        known = list_references(Home(home or settings.home), settings.bundles)
        folders = [path for path, about in known if str(about.get("id")).startswith(reference)]
        if not folders and not Path(reference).is_dir():
            raise ReferenceWindowError(f"no reference {reference!r}: weir monitor reference list names them")
        folder = folders[0] if folders else Path(reference)
        _show(folder, load_reference(folder), as_json=as_json)


def _save(reference: "Reference", folder: Path) -> None:
    from monitoring.errors import MonitoringError
    from monitoring.reference.storing import save_reference

    try:
        save_reference(reference, folder)
    except OSError as error:
        raise MonitoringError(
            f"{folder} cannot be written: {error.strerror}; choose another folder by --out or --home"
        ) from error


def _from_store(where: str, start: str, end: str, max_rows: int) -> "Reference":
    from monitoring.errors import ReferenceWindowError
    from monitoring.looking import newest_bundle, no_bundle
    from monitoring.reference.building import build_reference
    from monitoring.windows.reading import read_window
    from monitoring.windows.source import open_source
    from monitoring.windows.window import Period

    now_us = time.time_ns() // 1000
    period = Period(read_moment_us(start, "--from", now_us), read_moment_us(end, "--to", now_us))
    if period.start_us >= period.end_us:
        raise ReferenceWindowError("--from is not before --to")
    with open_source(where) as opened:
        window = read_window(opened, period, max_rows=max_rows)
        newest = newest_bundle(opened.deciders(), [window])
    if newest is None and window.n_decisions:
        raise ReferenceWindowError(no_bundle(window))
    if newest is None:
        raise ReferenceWindowError(f"no decisions from {period.start:%Y-%m-%d %H:%M} to {period.end:%Y-%m-%d %H:%M}")
    others = {
        name for digest, name in window.bundles.items() if digest != newest.digest and name.split(" ")[0] == newest.name
    }
    if others:
        raise ReferenceWindowError(
            f"{', '.join(sorted(others))} and another {newest.name} both decided in this period: "
            "choose one in which a single bundle did"
        )
    return build_reference(window, newest.digest, f"{newest.name} {newest.version}", "production")


def _show(folder: Path, reference: "Reference", *, as_json: bool) -> None:
    window = reference.window
    about = {
        "id": reference.id,
        "folder": str(folder),
        "bundle": reference.bundle,
        "bundle_digest": reference.bundle_digest,
        "origin": reference.origin,
        "created_at": reference.created_at.isoformat(),
        "from": window.period.start.isoformat() if reference.has_times else None,
        "to": window.period.end.isoformat() if reference.has_times else None,
        "decisions": window.n_decisions,
        "rows": window.n_rows,
    }
    if as_json:
        print(json.dumps(about | {"noise": dict(reference.noise)}))
        return
    for key, value in about.items():
        print(f"{key:14} {'-' if value is None else value}")
    loudest = sorted(reference.noise.items(), key=lambda pair: -pair[1])[:5]
    for name, usual in loudest:
        print(f"usual          {name}: {usual:.3g}")
