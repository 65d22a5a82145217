"""Checkpoint: a fitted joint network, what it stands on, and the held-out scores that judge and calibrate it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.contracts.base import Value
from models.contracts.decision import Sha256
from models.training.errors import CheckpointError
from models.training.fusion import FusionMember, FusionNet, Standardised
from models.training.memes.folds import HeldOutScores
from models.training.memes.material import Material
from models.training.memes.systems import Floats

WEIGHTS = "fusion.safetensors"
FACTS = "run.json"
SCORES = "scores.npz"


class RunFacts(Value):
    """`run.json`: what a run was made of.

    Attributes:
        text_bundle, image_bundle: digests of the bundles that embedded its rows.
        dataset_digest: of pictures, labels and words.
        ships: the system that the network is.
        n_memes, n_harmful, n_groups, n_ordinary: what it was fitted to.
        label_disagreement: share of near-identical pictures whose labels contradict each other.

    """

    name: str
    text_bundle: Sha256
    image_bundle: Sha256
    dataset_digest: Sha256
    ships: str
    n_memes: int
    n_harmful: int
    n_groups: int
    n_ordinary: int
    label_disagreement: float


@dataclass(frozen=True)
class RunScores:
    """`scores.npz`: labels and held-out scores, row by row.

    Attributes:
        harmful, very_harmful, politics, groups, fold: of the memes. *Shape:* `(n,)`.
        text_probs: what the text bundle says of the read words. *Shape:* `(n, n_labels)`.
        read, transcribed, other_subject: as in `HeldOutScores`.
        ordinary: of ordinary posts, by models that saw nothing of their world. *Shape:* `(m,)` each.
        ordinary_news, ordinary_world: as in `OrdinaryRows`. *Shape:* `(m,)`.

    """

    harmful: NDArray[np.bool_]
    very_harmful: NDArray[np.bool_]
    politics: NDArray[np.bool_]
    groups: NDArray[np.int64]
    fold: NDArray[np.int64]
    text_probs: NDArray[np.float32]
    read: Mapping[str, Floats]
    transcribed: Mapping[str, Floats]
    other_subject: Mapping[str, Floats]
    ordinary: Mapping[str, Floats]
    ordinary_news: NDArray[np.bool_]
    ordinary_world: NDArray[np.int64]


_BY_SYSTEM = ("read", "transcribed", "other_subject", "ordinary")


def run_scores(material: Material, held_out: HeldOutScores) -> RunScores:
    """Put scores beside the labels they are of."""
    memes, ordinary = material.memes, material.ordinary
    return RunScores(
        harmful=memes.harmful,
        very_harmful=memes.very_harmful,
        politics=memes.politics,
        groups=memes.groups,
        fold=held_out.fold,
        text_probs=memes.text_probs,
        read=held_out.read,
        transcribed=held_out.transcribed,
        other_subject=held_out.other_subject,
        ordinary=held_out.ordinary,
        ordinary_news=ordinary.news,
        ordinary_world=ordinary.world,
    )


def save_run(folder: Path, net: FusionNet, facts: RunFacts, scores: RunScores) -> None:
    """Write a run's three files."""
    folder.mkdir(parents=True, exist_ok=True)
    weights: dict[str, Tensor] = {name: tensor.contiguous() for name, tensor in net.member.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    (folder / FACTS).write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")
    fields = {name: value for name, value in vars(scores).items() if name not in _BY_SYSTEM}
    columns = {f"{part}/{name}": column for part in _BY_SYSTEM for name, column in getattr(scores, part).items()}
    np.savez(folder / SCORES, **fields, **columns)


def load_net(folder: Path) -> FusionNet:
    """The network of a run.

    Raises:
        CheckpointError: it is not there.

    """
    weights = load_file(_file(folder, WEIGHTS))
    words = Standardised(weights["words.mean"], weights["words.scale"])
    picture = Standardised(weights["picture.mean"], weights["picture.scale"])
    member = FusionMember(words, picture, len(weights["word_factor"]), len(weights["from_words.bias"]))
    member.load_state_dict(weights)
    return FusionNet(member).eval()


def load_facts(folder: Path) -> RunFacts:
    """What a run was made of.

    Raises:
        CheckpointError: it is not there.

    """
    return RunFacts.model_validate_json(_file(folder, FACTS).read_bytes())


def load_scores(folder: Path) -> RunScores:
    """Labels and held-out scores of a run.

    Raises:
        CheckpointError: they are not there.

    """
    with np.load(_file(folder, SCORES)) as stored:
        arrays = dict(stored)
    return RunScores(
        **{name: value for name, value in arrays.items() if "/" not in name},
        read=_by_system(arrays, "read"),
        transcribed=_by_system(arrays, "transcribed"),
        other_subject=_by_system(arrays, "other_subject"),
        ordinary=_by_system(arrays, "ordinary"),
    )


def _by_system(arrays: Mapping[str, Floats], part: str) -> dict[str, Floats]:
    return {name.partition("/")[2]: value for name, value in arrays.items() if name.startswith(f"{part}/")}


def _file(folder: Path, name: str) -> Path:
    file = folder / name
    if not file.is_file():
        raise CheckpointError(f"{file} is not there; train first with `weir train memes`")
    return file
