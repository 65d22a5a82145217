"""`weir bench paired`: the plain text path of an older revision and of this checkout, in one interleaved run."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.bench.answers import reference_scores
from scripts.bench.corpus import load_texts
from scripts.bench.fleet import START_TIMEOUT_S, is_ready, workspace
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.paired_results import AFTER, BEFORE, QUANTITIES, Paired, compare
from scripts.bench.paired_trees import Tree, checked_out, describe_checkout, describe_revision, launch_tree
from scripts.bench.processes import REPOSITORY, ServerProcess
from scripts.bench.results import Measurement, errors
from scripts.bench.rounds import Bench, ServeSettings, run_rounds
from scripts.bench.scenarios import SCENARIOS, Scenario

Announce = Callable[[str], None]
LOADS: tuple[Scenario, ...] = tuple(one for one in SCENARIOS if one.name in {"single_c64", "batch32"})


@dataclass(frozen=True)
class PairedSettings:
    """What to run.

    Attributes:
        revision: what this checkout is compared with.
        bundles: folders of all bundles that this checkout serves.
        text_bundle: of these the one that scores texts: reference of the answers of both.
        repeats: rounds; who begins alternates.
        n_workers: of each server. With several, rates jump by how the kernel happens to spread few connections over
            them, and the client fights them for their cores: neither is what is compared.

    """

    revision: str
    bundles: tuple[Path, ...]
    text_bundle: Path
    repeats: int = 21
    seconds: float = 2.0
    n_workers: int = 1
    max_minutes: float = 30.0


@dataclass(frozen=True)
class PairedReport:
    """Everything one run found."""

    settings: PairedSettings
    machine: Machine
    trees: tuple[Tree, ...]
    measurements: tuple[Measurement, ...]
    seconds_taken: float

    def compared(self) -> list[Paired]:
        """Every quantity under every load."""
        return [compare(self.measurements, load.name, quantity) for load in LOADS for quantity in QUANTITIES]

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "errors": {tree.name: errors(self.measurements, tree.name) for tree in self.trees},
            "compared": [asdict(one) for one in self.compared()],
            "trees": {tree.name: tree.title for tree in self.trees},
            "machine": asdict(self.machine),
            "measurements": [asdict(one) for one in self.measurements],
            "seconds_taken": round(self.seconds_taken, 1),
        }


def run_paired(settings: PairedSettings, announce: Announce, advance: Announce) -> PairedReport:
    """Check the revision out, start both servers, measure them in turns.

    Args:
        settings: what to run.
        announce: told what is being prepared.
        advance: told before each measurement which one it is.

    Raises:
        scripts.bench.paired_trees.TreeError: the revision cannot be checked out or would not run by itself.
        scripts.bench.processes.ServerStartError: a server did not start.
        models.runtime.bundle.BundleError: the text bundle cannot be used.

    """
    start = time.monotonic()
    machine = describe_machine()
    announce("checking the revision out")
    with checked_out(settings.revision) as folder:
        trees = (
            Tree(BEFORE, describe_revision(settings.revision), folder, text_bundles(folder)),
            Tree(AFTER, describe_checkout(), REPOSITORY, settings.bundles),
        )
        measurements = _measure(settings, trees, announce, advance)
    return PairedReport(settings, machine, trees, measurements, time.monotonic() - start)


def text_bundles(folder: Path) -> tuple[Path, ...]:
    """The bundles that a tree ships and that score texts: those with a tokenizer."""
    return tuple(sorted(path.parent for path in (folder / "models" / "bundles").glob("*/tokenizer.json")))


def _measure(
    settings: PairedSettings, trees: tuple[Tree, ...], announce: Announce, advance: Announce
) -> tuple[Measurement, ...]:
    rounds = ServeSettings(
        bundle=settings.text_bundle, systems=tuple(tree.system for tree in trees), with_raw=False, scenarios=LOADS,
        repeats=settings.repeats, seconds=settings.seconds, n_workers=settings.n_workers,
        max_minutes=settings.max_minutes,
    )  # fmt: skip
    texts = load_texts()
    announce("scoring the corpus for reference")
    reference = reference_scores(settings.text_bundle, texts)
    with _servers(trees, settings.n_workers, announce) as servers:
        return tuple(run_rounds(Bench(rounds, texts, reference, servers, None), advance))


@contextlib.contextmanager
def _servers(trees: tuple[Tree, ...], n_workers: int, announce: Announce) -> Iterator[dict[str, ServerProcess]]:
    """Both servers, each with a workspace of its own; frozen until their turn."""
    servers: dict[str, ServerProcess] = {}
    with contextlib.ExitStack() as stack:
        for tree in trees:
            announce(f"starting {tree.name}")
            server = servers[tree.name] = launch_tree(tree, stack.enter_context(workspace(*tree.bundles)), n_workers)
            stack.callback(server.stop)
            server.wait_ready(lambda port, tree=tree: is_ready(tree.system, port), START_TIMEOUT_S)  # type: ignore[misc]
            server.settle()
            server.freeze()
        yield servers
