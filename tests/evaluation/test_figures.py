from pathlib import Path

import numpy as np

from models.contracts import CATEGORIES
from models.evaluation.arrays import Rows
from models.evaluation.figures import draw_figures
from models.evaluation.suite import evaluate


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def test_every_captioned_figure_is_a_png_file(scorer, question, tmp_path: Path) -> None:
    captions = draw_figures(evaluate(scorer, question, silent), tmp_path)
    assert set(captions) == {"categories.png", "pr-curves.png", "reliability.png", "slices.png"}
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in captions)


def test_the_same_numbers_draw_the_same_bytes(scorer, question, tmp_path: Path) -> None:
    evaluation = evaluate(scorer, question, silent)
    draw_figures(evaluation, tmp_path / "a")
    draw_figures(evaluation, tmp_path / "b")
    names = ("categories.png", "reliability.png")
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in names)


def test_nothing_is_drawn_when_no_category_has_both_classes(scorer, question, tmp_path: Path) -> None:
    rows: Rows = question.rows["test"]
    rows.labels[rows.labels == 1] = 0
    assert draw_figures(evaluate(scorer, question, silent), tmp_path / "figures") == {}
    assert not (tmp_path / "figures").exists()


def test_a_system_that_lacks_a_head_is_drawn_where_it_has_one(scorer, question, tmp_path: Path) -> None:
    evaluation = evaluate(scorer, question, silent)
    probs = np.full((240, len(CATEGORIES)), np.nan)
    probs[:, CATEGORIES.index("hate")] = 0.5
    evaluation.systems["coin"] = probs
    assert "pr-curves.png" in draw_figures(evaluation, tmp_path)
