import numpy as np
import pytest
from sklearn.metrics import f1_score

from models.contracts import CATEGORIES
from models.data.labels import AUXILIARY_LABELS
from models.evaluation.results import Metric
from models.evaluation.tasks import (
    OFFICIAL_TASKS,
    SplitAnswers,
    TaskAnswers,
    TaskRows,
    TaskSpec,
    best_threshold,
    score_task,
    score_tasks,
)

SPEC = TaskSpec("sexist or not", "edos", "aux/sexism", ("aux/sexism", "hate"), Metric.MACRO_F1)


def rows(seed: int, n: int = 200) -> TaskRows:
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.3).astype(np.int8)
    return TaskRows(np.clip(0.3 + 0.3 * labels + rng.normal(0.0, 0.2, size=n), 0.0, 1.0), labels)


def test_the_threshold_is_the_best_one_on_the_validation_rows() -> None:
    fit = rows(0)
    chosen = f1_score(fit.labels, fit.probs >= best_threshold(fit, Metric.MACRO_F1), average="macro")
    assert chosen == pytest.approx(max(f1_score(fit.labels, fit.probs >= t, average="macro") for t in fit.probs))


def test_the_test_is_judged_with_the_threshold_of_the_validation_rows() -> None:
    fit, judged = rows(0), rows(1)
    found = score_task(SPEC, "weir", "hate", fit, judged, seed=0)
    assert found is not None
    expected = f1_score(judged.labels, judged.probs >= best_threshold(fit, Metric.MACRO_F1), average="macro")
    assert found.score.value == pytest.approx(expected)
    assert found.score.low < found.score.value < found.score.high


def test_a_task_can_be_scored_by_the_f1_of_the_positive_class() -> None:
    fit, judged = rows(0), rows(1)
    spec = TaskSpec("hate or not", "davidson", "hate", ("hate",), Metric.F1)
    found = score_task(spec, "weir", "hate", fit, judged, seed=0)
    assert found is not None
    assert found.score.value == pytest.approx(f1_score(judged.labels, judged.probs >= found.threshold))


def test_rows_without_a_label_or_a_score_do_not_count() -> None:
    judged = rows(1)
    judged.labels[:20] = -1
    judged.probs[20:30] = np.nan
    found = score_task(SPEC, "weir", "hate", rows(0), judged, seed=0)
    assert found is not None
    assert found.n_rows == 170


def test_a_test_of_one_class_is_not_scored() -> None:
    one_class = TaskRows(np.array([0.1, 0.9]), np.array([0, 0], dtype=np.int8))
    assert score_task(SPEC, "weir", "hate", rows(0), one_class, seed=0) is None


def answers(seed: int, *outputs: str) -> SplitAnswers:
    known = rows(seed)
    return SplitAnswers({"aux/sexism": known.labels}, {"weir": dict.fromkeys(outputs, known.probs)})


def test_every_output_that_can_answer_is_scored() -> None:
    given = TaskAnswers(answers(0, "aux/sexism", "hate"), answers(1, "aux/sexism", "hate"))
    results, skipped = score_tasks(lambda _: given, [SPEC], seed=0)
    assert [result.output for result in results] == ["aux/sexism", "hate"]
    assert skipped == {}


def test_a_task_that_nobody_can_answer_is_named_with_the_reason() -> None:
    results, skipped = score_tasks(lambda _: TaskAnswers(answers(0), answers(1)), [SPEC], seed=0)
    assert results == ()
    assert skipped["sexist or not"].startswith("no system has an output for it")


def test_a_task_without_rows_is_named_with_the_reason() -> None:
    _, skipped = score_tasks(lambda _: None, [SPEC], seed=0)
    assert skipped["sexist or not"].startswith("no rows of edos")


def test_official_tasks_name_labels_that_the_dataset_has() -> None:
    names = {*CATEGORIES, *AUXILIARY_LABELS}
    assert all({spec.label, *spec.outputs} <= names for spec in OFFICIAL_TASKS)
