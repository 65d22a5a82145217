from pathlib import Path

from models.training.history import append_record, draw_curves, read_history, rewind


def written(folder: Path, steps: list[int]) -> Path:
    path = folder / "history.jsonl"
    for step in steps:
        append_record(path, {"step": step, "loss": 1.0 / step, "lr": 0.1})
    return path


def test_records_are_read_back_in_order(tmp_path: Path) -> None:
    assert [record["step"] for record in read_history(written(tmp_path, [1, 2, 3]))] == [1, 2, 3]


def test_a_line_cut_short_by_a_kill_is_ignored(tmp_path: Path) -> None:
    path = written(tmp_path, [1, 2])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "lo')
    assert [record["step"] for record in read_history(path)] == [1, 2]


def test_rewinding_forgets_what_came_after_the_snapshot(tmp_path: Path) -> None:
    path = written(tmp_path, [50, 100, 150])
    rewind(path, 100)
    assert [record["step"] for record in read_history(path)] == [50, 100]


def test_a_run_without_history_has_none(tmp_path: Path) -> None:
    assert read_history(tmp_path / "history.jsonl") == []


def test_curves_are_a_png(tmp_path: Path) -> None:
    look = {"step": 2, "macro_pr_auc": 0.5, "pr_auc": {"hate": 0.4, "spam": 0.6}}
    draw_curves([*read_history(written(tmp_path, [1, 2])), look], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_curves_of_an_empty_history_can_be_drawn(tmp_path: Path) -> None:
    draw_curves([], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 0
