"""`weir train --from-labels`: the heads of a bundle, refitted to what reviewers said."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from scripts.commands.listing import print_listing

if TYPE_CHECKING:
    from models.export.refit.report import HeadReport, RefitReport

USER_ERROR = 2
UNCHANGED = 3
"""No head moved, and no bundle was written."""

FromLabels = Annotated[
    Path | None, typer.Option("--from-labels", help="The file of `weir labels export`, with texts: JSON lines.")
]
Bundle = Annotated[Path, typer.Option(help="The text bundle that serves.")]
Data = Annotated[
    Path, typer.Option(help="The dataset it was trained on; where there is none, the heads move by the labels alone.")
]
Out = Annotated[Path, typer.Option(help="Folder of the new bundle.")]
Version = Annotated[str | None, typer.Option(help="Of the new bundle; by default the next patch.")]
HeldOut = Annotated[
    float, typer.Option(min=0.0, max=0.9, help="Share of the labels, the latest, to measure on and not fit to.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]

BUNDLE = Path("models/bundles/text-minilm")
DATA = Path("build/data/text")
OUT = Path("build/bundles/text-minilm")
HELD_OUT = 0.25


def refit_heads(
    labels: Path, bundle: Path, data: Path, out: Path, version: str | None, held_out: float, *, as_json: bool
) -> None:
    """Refit, say what became of each head, and end with exit code 3 where none moved."""
    from models.data.errors import DataError
    from models.export.errors import ExportError
    from models.export.refit.refitting import RefitRequest, refit
    from models.export.refit.reviewed import read_reviewed
    from models.runtime.bundle import BundleError, load_text_bundle
    from scripts.commands.progress import bars

    try:
        base = load_text_bundle(bundle)
        has_data = (data / "dataset.json").is_file()
        today = datetime.now(UTC).date()
        request = RefitRequest(
            base, data if has_data else None, out, version or _next(base.manifest.version), today, held_out
        )
        with bars() as report:
            found = refit(request, read_reviewed(labels), report)
        rebound = _rebind(bundle, out) if found.moved else []
    except (BundleError, DataError, ExportError) as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(USER_ERROR) from error
    _print(found, out, rebound, as_json=as_json, data=data if has_data else None)
    if not found.moved:
        raise typer.Exit(UNCHANGED)


def _next(version: str) -> str:
    major, minor, patch = version.split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


def _rebind(bundle: Path, out: Path) -> list[Path]:
    """Joint bundles that read the old bundle's embeddings, written beside the new one for it."""
    from models.export.refit.writing import joint_bundles, rebind_joint
    from models.runtime.bundle import load_text_bundle

    base, text = load_text_bundle(bundle), load_text_bundle(out)
    found = joint_bundles(base)
    beside = out.resolve().parent
    return [
        rebind_joint(one, base, text, _next(one.manifest.version), beside / one.path.name).path
        for one in found
        if beside != one.path.resolve().parent
    ]


def _print(found: "RefitReport", out: Path, rebound: list[Path], *, as_json: bool, data: Path | None) -> None:
    if as_json:
        Console().print_json(found.model_dump_json())
        return
    header = ("category", "yes", "no", "head", "held out", "log loss was", "is", "change (95 %)", "PR-AUC was", "is")
    print_listing(header, [_line(head) for head in found.heads])
    err = Console(stderr=True)
    if data is None:
        err.print("The training data was not at hand (--data): nothing was rehearsed, operating points stay.")
    if not found.moved:
        err.print("No head moved, so no bundle was written; label more with: weir monitor suggest")
        return
    err.print(f"Bundle: {out}, version {found.version}, {len(found.moved)} heads moved", soft_wrap=True)
    for path in rebound:
        err.print(f"Beside it, for it: {path}", soft_wrap=True)
    err.print(f"Let it run beside the old one: weir policy shadow set --bundle {out}", soft_wrap=True)


def _line(head: "HeadReport") -> tuple[str, ...]:
    fate = "moved" if head.is_moved else head.reason
    known = (head.category.value, str(head.n_yes), str(head.n_no), fate)
    held = head.held_out
    if held is None:
        return (*known, "0", *("-",) * 5)
    change = f"{held.log_loss.value:+.3f} ({held.log_loss.low:+.3f} to {held.log_loss.high:+.3f})"
    ranked = ("-" if one is None else f"{one:.3f}" for one in (held.pr_auc_old, held.pr_auc_new))
    return (*known, str(held.n_rows), f"{held.log_loss_old:.3f}", f"{held.log_loss_new:.3f}", change, *ranked)
