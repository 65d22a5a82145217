"""`weir bench drift`: false alarms on days without a shift, and how many posts it takes to find one.

Real posts are scored once; days of five thousand posts with a diurnal rhythm are drawn from them, and monitoring looks
after every hour at the last 1, 6 and 24 hours, as `weir monitor run --every 1h` does.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from monitoring.reference.building import build_reference
from monitoring.reference.reference import Reference
from scripts.bench.drift_days import Draw, Onset, Pool, Stream, make_stream, shuffled
from scripts.bench.drift_looks import WEIR, SlicesWatcher, Watcher, WeirWatcher, baselines, drift_rules
from scripts.bench.drift_pool import Decider, open_decider, regress, score_texts
from scripts.bench.drift_results import DriftReport, QuietDay, ShiftedRun
from scripts.bench.machine import describe_machine
from scripts.demo.posts import Post, Posts, load_posts
from scripts.demo.rhythm import HOURS
from scripts.demo.shifts import BY_NAME, ShiftName, prepare

SECTION: Final = "weir bench drift"
REFERENCE_DAYS: Final = 4
"""Days that the reference is built from: twenty thousand posts."""
CHAIN_DAYS: Final = 5
"""Quiet days in a row that share a reference; the next ones have one of their own, of other posts."""
MIXED_CHAIN_DAYS: Final = 3
"""The same of mixed days, which leave posts out."""
LEAD_LOOKS: Final = 3
"""Looks before the onset of a shift, so that hysteresis has something to go by."""
MIX_SPREAD: Final = 0.1
"""Standard deviation of the logarithm of a surface's share from day to day on mixed days."""
VARIANTS: Final[Mapping[ShiftName, int]] = {ShiftName.LANGUAGE_CHANGE: 6, ShiftName.SPAM_FLOOD: 6}
"""How often what is chosen once a shift is chosen anew: languages, campaigns. Once for all other shifts."""
VARIANT_POSTS: Final = 800
SHIFTED_POSTS: Final = 4_000
"""Changed posts that are scored a shift, where it has one variant."""

Report = Callable[[str, int, int], None]
"""Told a stage, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class DriftSettings:
    """A run.

    Attributes:
        days: quiet days.
        mixed_days: quiet days on which the mixture varies.
        baseline_days: quiet days on which the other methods look too.
        slice_days: quiet days on which slices by tenant, surface and language are looked at, too.
        seeds: runs a shift.
        baseline_seeds: of the runs, those in which the other methods look too.
        names: shifts.

    """

    bundle: Path
    data: Path
    cache: Path
    days: int = 200
    mixed_days: int = 60
    baseline_days: int = 20
    seeds: int = 20
    baseline_seeds: int = 10
    processes: int = 2
    slice_days: int = 60
    posts_a_day: int = 5_000
    names: tuple[ShiftName, ...] = tuple(ShiftName)


@dataclass(frozen=True)
class Site:
    """What a run draws from.

    Attributes:
        shifted: pools of a shift, one a variant.

    """

    settings: DriftSettings
    posts: Posts
    pool: Pool
    shifted: Mapping[ShiftName, Sequence[Pool]] = field(default_factory=dict)

    @property
    def is_reused(self) -> bool:
        """There are too few posts for a reference and days without any in common."""
        return len(self.pool) < self.settings.posts_a_day * (REFERENCE_DAYS + CHAIN_DAYS + 1)


@dataclass(frozen=True)
class Task:
    """What one process does at a time: a chain of quiet days, or a run of a shift."""

    seed: int
    n_days: int = 0
    is_mixed: bool = False
    with_baselines: bool = False
    with_slices: bool = False
    shift: ShiftName | None = None


def run_drift(settings: DriftSettings, report: Report) -> DriftReport:
    """Measure everything.

    Args:
        settings: the run.
        report: told how far each stage is.

    """
    began, machine = time.perf_counter(), describe_machine()
    site = make_site(settings, report)
    quiet: list[QuietDay] = []
    mixed: list[QuietDay] = []
    runs: list[ShiftedRun] = []
    tasks = list(plan(settings))
    report("simulated days and shifts", 0, len(tasks))
    for n_done, (task, found) in enumerate(_run_all(site, tasks), start=1):
        if isinstance(found, ShiftedRun):
            runs.append(found)
        else:
            (mixed if task.is_mixed else quiet).extend(found)
        report("simulated days and shifts", n_done, len(tasks))
    return DriftReport(
        machine, site.posts.origin, len(site.pool), site.is_reused, settings.posts_a_day, quiet, mixed, runs,
        time.perf_counter() - began,
    )  # fmt: skip


def make_site(settings: DriftSettings, report: Report) -> Site:
    """Score everything that days are drawn from; what an earlier run scored is read."""
    posts, decider = load_posts(settings.data), open_decider(settings.bundle)
    pool = _scored(decider, posts.ordinary, settings.cache, report, "scoring posts")
    shifted = {
        name: [
            _shifted(decider, posts, name, variant, settings.cache, report) for variant in range(VARIANTS.get(name, 1))
        ]
        for name in settings.names
    }
    return Site(settings, posts, pool, shifted)


def _scored(
    decider: Decider, posts: Sequence[Post], cache: Path, report: Report, stage: str, *, regressed: bool = False
) -> Pool:
    done = [0]

    def advance(n: int) -> None:
        done[0] += n
        report(stage, done[0], len(posts))

    outputs = score_texts(decider.classifier, [post.text for post in posts], cache, advance)
    return decider.pool(posts, regress(outputs, 0) if regressed else outputs, 0)


def _shifted(decider: Decider, posts: Posts, name: ShiftName, variant: int, cache: Path, report: Report) -> Pool:
    """Posts as they are under the shift."""
    if name is ShiftName.MODEL_REGRESSION:
        return _scored(decider, posts.ordinary, cache, report, f"scoring {BY_NAME[name].title}", regressed=True)
    chance = random.Random(f"{name}/{variant}/posts")
    may = [post for post in posts.ordinary if post.is_harmful or not BY_NAME[name].is_harmful_only]
    wanted = VARIANT_POSTS if name in VARIANTS else SHIFTED_POSTS
    change = prepare(name, posts, variant)
    changed = [change(post, chance) for post in chance.sample(may, min(wanted, len(may)))]
    return _scored(decider, changed, cache, report, f"scoring {BY_NAME[name].title}")


def plan(settings: DriftSettings) -> Iterator[Task]:
    """All tasks, the longest first."""
    for seed, start in enumerate(range(0, settings.days, CHAIN_DAYS)):
        n_days = min(CHAIN_DAYS, settings.days - start)
        with_baselines, with_slices = start < settings.baseline_days, start < settings.slice_days
        yield Task(seed, n_days, with_baselines=with_baselines, with_slices=with_slices)
    for seed, start in enumerate(range(0, settings.mixed_days, MIXED_CHAIN_DAYS)):
        yield Task(seed, min(MIXED_CHAIN_DAYS, settings.mixed_days - start), is_mixed=True)
    for name in settings.names:
        for seed in range(settings.seeds):
            yield Task(seed, with_baselines=seed < settings.baseline_seeds, shift=name)


_SITE: list[Site] = []
"""What forked processes share; set just before they are."""


def _run_all(site: Site, tasks: Sequence[Task]) -> Iterator[tuple[Task, ShiftedRun | list[QuietDay]]]:
    _SITE[:] = [site]
    if site.settings.processes == 1:
        yield from map(_run, tasks)
        return
    with multiprocessing.get_context("fork").Pool(site.settings.processes) as workers:
        yield from workers.imap_unordered(_run, tasks)
        workers.close()  # they end by themselves: to terminate those that wait for work can wait for ever
        workers.join()


def _run(task: Task) -> tuple[Task, ShiftedRun | list[QuietDay]]:
    site = _SITE[0]
    return task, (quiet_days(site, task) if task.shift is None else shifted_run(site, task, task.shift))


def _rng(task: Task) -> np.random.Generator:
    return np.random.default_rng([task.seed, task.is_mixed, *str(task.shift).encode()])


def _reference(site: Site, draw: Draw, rng: np.random.Generator, *, is_mixed: bool = False) -> Reference:
    stream = _stream(site, draw, REFERENCE_DAYS, rng, is_mixed=is_mixed)
    window = stream.window(0, REFERENCE_DAYS * HOURS)
    digest, name = next(iter(window.bundles.items()))
    return build_reference(window, digest, name, "simulated")


def _stream(site: Site, draw: Draw, n_days: int, rng: np.random.Generator, *, is_mixed: bool) -> Stream:
    return make_stream(draw, n_days, site.settings.posts_a_day, rng, mix_spread=MIX_SPREAD if is_mixed else 0.0)


def quiet_days(site: Site, task: Task) -> list[QuietDay]:
    """Look at days without a shift, after a day that only fills the windows."""
    rng = _rng(task)
    draw = shuffled(site.pool, rng)
    reference = _reference(site, draw, rng, is_mixed=task.is_mixed)
    stream = _stream(site, draw, task.n_days + 1, rng, is_mixed=task.is_mixed)
    weir = WeirWatcher(reference, drift_rules())
    watchers: list[Watcher] = [weir, *(baselines(reference.window) if task.with_baselines else [])]
    if task.with_slices:
        watchers.append(SlicesWatcher(reference, weir.detector))
    return [_quiet_day(stream, day, weir, watchers) for day in range(1, task.n_days + 1)]


def _quiet_day(stream: Stream, day: int, weir: WeirWatcher, watchers: Iterable[Watcher]) -> QuietDay:
    before = weir.n_undetermined
    opened: dict[str, set[str]] = {watcher.name: set() for watcher in watchers}
    for at_h in range(day * HOURS + 1, (day + 1) * HOURS + 1):
        windows = stream.windows(at_h)
        for watcher in watchers:
            opened[watcher.name] |= {watcher.look(windows)} - {""}
    return QuietDay({name: ", ".join(sorted(found)) for name, found in opened.items()}, weir.n_undetermined - before)


def shifted_run(site: Site, task: Task, name: ShiftName) -> ShiftedRun:
    """A usual day, a shift at a random moment of the next, and looks until every method found it or a day is over."""
    rng = _rng(task)
    draw = shuffled(site.pool, rng)
    reference = _reference(site, draw, rng)
    shift, pools = BY_NAME[name], site.shifted[name]
    onset = Onset(HOURS * (1 + rng.random()), shift.share, shift.is_harmful_only, pools[task.seed % len(pools)])
    stream = make_stream(draw, 3, site.settings.posts_a_day, rng, onset)
    weir = WeirWatcher(reference, drift_rules())
    watchers: list[Watcher] = [weir, *(baselines(reference.window) if task.with_baselines else [])]
    first = int(onset.at_h) + 1
    before = range(first - LEAD_LOOKS, first)
    early = {watcher.name for at_h in before for watcher in watchers if watcher.look(stream.windows(at_h))}
    found, by = _until_found(stream, onset.at_h, watchers)
    return ShiftedRun(name, task.seed, tuple(watcher.name for watcher in watchers), found, by, tuple(sorted(early)))


def _until_found(stream: Stream, onset_h: float, watchers: Sequence[Watcher]) -> tuple[dict[str, int], str]:
    """Posts from the onset to each method's alarm, and what opened Weir's."""
    found: dict[str, int] = {}
    by = ""
    first = int(onset_h) + 1
    for at_h in range(first, first + HOURS):
        windows = stream.windows(at_h)
        for watcher in [one for one in watchers if one.name not in found]:
            if said := watcher.look(windows):
                found[watcher.name] = stream.n_posts_between(onset_h, at_h)
                by = said if watcher.name == WEIR else by
        if len(found) == len(watchers):
            break
    return found, by
