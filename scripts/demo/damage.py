"""Damage: a bundle that got worse, for the demonstration of a model regression."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Final

from models.contracts.bundle import CalibrationTable, IsotonicCalibration, PlattCalibration
from models.runtime.bundle import CALIBRATION_FILE, MANIFEST_FILE, load_text_bundle
from scripts.demo.shifts import LOGIT_SCALE


class DamageError(Exception):
    """The copy cannot be made."""


def damage_bundle(bundle: Path, out: Path, scale: float = LOGIT_SCALE) -> Path:
    """Copy a text bundle with a calibration that pulls every logit towards zero.

    The copy is a valid bundle with a digest of its own, so it serves and its decisions name it.

    Args:
        bundle: folder of the text bundle.
        out: folder of bundles to put it into; it becomes `out/<name>`.
        scale: what is left of every logit.

    Returns:
        The folder of the copy.

    Raises:
        DamageError: the copy is there already.
        BundleError: the bundle cannot be read.

    """
    loaded = load_text_bundle(bundle)
    copy = out / bundle.name
    if copy.exists():
        raise DamageError(f"{copy} exists; remove it or choose another folder")
    shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns("reference"))
    table = CalibrationTable(
        categories={name: _pulled(one, scale) for name, one in loaded.calibration.categories.items()}
    )
    text = table.model_dump_json(indent=2) + "\n"
    (copy / CALIBRATION_FILE).write_text(text, encoding="utf-8")
    manifest: dict[str, Any] = json.loads((copy / MANIFEST_FILE).read_text(encoding="utf-8"))
    manifest["files"][CALIBRATION_FILE] = hashlib.sha256(text.encode()).hexdigest()
    manifest["version"] = _next(manifest["version"])
    (copy / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    load_text_bundle(copy)
    return copy


_ONE: Final = 1


def _next(version: str) -> str:
    major, minor, patch = version.split(".")
    return f"{major}.{minor}.{int(patch) + _ONE}"


def _pulled(one: PlattCalibration | IsotonicCalibration, scale: float) -> PlattCalibration | IsotonicCalibration:
    if isinstance(one, PlattCalibration):
        return one.model_copy(update={"scale": one.scale * scale})
    return one.model_copy(update={"logits": tuple(logit / scale for logit in one.logits)})
