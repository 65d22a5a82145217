"""Naming: which model names a caller may ask for, and which loaded bundles each of them means.

A bundle is named with its version, such as `text-minilm-0.6.0`, and several with `+` between them. A name means the
bundles that answer, and no others: pictures are refused where none of them looks at pictures. Of the names that callers
of the OpenAI API send, `text-moderation-*` mean the text bundle, as these models take texts only, and the others all
that is loaded. A deployment may pin an alias to versions: then the service does not start with others, and a caller who
asks for a name never gets another model than was tested with it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.contracts import AnyManifest, BundleReference, JointManifest
from service.bundles import BundlesError, FoundBundles, LoadedModels
from service.errors import RequestError

LATEST: Final = "weir-latest"
TEXT_ALIASES: Final = ("text-moderation-latest", "text-moderation-stable", "text-moderation-007")
"""Names that mean the text bundle alone unless the deployment pins them."""
DEFAULT_ALIASES: Final = ("omni-moderation-latest", "omni-moderation-2024-09-26", *TEXT_ALIASES, LATEST)
"""Names that every deployment has; those that are not of texts mean all loaded bundles unless it pins them."""
SEPARATOR: Final = "+"
"""Between the names of several bundles."""
_MODEL: Final = re.compile(r"[a-z0-9]{1,32}(?:[-.:_][a-z0-9]{1,32}){1,8}")


@dataclass(frozen=True, slots=True)
class LoadedBundle:
    """What has to be known of a bundle to name it.

    Attributes:
        made_at: seconds since 1970.
        sees: it looks at pictures.
        reads: for a joint bundle, the image bundle whose features it reads; it means nothing without it.

    """

    made_at: int
    sees: bool = False
    reads: str | None = None


@dataclass(frozen=True, slots=True)
class ModelName:
    """One name that a caller may ask for.

    Attributes:
        bundles: those that answer, names with versions.
        made_at: seconds since 1970 at which the newest of them was made.
        sees: one of them looks at pictures.

    """

    name: str
    bundles: tuple[str, ...]
    made_at: int
    sees: bool = False


class ModelNames:
    """All names of what is loaded.

    Attributes:
        loaded: the bundles with their versions, the text bundle first.
        listed: the names that are listed: the text bundle, all bundles together, and every alias.

    """

    def __init__(self, loaded: Mapping[str, LoadedBundle], aliases: Mapping[str, tuple[str, ...]]) -> None:
        self.loaded = loaded
        everything = tuple(loaded)
        own = {everything[0]: everything[:1], SEPARATOR.join(everything): everything}
        self.listed = {name: self._named(name, parts) for name, parts in {**own, **aliases}.items()}

    def find(self, name: str) -> ModelName | None:
        """What a name means: a listed one, or loaded bundles with `+` between them, as answers name them."""
        if name in self.listed:
            return self.listed[name]
        parts = tuple(name.split(SEPARATOR))
        return self._named(name, parts) if _problem(parts, self.loaded) is None else None

    def _named(self, name: str, parts: tuple[str, ...]) -> ModelName:
        bundles = [self.loaded[part] for part in parts]
        sees = any(bundle.sees for bundle in bundles)
        return ModelName(name, parts, max(bundle.made_at for bundle in bundles), sees)


def name_models(loaded: Mapping[str, LoadedBundle], pinned: Mapping[str, str]) -> ModelNames:
    """The names of what is loaded.

    Args:
        loaded: bundles with their versions, the text bundle first.
        pinned: aliases and the bundles that the deployment pins them to.

    Raises:
        BundlesError: An alias is pinned to a bundle or version that is not loaded, to one of them twice, without the
            text bundle, or to a joint bundle without the image bundle that it reads.

    """
    everything = tuple(loaded)
    aliases = dict.fromkeys(DEFAULT_ALIASES, everything) | dict.fromkeys(TEXT_ALIASES, everything[:1])
    for alias, target in pinned.items():
        aliases[alias] = tuple(target.split(SEPARATOR))
        problem = _problem(aliases[alias], loaded)
        if problem is not None:
            raise BundlesError(f"WEIR_MODEL_ALIASES pins {alias} to {problem}")
    return ModelNames(loaded, aliases)


def loaded_bundles(models: LoadedModels) -> dict[str, LoadedBundle]:
    """The bundles that are open."""
    text, joint = models.text, models.joint
    named = {_called(text.bundle): LoadedBundle(_seconds(text.created_on))}
    for image in models.images:
        named[_called(image.bundle)] = LoadedBundle(_seconds(image.manifest.created_on), sees=True)
    if joint is not None:
        (read,) = (
            _called(image.bundle) for image in models.images if image.bundle.digest == joint.manifest.image_bundle
        )
        named[_called(joint.bundle)] = LoadedBundle(_seconds(joint.manifest.created_on), reads=read)
    return named


def found_bundles(found: FoundBundles) -> dict[str, LoadedBundle]:
    """The same of bundles that are not open yet."""
    from models.runtime.bundle import MANIFEST_FILE, file_digest, read_manifest

    text = read_manifest(found.text)
    named = {_called(text): LoadedBundle(_seconds(text.created_on))}
    by_digest: dict[str, str] = {}
    for path in found.images:
        image = read_manifest(path)
        by_digest[file_digest(path / MANIFEST_FILE)] = _called(image)
        named[_called(image)] = LoadedBundle(_seconds(image.created_on), sees=True)
    joint = None if found.joint is None else read_manifest(found.joint)
    if isinstance(joint, JointManifest):
        named[_called(joint)] = LoadedBundle(_seconds(joint.created_on), reads=by_digest[joint.image_bundle])
    return named


def model_not_found(name: str) -> RequestError:
    """No model has this name: 404. It is repeated only where it looks like the name of a model."""
    named = f"model `{name}`" if _MODEL.fullmatch(name) else "model"
    message = f"The {named} does not exist or you do not have access to it."
    return RequestError(404, "model_not_found", message, "model")


def _problem(parts: Sequence[str], loaded: Mapping[str, LoadedBundle]) -> str | None:
    """Why these bundles cannot answer together; None when they can."""
    missing = [part for part in parts if part not in loaded]
    text = next(iter(loaded))
    if missing:
        return f"{SEPARATOR.join(missing)}, which is not loaded; loaded: {', '.join(loaded)}"
    if len(set(parts)) < len(parts):
        return "a bundle twice"
    if text not in parts:
        return f"bundles without the text bundle, {text}"
    for part in parts:
        read = loaded[part].reads
        if read is not None and read not in parts:
            return f"{part} without the image bundle that it reads, {read}"
    return None


def _called(bundle: BundleReference | AnyManifest) -> str:
    return f"{bundle.name}-{bundle.version}"


def _seconds(day: str | None) -> int:
    return 0 if day is None else int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
