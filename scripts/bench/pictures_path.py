"""The way of one picture through the parts that the service calls, each timed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.pdq import pdq_dihedral
from models.runtime.vision.decoding import DecodedImage, decode_image
from models.runtime.vision.limits import MediaLimits
from models.runtime.vision.preparation import brightness, square_pixels
from models.runtime.vision.reading import TextReader, open_reader
from scripts.bench.pictures_costs import Stopwatch
from scripts.bench.pictures_known import stock_bank
from service.banks.reloading import Banks, open_banks
from service.banks.sample import ImageSample, Sample
from service.banks.segment import EmbeddingSpace
from service.bundles import LoadedModels, load_models
from service.known import embedding_model
from service.records.schema import open_database
from service.settings import load_settings
from service.vision.image_batcher import Outputs, Squares
from service.vision.joining import join
from service.vision.opening import media_limits
from service.vision.picture import Picture
from service.vision.seen import Seen, read_outputs

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class PicturePath:
    """Everything that looks at a picture, open."""

    models: LoadedModels
    reader: TextReader
    banks: Banks
    limits: MediaLimits

    def look(self, data: bytes, watch: Stopwatch) -> None:
        """Time every stage of one picture that is posted alone."""
        decoded = watch.time("decode", partial(decode_image, data, self.limits))
        squares = watch.time("prepare", partial(self._squares, decoded))
        outputs = watch.time("image model", partial(self._infer, squares))
        pdq = watch.time("PDQ, 8 orientations", partial(pdq_dihedral, decoded.frames[0]))
        picture = Picture(decoded, squares, 0.0, pdq)
        seen = watch.time("scores and OCR gate", partial(read_outputs, 0, picture, outputs, self.models.images))
        words = None
        if seen.wordy:
            frames = [decoded.frames[frame] for frame in seen.wordy]
            read = watch.time("OCR", partial(self.reader.read, frames))
            text = "\n".join(entry.text for entry in read if entry.text)
            words = watch.time("text model", partial(self._embed, text)) if text else None
        if self.models.joint is not None and words is not None:
            watch.time("fusion", partial(join, self.models.joint, self.models.images, [seen], None, [words]))
        watch.time("bank look-up", partial(self.banks.matcher.look_up, _sample(seen)))

    def _squares(self, decoded: DecodedImage) -> Squares:
        sides = [model.manifest.geometry.side for model in self.models.images]
        squares = tuple(np.stack([square_pixels(frame, side) for frame in decoded.frames]) for side in sides)
        brightness(squares[0][0])
        return squares

    def _infer(self, squares: Squares) -> Sequence[Outputs]:
        found = [model.scorer.infer(pixels) for model, pixels in zip(self.models.images, squares, strict=True)]
        return [Outputs(one.logits, one.regions, one.embedding, one.features) for one in found]

    def _embed(self, text: str) -> Vector | None:
        """Score what was read as the batcher does, with the sentence vector where there is one."""
        scorer = self.models.text.scorer
        windows = [window for prepared in scorer.prepare([text]) for window in prepared.windows]
        if not self.models.text.has_embeddings:
            scorer.probabilities(scorer.infer(windows))
            return None
        logits, vectors = scorer.infer_embeddings(windows)
        scorer.probabilities(logits)
        mean: Vector = vectors.mean(axis=0)
        return mean

    def close(self) -> None:
        """Close the banks; the rest ends with the process."""
        self.banks.close()


def open_path(bundles: Path, database_url: str) -> PicturePath:
    """Open every bundle and the reader, and a bank of known pictures in a new database."""
    models = load_models(bundles)
    database = open_database(database_url)
    model = embedding_model(models)
    stock_bank(database, model)
    space = None
    if model is not None:
        manifest = model.manifest
        space = EmbeddingSpace(model.bundle.digest, manifest.embedding_size or 0, manifest.embedding_threshold)
    return PicturePath(models, open_reader(), open_banks(database, image=space), media_limits(load_settings()))


def _sample(seen: Seen) -> Sample:
    embeddings = (outputs.embedding[0] for outputs in seen.outputs if outputs.embedding is not None)
    return Sample(images=(ImageSample(seen.picture.decoded.digest, seen.picture.pdq, next(embeddings, None)),))
