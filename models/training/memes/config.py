"""Configuration of a run on memes, from TOML."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from models.contracts.base import Value
from models.training.config import complaint
from models.training.errors import ConfigError
from models.training.fusion import FusionConfig
from models.training.memes.systems import EARLY


class MemesConfig(Value):
    """Everything that decides a run.

    Attributes:
        name: of the run.
        seed: of folds, fits and ordinary posts.
        ordinary_a_world: posts drawn in each world of ordinary posts.
        ships: the system that becomes the bundle.

    """

    name: str
    seed: int = 1
    ships: Literal["early fusion", "early fusion, linear"] = EARLY
    ordinary_a_world: int = Field(default=500, ge=5)
    fusion: FusionConfig = FusionConfig()


def load_memes_config(path: Path) -> MemesConfig:
    """Read a run's configuration.

    Raises:
        ConfigError: the file is missing, is not TOML, or has an unknown key or an illegal value.

    """
    try:
        return MemesConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {complaint(error)}") from error
