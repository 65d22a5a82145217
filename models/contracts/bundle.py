"""Bundles: a trained model as it ships, and everything needed to use and trace it."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.contracts.base import Value
from models.contracts.decision import Sha256
from models.contracts.evidence import RegionKind
from models.contracts.scores import Probability
from models.contracts.taxonomy import Category, Modality


class OperatingPoint(StrEnum):
    """A named trade between misses and false alarms."""

    PRECISION = "precision"
    BALANCED = "balanced"
    RECALL = "recall"


class PlattCalibration(Value):
    """`prob = sigmoid(scale * logit + shift)`; temperature scaling is the case `shift = 0`.

    Source: Platt (1999), "Probabilistic outputs for support vector machines"; Guo et al. (2017).
    """

    method: Literal["platt", "temperature"]
    scale: Annotated[float, Field(gt=0.0)]
    shift: float = 0.0


class IsotonicCalibration(Value):
    """Piecewise linear, non-decreasing map from logit to probability; constant outside the knots.

    Source: Zadrozny & Elkan (2002), "Transforming classifier scores into accurate multiclass probability estimates".
    """

    method: Literal["isotonic"] = "isotonic"
    logits: tuple[float, ...] = Field(min_length=2)
    probs: tuple[Probability, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _is_monotone(self) -> Self:
        if len(self.logits) != len(self.probs):
            raise ValueError("logits and probs have one entry a knot")
        if any(b <= a for a, b in zip(self.logits, self.logits[1:], strict=False)):
            raise ValueError("logits increase strictly")
        if any(b < a for a, b in zip(self.probs, self.probs[1:], strict=False)):
            raise ValueError("probs never decrease")
        return self


Calibration = Annotated[PlattCalibration | IsotonicCalibration, Field(discriminator="method")]


class CalibrationTable(Value):
    """`calibration.json`: one map from logit to probability a category that the bundle scores."""

    categories: dict[Category, Calibration]


class ThresholdTable(Value):
    """`thresholds.json`: the calibrated probability at each operating point, by category."""

    categories: dict[Category, dict[OperatingPoint, Probability]]

    @model_validator(mode="after")
    def _are_ordered(self) -> Self:
        for category, points in self.categories.items():
            if set(points) != set(OperatingPoint):
                raise ValueError(f"{category}: every operating point needs a threshold")
            if not points[OperatingPoint.RECALL] <= points[OperatingPoint.BALANCED] <= points[OperatingPoint.PRECISION]:
                raise ValueError(f"{category}: thresholds rise from recall over balanced to precision")
        return self


class Quantization(Value):
    """How the weights were compressed: scheme name, and what it cost in macro PR-AUC against float."""

    scheme: str
    macro_pr_auc_lost: float


class Encoder(Value):
    """Where the weights came from before training."""

    name: str
    source: str
    licence: str


class Geometry(Value):
    """What an image model sees: the whole picture squashed to a square of `side` pixels, RGB, 8 bits a channel."""

    side: Annotated[int, Field(ge=32, le=1024)]
    region_side: Annotated[int, Field(ge=1, le=256)]


class BundleManifest(Value):
    """`manifest.json`: what the bundle is, what it can say, and the digests that make it traceable.

    This is what all kinds of bundle have in common; `AnyManifest` tells them apart by `modality`.

    Attributes:
        format: version of this layout.
        labels: the categories it scores, in the order of the model's output columns.
        auxiliary_labels: further output columns after `labels`, used for analysis and gates, never served as scores.
        files: sha256 of every other file in the folder, by name.
        dataset_digest: digest of the dataset it was trained on.
        checkpoint_digest: digest of the trained weights before export.
        metrics: headline numbers on held-out tests, by name; the card explains them.

    """

    format: Literal[1] = 1
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    labels: tuple[Category, ...] = Field(min_length=1)
    auxiliary_labels: tuple[str, ...] = ()
    opset: int
    quantization: Quantization
    encoder: Encoder
    files: dict[str, Sha256]
    dataset_digest: Sha256
    checkpoint_digest: Sha256
    created_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    metrics: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels are distinct")
        if Category.SEXUAL_MINORS in self.labels:
            raise ValueError("sexual/minors is never scored")
        return self


Spelling = Literal["as-written", "undisguised"]
"""How a text model reads normalised texts: as they are, or with disguises undone and emoji named first."""


class TextManifest(BundleManifest):
    """A model of texts.

    Attributes:
        max_tokens: longest window the model takes, special tokens included.
        window_stride: tokens that two neighbouring windows of a long text share.
        embedding_size: columns of the output `embedding`; None when the model has no such output.
        has_token_logits: whether the model has the output `token_logits`, from which evidence is read.
        spelling: how it was trained to read texts.
        reading: number of the reading of disguises that it was calibrated with; 0 where it has none or none is known.
        previous_tokens: most tokens of the turn before a text that it was trained to read in front of it; 0 where it
            was not, and then such turns are left out.

    """

    modality: Literal[Modality.TEXT]
    max_tokens: Annotated[int, Field(gt=2)]
    window_stride: Annotated[int, Field(ge=0)]
    embedding_size: Annotated[int, Field(gt=0)] | None = None
    has_token_logits: bool = False
    spelling: Spelling = "as-written"
    reading: Annotated[int, Field(ge=0)] = 0
    previous_tokens: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _stride_fits(self) -> Self:
        if self.window_stride >= self.max_tokens - 2:
            raise ValueError("window_stride is smaller than the room for text in a window")
        return self


class ImageManifest(BundleManifest):
    """A model of pictures. An adapted foreign classifier has logits only: no regions, embedding or features.

    Attributes:
        geometry: what the model sees.
        region_kinds: what the channels of the output `regions` show, in order.
        region_thresholds: probability from which a point belongs to a region, by kind.
        embedding_size: columns of the output `embedding`, for copies of known pictures.
        embedding_threshold: cosine distance up to which two pictures count as copies.
        feature_size: columns of the output `features`, for joint models.
        text_gate: probability of the auxiliary label `text` from which a picture is read; None reads every picture.

    """

    modality: Literal[Modality.IMAGE]
    geometry: Geometry
    region_kinds: tuple[RegionKind, ...] = ()
    region_thresholds: dict[RegionKind, Probability] = Field(default_factory=dict)
    embedding_size: Annotated[int, Field(gt=0)] | None = None
    embedding_threshold: Annotated[float, Field(ge=0.0, le=2.0)] | None = None
    feature_size: Annotated[int, Field(gt=0)] | None = None
    text_gate: Probability | None = None

    @model_validator(mode="after")
    def _thresholds_cover_the_regions(self) -> Self:
        if set(self.region_thresholds) != set(self.region_kinds):
            raise ValueError("every kind of region has a threshold")
        if self.text_gate is not None and "text" not in self.auxiliary_labels:
            raise ValueError("a text gate needs the auxiliary label text")
        return self


class JointManifest(BundleManifest):
    """A model of words and pictures together, over the embeddings of two other bundles.

    Attributes:
        text_bundle: digest of the text bundle whose embeddings it was trained on.
        image_bundle: digest of the image bundle whose features it was trained on.
        text_size: columns of its inputs `text` and `image_text`.
        image_size: columns of its input `image`.

    """

    modality: Literal["joint"]
    text_bundle: Sha256
    image_bundle: Sha256
    text_size: Annotated[int, Field(gt=0)]
    image_size: Annotated[int, Field(gt=0)]


AnyManifest = Annotated[TextManifest | ImageManifest | JointManifest, Field(discriminator="modality")]
