import os
from pathlib import Path

from monitoring.home import Home
from monitoring.retention import purge_drawings

DAY_S = 86_400
NOW_S = 1_800_000_000


def write(path: Path, age_days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}", encoding="utf-8")
    os.utime(path, (NOW_S - age_days * DAY_S,) * 2)
    return path


def purge(home: Home, keep_days: int = 90) -> int:
    return purge_drawings(home, NOW_S * 1_000_000, keep_days)


def test_old_snapshots_and_reports_go_and_newer_ones_stay(tmp_path: Path) -> None:
    home = Home(tmp_path)
    snapshots = home.workspace / "a-project" / "snapshots"
    old = [write(snapshots / "old.json", 91), write(home.reports / "2026-01-01T000000Z" / "report.html", 91)]
    new = [write(snapshots / "new.json", 89), write(home.reports / "2026-03-01T000000Z" / "report.html", 89)]
    assert purge(home) == 2
    assert not any(path.exists() for path in old)
    assert not old[1].parent.exists()
    assert all(path.exists() for path in new)


def test_a_snapshot_whose_writing_was_cut_off_goes_as_well(tmp_path: Path) -> None:
    home = Home(tmp_path)
    draft = write(home.workspace / "a-project" / "snapshots" / "one.4711", 91)
    purge(home)
    assert not draft.exists()


def test_what_people_keep_beside_is_theirs(tmp_path: Path) -> None:
    home = Home(tmp_path)
    named = write(home.reports / "the-incident" / "report.html", 1_000)
    beside = write(home.reports / "2026-01-01T000000Z" / "notes.txt", 1_000)
    write(beside.parent / "report.json", 1_000)
    project = write(home.workspace / "a-project" / "metadata.json", 1_000)
    assert purge(home) == 1
    assert named.exists()
    assert beside.exists()
    assert project.exists()


def test_a_report_behind_a_link_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    elsewhere = write(tmp_path / "elsewhere" / "report.html", 1_000)
    (home.reports / "2026-01-01T000000Z").symlink_to(elsewhere.parent)
    assert purge(home) == 0
    assert elsewhere.exists()


def test_a_home_without_anything_is_fine(tmp_path: Path) -> None:
    assert purge(Home(tmp_path / "nothing")) == 0
