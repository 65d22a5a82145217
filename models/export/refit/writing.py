"""Writing: the refitted bundle, whole: model, tables, card, report, and a manifest that says where it comes from."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Final

import onnx

from models.contracts.bundle import JointManifest, TextManifest, ThresholdTable
from models.export.errors import ExportError
from models.export.refit.report import HeadReport, RefitReport
from models.export.sections import table
from models.export.writing import copy_bundle, replaced_folder, write_manifest, write_tables
from models.runtime.bundle import (
    CARD_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    JointBundle,
    TextBundle,
    file_digest,
    load_joint_bundle,
    read_manifest,
)

REPORT_FILE: Final = "refit.json"
_SECTION: Final = """\
## Refitted heads

{n_reviewed:,} texts that people labelled in review, {n_held_out:,} of them later than all others and held out. The
encoder is that of {base}; heads that labels supported moved, the others are the same. The measurements above are those
of the bundle it comes from. Log loss and PR-AUC are of the held-out labels, which come from a review queue and not from
all traffic.

{table}
"""


def write_candidate(base: TextBundle, model: onnx.ModelProto, folder: Path) -> None:
    """The base bundle with another model: enough to be opened and measured."""
    copy_bundle(base, folder)
    onnx.save(model, str(folder / MODEL_FILE))
    card = (base.path / CARD_FILE).read_text(encoding="utf-8")
    (folder / REPORT_FILE).unlink(missing_ok=True)
    write_manifest(folder, base.manifest, card)


def write_refitted(
    folder: Path, base: TextBundle, report: RefitReport, thresholds: ThresholdTable, created_on: date
) -> None:
    """Complete a candidate: tables, report, card and manifest."""
    write_tables(folder, base.calibration, thresholds)
    (folder / REPORT_FILE).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (folder / MANIFEST_FILE).unlink()
    write_manifest(folder, _manifest(folder, base, report, created_on), _card(base, report))


def rebind_joint(joint: JointBundle, base: TextBundle, text: TextBundle, version: str, out: Path) -> JointBundle:
    """A joint bundle for the refitted text bundle: the same model, as embeddings are the same numbers.

    Args:
        joint: trained on `base`.
        base: that `text` was refitted from.
        text: the refitted bundle.
        version: of the new joint bundle.
        out: its folder.

    Raises:
        ExportError: it was trained on another text bundle, or `out` is taken.

    """
    if joint.manifest.text_bundle != base.digest:
        raise ExportError(f"{joint.path} was trained on another text bundle than {base.path}")
    changes = {"version": version, "text_bundle": text.digest}
    manifest = JointManifest.model_validate(joint.manifest.model_dump() | changes)
    old = f"# {joint.manifest.name} {joint.manifest.version}"
    card = (joint.path / CARD_FILE).read_text(encoding="utf-8")
    with replaced_folder(out) as folder:
        for name in joint.manifest.files:
            (folder / name).write_bytes((joint.path / name).read_bytes())
        write_manifest(folder, manifest, card.replace(old, f"# {manifest.name} {manifest.version}", 1))
    return load_joint_bundle(out)


def joint_bundles(base: TextBundle) -> list[JointBundle]:
    """The joint bundles beside a text bundle that were trained on it."""
    folders = sorted(path.parent for path in base.path.resolve().parent.glob(f"*/{MANIFEST_FILE}"))
    manifests = {folder: read_manifest(folder) for folder in folders}
    ours = (
        folder
        for folder, manifest in manifests.items()
        if isinstance(manifest, JointManifest) and manifest.text_bundle == base.digest
    )
    return [load_joint_bundle(folder) for folder in ours]


def _manifest(folder: Path, base: TextBundle, report: RefitReport, created_on: date) -> TextManifest:
    trained_on = hashlib.sha256(f"{base.manifest.dataset_digest} {report.labels_digest}".encode()).hexdigest()
    changes = {
        "version": report.version,
        "files": {},
        "dataset_digest": trained_on,
        "checkpoint_digest": file_digest(folder / MODEL_FILE),
        "created_on": created_on.isoformat(),
        "metrics": _metrics(base, report),
    }
    return TextManifest.model_validate(base.manifest.model_dump() | changes)


def _metrics(base: TextBundle, report: RefitReport) -> dict[str, float]:
    """Without numbers of heads that are others now, and with those of the held-out labels."""
    moved = {head.category.value for head in report.moved}
    stale = {f"test_pr_auc/{category}" for category in moved} | {"test_macro_pr_auc"}
    kept = {name: value for name, value in base.manifest.metrics.items() if name not in stale}
    measured = {
        f"reviewed_log_loss/{head.category.value}": head.held_out.log_loss_new
        for head in report.heads
        if head.held_out is not None
    }
    return kept | measured


def _card(base: TextBundle, report: RefitReport) -> str:
    manifest = base.manifest
    old = (base.path / CARD_FILE).read_text(encoding="utf-8")
    titled = old.replace(f"# {manifest.name} {manifest.version}", f"# {manifest.name} {report.version}", 1)
    header = ("category", "yes", "no", "head", "held out", "log loss was", "is", "PR-AUC was", "is")
    section = _SECTION.format(
        n_reviewed=report.n_reviewed,
        n_held_out=report.n_held_out,
        base=f"{manifest.name} {manifest.version}",
        table=table(header, [_line(head) for head in report.heads]),
    )
    return titled.replace("## Limits\n", f"{section}\n## Limits\n", 1)


def _line(head: HeadReport) -> tuple[str, ...]:
    held = head.held_out
    fate = "moved" if head.is_moved else f"kept: {head.reason}"
    if held is None:
        return (head.category.value, str(head.n_yes), str(head.n_no), fate, "0", *("-",) * 4)
    ranked = (held.pr_auc_old, held.pr_auc_new)
    losses = (held.log_loss_old, held.log_loss_new)
    numbers = tuple("-" if one is None else f"{one:.3f}" for one in (*losses, *ranked))
    return (head.category.value, str(head.n_yes), str(head.n_no), fate, str(held.n_rows), *numbers)
