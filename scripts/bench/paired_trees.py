"""Two source trees side by side: an older revision in a folder of its own, and this checkout."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from scripts.bench.processes import REPOSITORY, ServerProcess, free_port, start_server
from scripts.bench.systems import WEIR, System

PACKAGES: Final = ("models", "scripts", "service")
_PROBE: Final = (
    "import json, models.contracts, scripts.cli, service.settings;"
    "print(json.dumps([models.contracts.__file__, scripts.cli.__file__, service.settings.__file__]))"
)


class TreeError(Exception):
    """A revision cannot be checked out, or its modules would not be the ones that run."""


@dataclass(frozen=True)
class Tree:
    """One source tree to measure.

    Attributes:
        name: key in results.
        title: in tables.
        folder: its root.
        bundles: folders of the bundles that it serves.

    """

    name: str
    title: str
    folder: Path
    bundles: tuple[Path, ...]

    @property
    def system(self) -> System:
        """It as a system of the serving benchmark."""
        return replace(WEIR, name=self.name, title=self.title)

    def environment(self, port: int, workspace: Path, n_workers: int) -> dict[str, str]:
        """What its server reads, its own modules first; what it writes goes into the workspace."""
        return {
            **self.system.environment(port, self.bundles[0], workspace, n_workers),
            "PYTHONPATH": str(self.folder),
        }


def launch_tree(tree: Tree, workspace: Path, n_workers: int) -> ServerProcess:
    """Start its server on a free port.

    Args:
        tree: what to start.
        workspace: a folder with `bundles/` and `metrics/`, for this tree alone.
        n_workers: of the server.

    Raises:
        TreeError: modules of another tree would run.

    """
    port = free_port()
    environment = tree.environment(port, workspace, n_workers)
    require_own_modules(tree, environment)
    return start_server(tree.name, tree.system.command(port), environment, port, tree.folder)


def require_own_modules(tree: Tree, environment: Mapping[str, str]) -> None:
    """Ask Python, started as the server will be, where the modules come from: an installed Weir must not win.

    Raises:
        TreeError: from elsewhere, or they cannot be imported.

    """
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], cwd=tree.folder, env={**os.environ, **environment}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise TreeError(f"{tree.title}: its modules cannot be imported:\n{done.stderr[-1000:]}")
    strangers = [path for path in json.loads(done.stdout) if not Path(path).resolve().is_relative_to(tree.folder)]
    if strangers:
        raise TreeError(f"{tree.title}: {strangers[0]} would run instead of its own module")


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """A git worktree of a revision in a temporary folder, removed afterwards.

    Raises:
        TreeError: there is no such revision, or git cannot check it out.

    """
    with tempfile.TemporaryDirectory(prefix="weir-bench-tree-") as name:
        folder = Path(name).resolve() / "tree"
        _git("-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", str(folder), revision)
        try:
            yield folder
        finally:
            _git("worktree", "remove", "--force", str(folder))


def describe_revision(revision: str) -> str:
    """Its short name and date.

    Raises:
        TreeError: there is no such revision.

    """
    return _git("show", "--no-patch", "--format=%h of %cs", f"{revision}^{{commit}}")


def describe_checkout() -> str:
    """The revision of this checkout, and whether its code differs from it."""
    is_changed = bool(_git("status", "--porcelain", "--untracked-files=no", "--", *PACKAGES))
    return describe_revision("HEAD") + (" with uncommitted changes" if is_changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TreeError(f"git {arguments[-2]} {arguments[-1]}: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()
