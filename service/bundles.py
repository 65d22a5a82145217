"""Bundles as the service uses them: find the one that serves, and open it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.contracts import BundleReference, ThresholdTable
from service.scorer import Scorer

MANIFEST: Final = "manifest.json"


class BundlesError(Exception):
    """The folder of bundles is not usable; the message says what is expected."""


@dataclass(frozen=True)
class LoadedModel:
    """A scorer and what has to be known of it to decide and to be traced."""

    scorer: Scorer
    thresholds: ThresholdTable
    bundle: BundleReference


def find_text_bundle(folder: Path) -> Path:
    """The one bundle in a folder of bundles; or the folder itself, if it is a bundle.

    Raises:
        BundlesError: There is none, or more than one.

    """
    if (folder / MANIFEST).is_file():
        return folder
    found = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    if len(found) != 1:
        raise BundlesError(f"{folder}: {len(found)} bundles, and exactly one text bundle is needed; set WEIR_BUNDLES")
    return found[0]


def load_text_model(folder: Path) -> LoadedModel:
    """Verify and open the text bundle in a folder of bundles, and run it once, so that no request pays for that.

    Raises:
        BundlesError: There is none, or more than one.
        models.runtime.bundle.BundleError: It is broken.

    """
    from models.runtime.bundle import load_text_bundle
    from models.runtime.classifier import open_classifier

    bundle = load_text_bundle(find_text_bundle(folder))
    classifier = open_classifier(bundle)
    classifier.score(["warm up"])
    return LoadedModel(classifier, bundle.thresholds, bundle.reference)
