"""Labels of a deployment as one more set of a data set."""

import json
from pathlib import Path

import pytest

from models.data.building import Recipe, build
from models.data.deployment import SOURCE_ID, reviewed_source
from models.data.errors import DataError
from models.data.examples import Split
from models.data.loaders.reviewed import reviewed
from models.data.origin import Origin
from models.data.store import load_split

_READ = Origin(None, None).read


def labels(path: Path, n: int = 60) -> Path:
    """What `weir labels export` writes of so many decisions, a minute apart."""
    lines = [
        {
            "text": f"reviewed text number {at * 7919} about thing {at * 31}",
            "labels": {"hate": at % 2},
            "weight": 1.0,
            "timestamp": f"2026-01-01T00:{at:02d}:00+00:00",
        }
        for at in range(n)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    return path


def test_reviewed_labels_are_a_set_of_a_data_set_split_by_time(tmp_path: Path) -> None:
    source = reviewed_source(labels(tmp_path / "labels.jsonl"))
    out = tmp_path / "data"
    build(Recipe((source,), None, loaders={SOURCE_ID: reviewed}), _READ, out)
    train, test = (load_split(out, split, [SOURCE_ID]) for split in (Split.TRAIN, Split.TEST))
    assert len(train) > len(test) > 0
    assert set(train.sources) == {SOURCE_ID}


def test_where_the_file_lay_is_not_written_into_the_data_set(tmp_path: Path) -> None:
    source = reviewed_source(labels(tmp_path / "labels.jsonl"))
    out = tmp_path / "data"
    build(Recipe((source,), None, loaders={SOURCE_ID: reviewed}), _READ, out)
    assert str(tmp_path) not in (out / "dataset.json").read_text() + (out / "CARD.md").read_text()


def test_a_line_that_is_no_example_is_named(tmp_path: Path) -> None:
    path = labels(tmp_path / "labels.jsonl", 2)
    path.write_text(path.read_text() + "{}\n")
    with pytest.raises(DataError, match=":3: not an example"):
        reviewed_source(path)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="weir labels export"):
        reviewed_source(tmp_path / "labels.jsonl")
