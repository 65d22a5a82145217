"""Findings: what a run's rounds said about unseen sources, brought together with what is known of those pictures."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import Box, Category, RegionKind
from models.data.images.labels import PICTURE_LABELS, PictureLabel
from models.data.images.pictures import Kind
from models.data.images.store import Pictures
from models.evaluation.pictures.assessment import Assessment, GateSaid, Spoken, assess
from models.evaluation.pictures.figure import draw_unseen
from models.training.vision.baselines import FROZEN, IMAGENET, load_baseline
from models.training.vision.config import VisionConfig
from models.training.vision.finish import GATE_TEST, GATE_UNSEEN
from models.training.vision.layout import boxes_of
from models.training.vision.rounds import Predictions, load_predictions, training_rows

OWN: Final = "weir"
ASSESSMENT: Final = "assessment.json"
FIGURE: Final = "unseen.png"


def assess_run(pictures: Pictures, config: VisionConfig, run_dir: Path) -> Assessment:
    """Assess a run and its baselines from the predictions of its rounds.

    Raises:
        FileNotFoundError: no round has finished, or the run itself has not.

    """
    predictions = load_predictions(run_dir)
    systems: dict[str, NDArray[np.float32]] = {OWN: remembering(config, predictions, run_dir)}
    for name in (FROZEN, IMAGENET):
        logits = load_baseline(run_dir, name)
        if logits is not None:
            systems[name] = logits
    categories = tuple(Category(name) for name in config.labels)
    spoken = spoken_of(pictures, config, predictions)
    unseen, test = (GateSaid(**np.load(run_dir / name)) for name in (GATE_UNSEEN, GATE_TEST))
    found = assess(spoken, systems, predictions.regions, unseen, test, categories, config.seed)
    draw_unseen(spoken, systems, config.labels, run_dir / FIGURE)
    (run_dir / ASSESSMENT).write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return found


def remembering(config: VisionConfig, predictions: Predictions, run_dir: Path) -> NDArray[np.float32]:
    """The rounds' logits with the pretrained log-odds that the shipped model adds.

    Raises:
        FileNotFoundError: the configuration asks for them, and the baselines have not been computed.

    """
    logits = predictions.logits.copy()
    if config.memory:
        odds = load_baseline(run_dir, IMAGENET)
        if odds is None:
            raise FileNotFoundError(f"{run_dir}: run `weir train image-baselines` first; the model adds its log-odds")
        for label, weight in config.memory.items():
            logits[:, config.labels.index(label)] += weight * odds[:, config.labels.index(label)]
    return logits


def spoken_of(pictures: Pictures, config: VisionConfig, predictions: Predictions) -> Spoken:
    """What the set knows of the rows that were spoken about."""
    rows = predictions.rows
    names = (*config.labels, *config.auxiliary_labels)
    columns = [PICTURE_LABELS.index(PictureLabel(name)) for name in names]
    scoring = {one.name for one in config.rounds if one.scores}
    return Spoken(
        rounds=predictions.rounds,
        sources=pictures.sources[rows],
        groups=pictures.groups[rows],
        photographs=pictures.kinds[rows] == Kind.PHOTO,
        for_scores=np.isin(predictions.rounds, list(scoring)),
        labels=pictures.labels[rows][:, columns],
        names=names,
        boxes=boxes_spoken_of(pictures, config, predictions),
    )


def boxes_spoken_of(
    pictures: Pictures, config: VisionConfig, predictions: Predictions
) -> dict[RegionKind, list[list[Box]]]:
    """Labelled places by kind, row for row; none where the round's model was never shown a place of that kind."""
    kinds = [RegionKind(kind) for kind in config.region_kinds]
    all_boxes = [boxes_of(pictures, row, config.region_kinds) for row in range(len(pictures))]
    taught = {
        one.name: {box.kind for row in training_rows(pictures, one) for box in all_boxes[row]} for one in config.rounds
    }
    return {
        kind: [
            [
                Box(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1)
                for box in all_boxes[row]
                if box.kind == position and position in taught[name]
            ]
            for row, name in zip(predictions.rows, predictions.rounds.tolist(), strict=True)
        ]
        for position, kind in enumerate(kinds)
    }
