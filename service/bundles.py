"""Bundles as the service uses them: find those that serve, see that they fit each other, and open them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from models.contracts import BundleReference, ImageManifest, JointManifest, TextManifest, ThresholdTable
from service.explainer import SpanFinder
from service.scorer import Scorer
from service.vision.scorers import ImageScorer, JointScorer

MANIFEST: Final = "manifest.json"
logger = logging.getLogger("bentoml.weir.bundles")


class BundlesError(Exception):
    """The folder of bundles is not usable; the message says what is expected."""


@dataclass(frozen=True)
class LoadedModel:
    """A scorer of texts and what has to be known of it to decide and to be traced.

    Attributes:
        has_embeddings: `scorer.infer_embeddings` may be called.
        created_on: the day on which the bundle was made, YYYY-MM-DD; None where that is not known.
        find_spans: says which words carry a score; None where the model cannot say it.
        reads_previous: it was trained with the turn before a text; to any other, such a turn is not shown.
        scores_digest: of all that decides a score, beside the bundle the reading of disguises; None: the bundle alone.

    """

    scorer: Scorer
    thresholds: ThresholdTable
    bundle: BundleReference
    has_embeddings: bool = False
    created_on: str | None = None
    find_spans: SpanFinder | None = None
    reads_previous: bool = False
    scores_digest: str | None = None

    @property
    def scored_by(self) -> str:
        """The digest that answers may be kept under."""
        return self.scores_digest or self.bundle.digest


@dataclass(frozen=True)
class LoadedImageModel:
    """A scorer of pictures and the same of it; `manifest` says what its outputs mean."""

    scorer: ImageScorer
    thresholds: ThresholdTable
    bundle: BundleReference
    manifest: ImageManifest


@dataclass(frozen=True)
class LoadedJointModel:
    """A scorer of words and pictures together."""

    scorer: JointScorer
    thresholds: ThresholdTable
    bundle: BundleReference
    manifest: JointManifest


@dataclass(frozen=True)
class LoadedModels:
    """Everything that serves: a text model, any number of image models for different categories, a joint model."""

    text: LoadedModel
    images: tuple[LoadedImageModel, ...] = ()
    joint: LoadedJointModel | None = None

    @property
    def bundles(self) -> tuple[BundleReference, ...]:
        """All of them, the text bundle first."""
        return tuple(model.bundle for model in self._all())

    @property
    def thresholds(self) -> dict[str, object]:
        """Their threshold tables, ready for JSON, by the digests of the bundles; in the order of the labels."""
        return {
            model.bundle.digest: {
                label.value: {point.value: prob for point, prob in model.thresholds.categories[label].items()}
                for label in model.scorer.labels
            }
            for model in self._all()
        }

    def _all(self) -> tuple["LoadedModel | LoadedImageModel | LoadedJointModel", ...]:
        return tuple(model for model in (self.text, *self.images, self.joint) if model is not None)


@dataclass(frozen=True)
class FoundBundles:
    """Folders of the bundles that fit each other; nothing is opened yet."""

    text: Path
    images: tuple[Path, ...]
    joint: Path | None


def find_bundles(folder: Path) -> FoundBundles:
    """The bundles in a folder of bundles, or the folder itself if it is a bundle.

    Raises:
        BundlesError: There is not exactly one text bundle, or the bundles do not fit each other.
        models.runtime.bundle.BundleError: A manifest cannot be read.

    """
    from models.runtime.bundle import read_manifest

    paths = [folder] if (folder / MANIFEST).is_file() else sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    found = [(path, read_manifest(path)) for path in paths]
    texts = [path for path, manifest in found if isinstance(manifest, TextManifest)]
    images = [(path, manifest) for path, manifest in found if isinstance(manifest, ImageManifest)]
    joints = [(path, manifest) for path, manifest in found if isinstance(manifest, JointManifest)]
    if len(texts) != 1:
        raise BundlesError(
            f"{folder}: {len(texts)} text bundles, and exactly one text bundle is needed; set WEIR_BUNDLES"
        )
    if len(joints) > 1:
        raise BundlesError(f"{folder}: {len(joints)} joint bundles, and at most one can serve; move the others away")
    _require_disjoint(images)
    for _, manifest in joints:
        _require_trained_on(manifest, texts[0], [path for path, _ in images])
    return FoundBundles(texts[0], tuple(path for path, _ in images), joints[0][0] if joints else None)


def load_models(folder: Path) -> LoadedModels:
    """Verify and open every bundle in a folder of bundles, and run each once, so that no request pays for that.

    Raises:
        BundlesError: There is not exactly one text bundle, or the bundles do not fit each other.
        models.runtime.bundle.BundleError: One is broken.

    """
    found = find_bundles(folder)
    return LoadedModels(
        text=load_text_model(found.text),
        images=tuple(load_image_model(path) for path in found.images),
        joint=load_joint_model(found.joint) if found.joint else None,
    )


def load_text_model(path: Path) -> LoadedModel:
    """Verify, open and warm up one text bundle.

    Raises:
        models.runtime.bundle.BundleError: It is broken.

    """
    from models.runtime.bundle import load_text_bundle
    from models.runtime.classifier import open_classifier
    from models.runtime.evidence import find_spans
    from models.runtime.undisguise import READING

    bundle = load_text_bundle(path)
    classifier = open_classifier(bundle)
    classifier.score(["warm up"])
    manifest = bundle.manifest
    if manifest.spelling == "undisguised" and manifest.reading != READING:
        logger.warning(
            "text_reading_changed: %s was calibrated with reading %d of disguises and is read by %d; export it again",
            manifest.name,
            manifest.reading,
            READING,
        )
    has_embeddings = manifest.embedding_size is not None
    finder = partial(find_spans, classifier) if manifest.has_token_logits else None
    return LoadedModel(
        classifier,
        bundle.thresholds,
        bundle.reference,
        has_embeddings,
        manifest.created_on,
        finder,
        reads_previous=manifest.previous_tokens > 0,
        scores_digest=classifier.digest,
    )


def load_image_model(path: Path) -> LoadedImageModel:
    """The same for an image bundle."""
    from models.runtime.bundle import load_image_bundle
    from models.runtime.vision.classifier import open_image_classifier

    bundle = load_image_bundle(path)
    classifier = open_image_classifier(bundle)
    side = bundle.manifest.geometry.side
    classifier.infer(np.zeros((1, side, side, 3), dtype=np.uint8))
    return LoadedImageModel(classifier, bundle.thresholds, bundle.reference, bundle.manifest)


def load_joint_model(path: Path) -> LoadedJointModel:
    """The same for a joint bundle."""
    from models.runtime.bundle import load_joint_bundle
    from models.runtime.fusion import open_joint_classifier

    bundle = load_joint_bundle(path)
    classifier = open_joint_classifier(bundle)
    text, image = (np.zeros((1, n), dtype=np.float32) for n in (bundle.manifest.text_size, bundle.manifest.image_size))
    classifier.infer(text, text, image)
    return LoadedJointModel(classifier, bundle.thresholds, bundle.reference, bundle.manifest)


def _require_disjoint(images: Sequence[tuple[Path, ImageManifest]]) -> None:
    """Two image models for one category would hide which of them a threshold was chosen for."""
    owner: dict[str, Path] = {}
    for path, manifest in images:
        for label in manifest.labels:
            if label in owner:
                raise BundlesError(
                    f"{path} and {owner[label]} both score {label.value}; move one of them out of the folder, or "
                    "export it without that label"
                )
            owner[label] = path


def _require_trained_on(manifest: JointManifest, text: Path, images: Sequence[Path]) -> None:
    """A joint model reads the vectors of two other models and means nothing with others."""
    from models.runtime.bundle import MANIFEST_FILE, file_digest

    if manifest.text_bundle != file_digest(text / MANIFEST_FILE):
        raise BundlesError(
            f"{manifest.name} was trained on another text bundle than {text}; export it again, or remove it"
        )
    if manifest.image_bundle not in {file_digest(path / MANIFEST_FILE) for path in images}:
        raise BundlesError(
            f"{manifest.name} was trained on an image bundle that is not here; add that one, or remove it"
        )
