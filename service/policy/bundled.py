"""Bundles as a policy sees them: labels and thresholds from their folders, without opening a model."""

from pathlib import Path
from typing import TYPE_CHECKING

from models.contracts import ScoreSource
from service.bundles import find_bundles
from service.policy.compiling import Scoring

if TYPE_CHECKING:
    from models.runtime.bundle import ImageBundle, JointBundle, TextBundle


def read_scorings(folder: Path) -> list[Scoring]:
    """The bundles that would serve, the text bundle first.

    Raises:
        BundlesError, BundleError: They do not fit each other, or one is broken.

    """
    from models.runtime.bundle import load_image_bundle, load_joint_bundle, load_text_bundle

    found = find_bundles(folder)
    text = load_text_bundle(found.text)
    read = {ScoreSource.TEXT, ScoreSource.IMAGE_TEXT} if found.images else {ScoreSource.TEXT}
    scorings = [_scoring(text, frozenset(read))]
    scorings += [_scoring(load_image_bundle(path), frozenset({ScoreSource.IMAGE})) for path in found.images]
    if found.joint is not None:
        scorings.append(_scoring(load_joint_bundle(found.joint), frozenset({ScoreSource.JOINT})))
    return scorings


def _scoring(bundle: "TextBundle | ImageBundle | JointBundle", sources: frozenset[ScoreSource]) -> Scoring:
    manifest = bundle.manifest
    return Scoring(bundle.digest, manifest.labels, bundle.thresholds, sources, manifest.name)
