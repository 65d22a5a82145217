"""Known content in the engine: banks opened on the models that serve, and how content is signed for them."""

import numpy as np
from sqlalchemy import Engine as Database

from models.runtime.vision.limits import MediaLimits
from models.runtime.vision.preparation import square_pixels
from service.banks.reloading import Banks, Quarantine, open_banks
from service.banks.sample import Embedding
from service.banks.segment import EmbeddingSpace
from service.banks.signing import ContentSigner, Frame, ImageEmbedder, TextEmbedder
from service.bundles import LoadedImageModel, LoadedModel, LoadedModels
from service.metrics.recorder import Recorder


def open_known(database: Database, models: LoadedModels, recorder: Recorder) -> Banks:
    """Read all banks and follow their changes. Embeddings are compared where a loaded bundle makes them."""
    image = embedding_model(models)
    text_size = None if not models.text.has_embeddings else len(_embed_text(models.text, "size"))

    def count(_: Quarantine) -> None:
        recorder.item_quarantined()

    banks = open_banks(
        database,
        image=_image_space(image) if image else None,
        text=EmbeddingSpace(models.text.bundle.digest, text_size) if text_size else None,
        on_quarantine=count,
    )
    banks.start()
    return banks


def build_signer(models: LoadedModels, limits: MediaLimits) -> ContentSigner:
    """Signs content for banks as the service signs what it looks at."""
    image, text = embedding_model(models), models.text
    return ContentSigner(
        image=ImageEmbedder(image.bundle.digest, lambda frame: _embed_image(image, frame)) if image else None,
        text=TextEmbedder(text.bundle.digest, lambda entry: _embed_text(text, entry)) if text.has_embeddings else None,
        limits=limits,
    )


def embedding_model(models: LoadedModels) -> LoadedImageModel | None:
    """The image model whose embeddings are compared: the first that has any."""
    return next((model for model in models.images if model.manifest.embedding_size is not None), None)


def _image_space(model: LoadedImageModel) -> EmbeddingSpace:
    manifest = model.manifest
    return EmbeddingSpace(model.bundle.digest, manifest.embedding_size or 0, manifest.embedding_threshold)


def _embed_image(model: LoadedImageModel, frame: Frame) -> Embedding:
    outputs = model.scorer.infer(square_pixels(frame, model.manifest.geometry.side)[np.newaxis])
    if outputs.embedding is None:
        raise ValueError("an image model with an embedding size gives embeddings")
    embedding: Embedding = outputs.embedding[0]
    return embedding


def _embed_text(model: LoadedModel, text: str) -> Embedding:
    """The mean over the windows, as the batcher has it."""
    (prepared,) = model.scorer.prepare([text])
    embeddings = [model.scorer.infer_embeddings([window])[1][0] for window in prepared.windows]
    mean: Embedding = np.mean(np.stack(embeddings), axis=0)
    return mean
