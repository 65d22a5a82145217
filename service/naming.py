"""Naming: which model names a caller may ask for, and which loaded bundles each of them means.

A bundle is named with its version, such as `text-minilm-0.1.1`, and several with `+` between them. The names that
callers of the OpenAI API send are aliases of all that is loaded. A deployment may pin an alias to versions: then the
service does not start with others, and a caller who asks for a name never gets another model than was tested with it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from service.bundles import BundlesError, FoundBundles, LoadedModels
from service.errors import RequestError

LATEST: Final = "weir-latest"
DEFAULT_ALIASES: Final = (
    "omni-moderation-latest",
    "omni-moderation-2024-09-26",
    "text-moderation-latest",
    "text-moderation-stable",
    "text-moderation-007",
    LATEST,
)
"""Names that mean all loaded bundles unless the deployment pins them."""
SEPARATOR: Final = "+"
"""Between the names of several bundles."""
_MODEL: Final = re.compile(r"[a-z0-9]{1,32}(?:[-.:_][a-z0-9]{1,32}){1,8}")


@dataclass(frozen=True, slots=True)
class ModelName:
    """One name that a caller may ask for.

    Attributes:
        bundles: what it means, names with versions.
        made_at: seconds since 1970 at which the newest of them was made.

    """

    name: str
    bundles: tuple[str, ...]
    made_at: int


class ModelNames:
    """All names of what is loaded.

    Attributes:
        loaded: the bundles with their versions and when they were made, the text bundle first.
        listed: the names that are listed: the text bundle and every alias.

    """

    def __init__(self, loaded: Mapping[str, int], aliases: Mapping[str, tuple[str, ...]]) -> None:
        self.loaded = loaded
        self._text = next(iter(loaded))
        self.listed = {name: self._named(name, parts) for name, parts in {self._text: (self._text,), **aliases}.items()}

    def find(self, name: str) -> ModelName | None:
        """What a name means: a listed one, or loaded bundles with `+` between them, as answers name them."""
        if name in self.listed:
            return self.listed[name]
        parts = tuple(name.split(SEPARATOR))
        return self._named(name, parts) if self._text in parts and set(parts) <= self.loaded.keys() else None

    def _named(self, name: str, parts: tuple[str, ...]) -> ModelName:
        return ModelName(name, parts, max(self.loaded[part] for part in parts))


def name_models(loaded: Mapping[str, int], pinned: Mapping[str, str]) -> ModelNames:
    """The names of what is loaded.

    Args:
        loaded: bundles with their versions and when they were made, the text bundle first.
        pinned: aliases and the bundles that the deployment pins them to.

    Raises:
        BundlesError: An alias is pinned to a bundle or version that is not loaded, or without the text bundle.

    """
    aliases = dict.fromkeys(DEFAULT_ALIASES, tuple(loaded))
    for alias, target in pinned.items():
        aliases[alias] = tuple(target.split(SEPARATOR))
        _require_loaded(alias, aliases[alias], tuple(loaded))
    return ModelNames(loaded, aliases)


def loaded_bundles(models: LoadedModels) -> dict[str, int]:
    """The bundles that are open."""
    dates = [models.text.created_on, *(model.manifest.created_on for model in models.images)]
    dates += [models.joint.manifest.created_on] if models.joint else []
    return {f"{bundle.name}-{bundle.version}": _seconds(day) for bundle, day in zip(models.bundles, dates, strict=True)}


def found_bundles(found: FoundBundles) -> dict[str, int]:
    """The same of bundles that are not open yet."""
    from models.runtime.bundle import read_manifest

    paths: list[Path] = [found.text, *found.images, *([found.joint] if found.joint else [])]
    manifests = [read_manifest(path) for path in paths]
    return {f"{manifest.name}-{manifest.version}": _seconds(manifest.created_on) for manifest in manifests}


def model_not_found(name: str) -> RequestError:
    """No model has this name: 404. It is repeated only where it looks like the name of a model."""
    named = f"model `{name}`" if _MODEL.fullmatch(name) else "model"
    message = f"The {named} does not exist or you do not have access to it."
    return RequestError(404, "model_not_found", message, "model")


def _require_loaded(alias: str, parts: Sequence[str], loaded: Sequence[str]) -> None:
    missing = [part for part in parts if part not in loaded]
    if missing:
        raise BundlesError(
            f"WEIR_MODEL_ALIASES pins {alias} to {SEPARATOR.join(missing)}, which is not loaded; "
            f"loaded: {', '.join(loaded)}"
        )
    if loaded[0] not in parts:
        raise BundlesError(f"WEIR_MODEL_ALIASES pins {alias} to bundles without the text bundle, {loaded[0]}")


def _seconds(day: str | None) -> int:
    return 0 if day is None else int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
