"""Config of an image run: everything that decides what it learns, in one frozen, closed value read from TOML."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from models.contracts.base import Value
from models.training.config import Count, LossConfig, Positive, Precision, Share, complaint
from models.training.errors import ConfigError

Spread = Annotated[float, Field(ge=0.0, lt=1.0)]


class AugmentationConfig(Value):
    """How strongly pictures are varied; shares are probabilities a picture."""

    turn_degrees: Annotated[float, Field(ge=0.0, le=180.0)] = 12.0
    quarter_turns: Share = 0.25
    mirror: Share = 0.5
    upside_down: Share = 0.05
    min_scale: Positive = 0.55
    max_scale: Positive = 1.25
    aspect: Annotated[float, Field(ge=0.0)] = 0.5
    shift: Annotated[float, Field(ge=0.0)] = 0.05
    reflect: Share = 0.5
    saturation: Spread = 0.5
    contrast: Spread = 0.4
    brightness: Spread = 0.35
    tint: Spread = 0.15
    greyscale: Share = 0.15
    noise: Annotated[float, Field(ge=0.0)] = 10.0
    degrade: Share = 0.4
    cutouts: Share = 0.2
    """Share of the harmless pictures that get a cut-out of an object, harmful or not."""


class VisionSampling(Value):
    """What a batch is made of: `draws ~ boost * rows ** temperature` by source."""

    pictures_an_epoch: Count = 6_000
    temperature: Share = 0.5
    boosts: dict[str, Positive] = Field(default_factory=dict)


class VisionOptimiser(Value):
    """AdamW, cosine to zero after a warm-up; the encoder learns more slowly than the heads."""

    epochs: Count = 5
    batch: Count = 32
    lr: Positive = 2e-4
    head_lr: Positive = 2e-3
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.02
    warmup_share: Share = 0.05
    clip_norm: Positive = 1.0
    average_decay: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.995


class CopiesConfig(Value):
    """The embedding for copies: NT-Xent over two views, spread out by nearest neighbours (KoLeo).

    Source: Chen et al. (2020), "SimCLR"; Pizzi et al. (2022), "A self-supervised descriptor for image copy detection".
    """

    views: Count = 6
    steps: Count = 2_000
    batch: Count = 512
    lr: Positive = 1e-3
    temperature: Positive = 0.06
    spread_weight: Annotated[float, Field(ge=0.0)] = 1.0


class Round(Value):
    """A repetition of the run without some sources; names are `source` or `source/family`.

    A round with `scores = false` is for places only: some families of a source are unseen, the source itself is not.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    sources: tuple[str, ...] = Field(min_length=1)
    scores: bool = True


class VisionConfig(Value):
    """One image run."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    seed: int = 17
    threads: Count = 2
    precision: Precision = Precision.BFLOAT16
    resume_every_steps: Count = 100
    encoder: str = "wheel"
    first_trained_block: Annotated[int, Field(ge=-1, le=17)] = 5
    """Blocks below keep their ImageNet weights; 17 trains the heads alone."""
    keep_pretrained: Share = 0.0
    """Share of the ImageNet weights mixed back into the encoder after training (weight-space ensembling)."""
    labels: tuple[str, ...] = ("weapons", "fire")
    auxiliary_labels: tuple[str, ...] = ("handgun", "knife", "long_gun", "smoke", "text")
    region_kinds: tuple[str, ...] = ("weapons", "fire", "face", "plate")
    memory: dict[str, Positive] = Field(default_factory=dict)
    """Labels whose logit gets the pretrained log-odds of its ImageNet classes, times this; see `memory`."""
    presumed_harmless: tuple[str, ...] = ()
    """Sources whose unknown labels (not the auxiliary ones) count as 0 while training: varied pictures that next to
    never show a harm. Measuring never presumes."""
    region_weight: Annotated[float, Field(ge=0.0)] = 1.0
    loss: LossConfig = LossConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    sampling: VisionSampling = VisionSampling()
    optimiser: VisionOptimiser = VisionOptimiser()
    copies: CopiesConfig = CopiesConfig()
    rounds: tuple[Round, ...] = ()
    round_epochs: Count = 2


def load_vision_config(path: Path) -> VisionConfig:
    """Read a run's configuration.

    Raises:
        ConfigError: the file is missing, is not TOML, or has an unknown key or an illegal value.

    """
    try:
        return VisionConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {complaint(error)}") from error
