"""Building: mirror -> clean examples -> groups -> splits -> checked -> on disk, in one pass over memory."""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.data.card import render_card
from models.data.collecting import Dropped, collect
from models.data.contexts import without_foreign_contexts
from models.data.counting import Tally, tally
from models.data.duplicates import Progress, Resemblance, group, quiet
from models.data.errors import DataError
from models.data.examples import Example, Split
from models.data.leaks import check
from models.data.loaders import LOADERS
from models.data.merging import Merged, merge
from models.data.registry import Source, SourceFile
from models.data.rows import Loader, Part
from models.data.splitting import Shares, assign, claims
from models.data.store import CARD, COLUMNS, Placed, write_description, write_examples, write_features

Reader = Callable[[Source, SourceFile], bytes]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the bytes of a dataset, beside the files themselves."""

    sources: tuple[Source, ...]
    exclusions: frozenset[str] | None
    seed: int = 0
    shares: Shares = field(default_factory=Shares)
    resemblance: Resemblance = field(default_factory=Resemblance)
    loaders: Mapping[str, Loader] = field(default_factory=lambda: LOADERS)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A finished dataset in memory and the counts of its card."""

    placed: list[Placed]
    tally: Tally


def assemble(recipe: Recipe, read: Reader, progress: Progress = quiet) -> Dataset:
    """Make the dataset in memory and check it for leaks.

    Raises:
        DataError: a file is missing or changed.
        LeakError: a check failed.

    """
    dropped: dict[str, Counter[Dropped]] = {source.id: Counter() for source in recipe.sources}
    rows, n_rows = _collect_all(recipe, read, dropped, progress)
    official = _official_tests(rows)
    probes, merged = _merge_all(recipe, rows, dropped)
    examples = merged.examples
    groups = group([e.text for e in examples], [_kin(e) for e in examples], recipe.resemblance, progress)
    chronological = frozenset(source.id for source in recipe.sources if source.chronological)
    wanted = claims(examples, chronological, recipe.shares, recipe.seed)
    splits = assign(examples, groups, wanted, recipe.shares, recipe.seed)
    placed = without_foreign_contexts(_place(examples, groups, splits, dropped) + probes)
    check(placed, official, recipe.exclusions or frozenset(), COLUMNS, recipe.resemblance, progress)
    return Dataset(
        placed, tally(placed, recipe.sources, n_rows, dropped, merged.conflicts, _moved(examples, wanted, splits))
    )


def build(recipe: Recipe, read: Reader, out: Path, progress: Progress = quiet) -> Dataset:
    """Assemble the dataset and put it at `out`, replacing what is there only once the new one is complete."""
    if out.exists() and not (out / "dataset.json").is_file():
        raise DataError(f"{out} exists and is not a dataset; choose another folder")
    dataset = assemble(recipe, read, progress)
    unfinished = out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    progress("writing", 0, 2)
    write_examples(unfinished, dataset.placed)
    progress("writing", 1, 2)
    write_features(unfinished, dataset.placed)
    write_description(unfinished, _description(recipe, dataset.tally))
    (unfinished / CARD).write_text(
        render_card(recipe.sources, dataset.tally, exclusions=recipe.exclusions), encoding="utf-8"
    )
    shutil.rmtree(out, ignore_errors=True)
    unfinished.rename(out)
    progress("writing", 2, 2)
    return dataset


def _collect_all(
    recipe: Recipe, read: Reader, dropped: Mapping[str, Counter[Dropped]], progress: Progress
) -> tuple[list[Example], Counter[str]]:
    rows: list[Example] = []
    n_rows: Counter[str] = Counter()
    for done, source in enumerate(recipe.sources):
        progress(f"reading {source.id}", done, len(recipe.sources))
        files = {file.name: read(source, file).decode("utf-8") for file in source.files}
        raw = list(recipe.loaders[source.id](files))
        n_rows[source.id] = len(raw)
        rows += collect(source.id, raw, recipe.exclusions or frozenset(), dropped[source.id])
    return rows, n_rows


def _kin(example: Example) -> str | None:
    return None if example.kin is None else f"{example.source}:{example.kin}"


def _official_tests(rows: Sequence[Example]) -> dict[str, tuple[int, ...]]:
    """Labels of the official test rows whose text is not repeated; a repeated one is settled by its own merge."""
    times = Counter(row.digest for row in rows if row.part is Part.TEST)
    return {row.digest: row.labels for row in rows if row.part is Part.TEST and times[row.digest] == 1}


def _merge_all(
    recipe: Recipe, rows: Sequence[Example], dropped: Mapping[str, Counter[Dropped]]
) -> tuple[list[Placed], Merged]:
    ranks = {source.id: rank for rank, source in enumerate(recipe.sources)}
    merged = merge((row for row in rows if row.part is not Part.PROBE), ranks)
    tested = {example.digest for example in merged.examples if example.part is Part.TEST}
    probes = merge((row for row in rows if row.part is Part.PROBE and row.digest not in tested), ranks)
    probed = {example.digest for example in probes.examples}
    kept = [example for example in merged.examples if example.digest not in probed]
    for example in merged.examples:
        dropped[example.source][Dropped.PROBE] += example.digest in probed
    for source, count in (merged.n_duplicates + probes.n_duplicates).items():
        dropped[source][Dropped.DUPLICATE] += count
    placed = [Placed(example, Split.PROBE, group_name(example.digest)) for example in probes.examples]
    return placed, replace(merged, examples=kept)


def _place(
    examples: Sequence[Example],
    groups: Sequence[int],
    splits: Sequence[Split | None],
    dropped: Mapping[str, Counter[Dropped]],
) -> list[Placed]:
    placed = []
    for example, root, split in zip(examples, groups, splits, strict=True):
        if split is None:
            dropped[example.source][Dropped.LEAK] += 1
        else:
            placed.append(Placed(example, split, group_name(examples[root].digest)))
    return placed


def _moved(examples: Sequence[Example], wanted: Sequence[Split | None], splits: Sequence[Split | None]) -> Counter[str]:
    return Counter(
        example.source
        for example, asked, given in zip(examples, wanted, splits, strict=True)
        if asked is not None and given not in {None, asked}
    )


def group_name(digest: str) -> int:
    """A group's number, in [0, 2**63): from the smallest digest in it, so it does not depend on the other groups."""
    return int(digest[:16], 16) >> 1


def _description(recipe: Recipe, counts: Tally) -> dict[str, object]:
    return {
        "sources": {
            source.id: {"licence": source.licence, "files": [f.sha256 for f in source.files]}
            for source in recipe.sources
        },
        "seed": recipe.seed,
        "n_exclusions": None if recipe.exclusions is None else len(recipe.exclusions),
        "counts": {split.value: sum(by_source.values()) for split, by_source in counts.by_split.items()},
        "counts_by_source": {split.value: dict(by_source) for split, by_source in counts.by_split.items()},
    }
