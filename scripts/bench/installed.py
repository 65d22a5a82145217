"""The size of the serving environment: what `pip install weir` without extras puts on disk."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.bench.processes import MIB, REPOSITORY


@dataclass(frozen=True)
class InstalledSize:
    """Distributions of the serving environment and what they weigh.

    Attributes:
        total_mb: MiB of all their files.
        largest_mb: MiB of the heaviest, by name, heaviest first.
        missing: required distributions that are not installed here.

    """

    total_mb: float
    largest_mb: dict[str, float]
    n_distributions: int
    missing: tuple[str, ...]


def serving_requirements(pyproject: Path = REPOSITORY / "pyproject.toml") -> list[str]:
    """The requirements without extras."""
    with pyproject.open("rb") as file:
        requirements: list[str] = tomllib.load(file)["project"]["dependencies"]
    return requirements


def closure(requirements: Iterable[str]) -> tuple[dict[str, metadata.Distribution], tuple[str, ...]]:
    """Installed distributions that the requirements pull in, directly or not, and the names of absent ones."""
    found: dict[str, metadata.Distribution] = {}
    missing: set[str] = set()
    seen: set[tuple[str, str]] = set()
    pending = [(Requirement(text), "") for text in requirements]
    while pending:
        requirement, extra = pending.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        wanted = {(name, one) for one in ("", *requirement.extras)} - seen
        seen |= wanted
        try:
            found.setdefault(name, metadata.distribution(name))
        except metadata.PackageNotFoundError:
            missing.add(name)
            continue
        for _, one in wanted:
            pending += [(Requirement(text), one) for text in found[name].requires or ()]
    return found, tuple(sorted(missing))


def distribution_mb(distribution: metadata.Distribution) -> float:
    """MiB of the files it installed, compiled bytecode included."""
    paths = {Path(str(distribution.locate_file(file))) for file in distribution.files or ()}
    return sum(path.stat().st_size for path in paths if path.is_file()) / MIB


def locked_requirements(lock: Path = REPOSITORY / "locks" / "serve.txt") -> list[str]:
    """What the bento installs: every line of the lock file that names a distribution."""
    lines = (line.partition(" #")[0].strip(" \\") for line in lock.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line[:1].isalnum()]


def measure_installed() -> InstalledSize:
    """Weigh what serving needs."""
    found, missing = closure(locked_requirements())
    sizes = {name: distribution_mb(distribution) for name, distribution in found.items()}
    largest = dict(sorted(sizes.items(), key=lambda item: -item[1])[:8])
    return InstalledSize(sum(sizes.values()), largest, len(sizes), missing)
