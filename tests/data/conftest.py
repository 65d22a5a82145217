"""A tiny mirror: two sets without splits, one with official ones, one in time, one of probes."""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from models.contracts import Category
from models.data.building import Recipe
from models.data.digests import exclusion_digest
from models.data.labels import no, yes
from models.data.mirror import Mirror
from models.data.registry import Source, SourceFile
from models.data.rows import Files, Loader, Part, Row

_SYLLABLES = ("ba", "ko", "mi", "ru", "te", "lo", "sa", "ne")


def sentences() -> list[str]:
    """Five hundred and twelve distinct sentences, no two alike."""
    random = Random(7)
    words = [a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES]
    return [" ".join([*random.sample(words, 7), "winter"]) for _ in range(512)]


def tab_loader(files: Files) -> Iterator[Row]:
    """Text, toxicity, official part, time."""
    for line in files["rows.tsv"].splitlines():
        text, toxic, part, when = line.split("\t")
        marks = {} if toxic == "?" else yes(Category.TOXICITY) if toxic == "1" else no(Category.TOXICITY)
        yield Row(text, marks, Part(part) if part else None, order=when or None, timestamp=when or None)


@dataclass(frozen=True)
class Tiny:
    """A mirror in a temporary folder and the recipe that builds it."""

    root: Path
    recipe: Recipe
    texts: list[str]

    @property
    def mirror(self) -> Mirror:
        return Mirror(self.root)


def _source(root: Path, name: str, lines: list[str], *, chronological: bool = False) -> Source:
    content = "\n".join(lines).encode()
    (root / name).mkdir()
    (root / name / "rows.tsv.gz").write_bytes(gzip.compress(content))
    file = SourceFile(
        name="rows.tsv",
        n_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        repo="example/sets",
        commit="0" * 40,
        path=f"{name}/rows.tsv",
    )
    return Source(id=name, folder=name, licence="CC0-1.0", files=(file,), chronological=chronological)


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A mirror that a test may damage."""
    return _make(tmp_path / "mirror")


@pytest.fixture(scope="session")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A mirror that no test changes."""
    return _make(tmp_path_factory.mktemp("data") / "mirror")


def _make(root: Path) -> Tiny:
    root.mkdir()
    lines = sentences()
    free = [f"{text}\t{i % 2}\t\t" for i, text in enumerate(lines[:200])]
    free += [f"{lines[0]}\t1\t\t", "\t0\t\t", f"{lines[511]}\t?\t\t", f"{lines[510]}\t1\t\t"]
    official = [f"{text}\t0\t{'test' if i < 30 else 'train'}\t" for i, text in enumerate(lines[200:300])]
    official += [f"{lines[200].upper()}!\t1\ttrain\t", f"{lines[1]}\t0\ttest\t"]
    timed = [f"{text}\t{i % 2}\t\t2020-01-01T{i // 60:02}:{i % 60:02}:00" for i, text in enumerate(lines[300:400])]
    probes = [f"{text}\t1\tprobe\t" for text in lines[400:420]]
    sources = (
        _source(root, "free", free),
        _source(root, "official", official),
        _source(root, "timed", timed, chronological=True),
        _source(root, "probes", probes),
    )
    excluded = exclusion_digest(lines[510])
    assert excluded is not None
    (root / "exclude.sha256").write_text(f"{excluded}\n")
    loaders: dict[str, Loader] = {source.id: tab_loader for source in sources}
    return Tiny(root, Recipe(sources, frozenset({excluded}), loaders=loaders), lines)
