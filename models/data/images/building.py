"""Building: mirror -> inspected files -> labelled rows -> groups -> splits -> crops and drawings -> on disk."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from models.data.building import group_name
from models.data.duplicates import Progress, quiet
from models.data.errors import DataError
from models.data.images.card import render_card
from models.data.images.crops import crops
from models.data.images.drawing import Amounts, draw_captions, draw_templates
from models.data.images.families import family, kin, stem
from models.data.images.folds import plan, write_folds
from models.data.images.grouping import Pair, group, near_pairs
from models.data.images.inspection import Broken, Inspected, inspect
from models.data.images.labels import encode
from models.data.images.marking import MARKED_SOURCES, Given, marks, regions
from models.data.images.mirror import LABELS_FILE, MEMES_FILE, Entry, image_root, read_entries
from models.data.images.pictures import Kind, Picture
from models.data.images.problems import find_problems, mask_conflicts
from models.data.images.report import Report, make_report, write_report
from models.data.images.splitting import PictureShares, assign
from models.data.images.store import CARD, REPORT, PlacedPicture, load_pictures, write_pictures
from models.data.splitting import draw


@dataclass(frozen=True, slots=True)
class PictureRecipe:
    """Everything that decides the bytes of a picture set, beside the files of the mirror."""

    seed: int = 0
    shares: PictureShares = field(default_factory=PictureShares)
    amounts: Amounts = field(default_factory=Amounts)


@dataclass(frozen=True, slots=True)
class _Read:
    """The photographs and memes of a mirror, with what was found about them; all lists run in parallel."""

    pictures: list[Picture]
    inspected: list[Inspected]
    broken: list[Broken]
    pairs: list[Pair]


def build_pictures(mirror: Path, out: Path, recipe: PictureRecipe | None = None, progress: Progress = quiet) -> Report:
    """Build the picture set at `out`, replacing what is there only once the new one is complete.

    Raises:
        DataError: the mirror lacks its tables or names an unknown set, or `out` holds something else.

    """
    if out.exists() and not (out / REPORT).is_file():
        raise DataError(f"{out} exists and is not a picture set; choose another folder")
    recipe = recipe or PictureRecipe()
    root = image_root(mirror)
    unfinished = out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    report = _build(root, unfinished, recipe, progress)
    shutil.rmtree(out, ignore_errors=True)
    unfinished.rename(out)
    return report


def _build(root: Path, folder: Path, recipe: PictureRecipe, progress: Progress) -> Report:
    read = _read(root, progress)
    problems = find_problems(read.pictures, read.inspected, read.pairs, read.broken)
    pictures = mask_conflicts(read.pictures, problems.conflicts)
    placed = _place(pictures, read, recipe)
    placed += [row for one in placed for row in _cropped(one, recipe.seed)]
    placed += _drawn(placed, root, folder, recipe, progress)
    progress("writing", 0, 1)
    write_pictures(folder, placed)
    table = load_pictures(folder)
    folds = plan(table)
    write_folds(folder, folds)
    report = make_report(folder, table, folds, problems, _table_digests(root))
    write_report(folder, report)
    (folder / CARD).write_text(render_card(report), encoding="utf-8")
    progress("writing", 1, 1)
    return report


def _read(root: Path, progress: Progress) -> _Read:
    entries = read_entries(root)
    unknown = sorted({entry.source for entry in entries} - MARKED_SOURCES)
    if unknown:
        raise DataError(f"the mirror names picture sets that the registry does not hold: {', '.join(unknown)}")
    found, broken = inspect(root, [entry.path for entry in entries], progress)
    usable = [entry for entry in entries if entry.path in found]
    inspected = [found[entry.path] for entry in usable]
    pictures = [_picture(entry, one) for entry, one in zip(usable, inspected, strict=True)]
    return _Read(pictures, inspected, broken, near_pairs(inspected, progress))


def _picture(entry: Entry, inspected: Inspected) -> Picture:
    part = family(entry.source, entry.original, entry.label)
    given = Given(entry.source, part, entry.label, stem(entry.original), entry.boxes, entry.words)
    labels = marks(given)
    return Picture(
        id=PurePosixPath(entry.path).with_suffix("").as_posix(),
        path=entry.path,
        source=entry.source,
        family=part,
        kind=Kind.MEME if entry.label == "meme" else Kind.PHOTO,
        labels=encode(labels),
        regions=regions(given, labels),
        boxes=entry.boxes,
        width=inspected.width,
        height=inspected.height,
        licence=entry.licence,
        kin=kin(entry.source, entry.original, entry.label),
    )


def _place(pictures: Sequence[Picture], read: _Read, recipe: PictureRecipe) -> list[PlacedPicture]:
    ids = [picture.id for picture in pictures]
    groups = group(len(pictures), read.pairs, [picture.kin for picture in pictures])
    splits = assign([picture.source for picture in pictures], groups, ids, recipe.shares, recipe.seed)
    names: dict[int, str] = {}
    for root, name in zip(groups, ids, strict=True):
        names[root] = min(name, names.get(root, name))
    return [
        PlacedPicture(picture, inspected.digest, split, _group_number(names[root]))
        for picture, inspected, split, root in zip(pictures, read.inspected, splits, groups, strict=True)
    ]


def _group_number(name: str) -> int:
    return group_name(hashlib.sha256(name.encode()).hexdigest())


def _cropped(row: PlacedPicture, seed: int) -> list[PlacedPicture]:
    return [PlacedPicture(crop, row.digest, row.split, row.group) for crop in crops(row.picture, seed)]


def _drawn(
    placed: Sequence[PlacedPicture], root: Path, folder: Path, recipe: PictureRecipe, progress: Progress
) -> list[PlacedPicture]:
    beneath: Mapping[str, PlacedPicture] = {row.picture.id: row for row in placed if row.picture.kind is Kind.PHOTO}
    rows = []
    for drawn in draw_templates(recipe.amounts, folder, recipe.seed, progress):
        name = drawn.picture.id
        split = recipe.shares.split_at(draw(recipe.seed, name))
        rows.append(PlacedPicture(drawn.picture, drawn.digest, split, _group_number(name)))
    photographs = [row.picture for row in beneath.values()]
    for drawn in draw_captions(photographs, recipe.amounts, root, folder, recipe.seed, progress):
        photograph = beneath[str(drawn.photograph)]
        rows.append(PlacedPicture(drawn.picture, drawn.digest, photograph.split, photograph.group))
    return rows


def _table_digests(root: Path) -> dict[str, str]:
    return {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in (LABELS_FILE, MEMES_FILE)}
