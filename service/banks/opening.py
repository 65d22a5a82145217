"""Opening: a signer whose embeddings are those of the bundles that serve."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from models.runtime.bundle import ImageBundle, TextBundle, load_image_bundle, load_text_bundle
from models.runtime.classifier import open_classifier
from models.runtime.vision.classifier import open_image_classifier
from models.runtime.vision.preparation import square_pixels
from service.banks.sample import Embedding
from service.banks.segment import EmbeddingSpace
from service.banks.signing import ContentSigner, Frame, ImageEmbedder, TextEmbedder
from service.bundles import find_bundles


@dataclass(frozen=True, slots=True)
class Signing:
    """A signer, and where its embeddings can be compared."""

    signer: ContentSigner
    image: EmbeddingSpace | None
    text: EmbeddingSpace | None


def open_signing(folder: Path) -> Signing:
    """Find what embeds texts and pictures. A model is opened with the first content that it looks at.

    Args:
        folder: of bundles.

    Raises:
        BundlesError, BundleError: The bundles do not fit each other, or one is broken.

    """
    found = find_bundles(folder)
    text = load_text_bundle(found.text)
    images = [bundle for path in found.images if (bundle := load_image_bundle(path)).manifest.embedding_size]
    image = images[0] if images else None
    signer = ContentSigner(_image_embedder(image), _text_embedder(text))
    return Signing(signer, image_space(image), text_space(text))


def image_space(bundle: ImageBundle | None) -> EmbeddingSpace | None:
    """Where the embeddings of an image bundle can be compared; None when it has none."""
    if bundle is None or bundle.manifest.embedding_size is None:
        return None
    return EmbeddingSpace(bundle.digest, bundle.manifest.embedding_size, bundle.manifest.embedding_threshold)


def text_space(bundle: TextBundle) -> EmbeddingSpace | None:
    """Where the embeddings of a text bundle can be compared; None when it has none."""
    size = bundle.manifest.embedding_size
    return None if size is None else EmbeddingSpace(bundle.digest, size)


def _image_embedder(bundle: ImageBundle | None) -> ImageEmbedder | None:
    if bundle is None:
        return None
    opened = cache(lambda: open_image_classifier(bundle))

    def embed(frame: Frame) -> Embedding:
        classifier = opened()
        embedding = classifier.infer(square_pixels(frame, classifier.side)[np.newaxis]).embedding
        if embedding is None:
            raise ValueError("the image model gave no embedding, although its manifest has one")
        vector: Embedding = embedding[0]
        return vector

    return ImageEmbedder(bundle.digest, embed)


def _text_embedder(bundle: TextBundle) -> TextEmbedder | None:
    if bundle.manifest.embedding_size is None:
        return None
    opened = cache(lambda: open_classifier(bundle))

    def embed(text: str) -> Embedding:
        vector: Embedding = opened().embeddings([text])[0]
        return vector

    return TextEmbedder(bundle.digest, embed)
