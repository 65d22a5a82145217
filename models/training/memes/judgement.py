"""Judgement: a run's held-out scores laid beside those of simpler systems."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models.evaluation.meme_report import MemeReport
from models.evaluation.memes import (
    AVERAGE,
    N_RESAMPLES,
    STACKED,
    SUBJECT,
    MemeScores,
    compare_systems,
    late_average,
    late_stacked,
)
from models.training.memes.checkpoint import RunScores, load_facts, load_scores
from models.training.memes.systems import EARLY, PICTURE, WORDS, Floats

TEXT_BUNDLE = "text bundle, highest score"


def judge(run: Path, seed: int, n_resamples: int = N_RESAMPLES) -> MemeReport:
    """Compare early fusion with every other system.

    Args:
        run: a folder that `train_memes` wrote.
        seed: of the resamples.
        n_resamples: how many.

    Raises:
        CheckpointError: the run is incomplete.

    """
    scores, facts = load_scores(run), load_facts(run)
    unlearnt = {SUBJECT: scores.politics.astype(np.float64), TEXT_BUNDLE: scores.text_probs.max(axis=1).astype(float)}
    read = unlearnt | with_late_fusion(scores.read, scores)
    return MemeReport(
        read=compare_systems(_scores(scores, read), EARLY, seed, n_resamples),
        transcribed=compare_systems(
            _scores(scores, with_late_fusion(scores.transcribed, scores)), EARLY, seed, n_resamples
        ),
        other_subject=compare_systems(
            _scores(scores, with_late_average(scores.other_subject)), EARLY, seed, n_resamples
        ),
        label_disagreement=facts.label_disagreement,
    )


def with_late_fusion(columns: Mapping[str, Floats], scores: RunScores) -> dict[str, Floats]:
    """The fitted systems, and both kinds of late fusion of words alone and the picture alone."""
    stacked = late_stacked(columns[WORDS], columns[PICTURE], scores.harmful, scores.fold)
    return with_late_average(columns) | {STACKED: stacked}


def with_late_average(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """The fitted systems, and the kind of late fusion that learns nothing."""
    return {**columns, AVERAGE: late_average(columns[WORDS], columns[PICTURE])}


def _scores(scores: RunScores, systems: Mapping[str, Floats]) -> MemeScores:
    return MemeScores(scores.harmful, scores.politics, scores.groups, scores.fold, systems)
