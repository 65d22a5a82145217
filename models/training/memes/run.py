"""Run: memes and two bundles in, a joint network and the scores that judge it out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from models.data.images.mirror import image_root
from models.data.memes import Meme, load_memes
from models.evaluation.memes import disagreement
from models.training.config import config_toml
from models.training.fusion import FusionNet, fit_fusion
from models.training.memes.checkpoint import RunFacts, run_scores, save_run
from models.training.memes.config import MemesConfig
from models.training.memes.folds import cross_fitted, training_rows
from models.training.memes.inputs import Embedder
from models.training.memes.material import Material, gather, load_worlds
from models.training.memes.ordinary import Ingredients
from models.training.memes.systems import LINEAR, linear_of, systems
from models.training.memes.words import Reader

CONFIG = "config.toml"


@dataclass(frozen=True)
class Sources:
    """Memes, and what ordinary posts are made of."""

    memes: Sequence[Meme]
    worlds: Sequence[Ingredients]


def open_sources(mirror: Path) -> Sources:
    """What a mirror holds of both.

    Args:
        mirror: a folder with `image` and `text` sets.

    Raises:
        DataError: a set is missing or is another one.

    """
    return Sources(load_memes(image_root(mirror)), load_worlds(mirror))


def train_memes(
    config: MemesConfig, sources: Sources, embedder: Embedder, open_reader: Callable[[], Reader], run_dir: Path
) -> RunFacts:
    """Judge every system on held-out folds, then fit the one that ships to everything.

    Args:
        config: what decides the run.
        sources: of memes and ordinary posts.
        embedder: the two bundles, and where what they said is kept.
        open_reader: of words in pictures; called when some are left to read.
        run_dir: gets `config.toml`, `fusion.safetensors`, `run.json` and `scores.npz`.

    Raises:
        TrainingError: a bundle does not give what is needed.

    """
    torch.set_num_threads(1)
    material = gather(sources.memes, sources.worlds, embedder, open_reader, config.ordinary_a_world, config.seed)
    held_out = cross_fitted(material.memes, material.ordinary, systems(config.fusion), config.seed, embedder.report)
    net = fit_shipped(config, material)
    facts = _facts(config, embedder, material)
    save_run(run_dir, net, facts, run_scores(material, held_out))
    (run_dir / CONFIG).write_text(config_toml(config), encoding="utf-8")
    return facts


def fit_shipped(config: MemesConfig, material: Material) -> FusionNet:
    """The network that ships, fitted to all memes and all ordinary posts."""
    memes, ordinary = material.memes, material.ordinary
    rows = training_rows(memes, np.arange(len(memes.groups)), ordinary, np.arange(len(ordinary.world)))
    chosen = linear_of(config.fusion) if config.ships == LINEAR else config.fusion
    return fit_fusion(rows.inputs, rows.harmful, rows.very_harmful, chosen, config.seed)


def _facts(config: MemesConfig, embedder: Embedder, material: Material) -> RunFacts:
    memes = material.memes
    return RunFacts(
        name=config.name,
        text_bundle=embedder.text.bundle.digest,
        image_bundle=embedder.image.bundle.digest,
        dataset_digest=material.digest,
        ships=config.ships,
        n_memes=len(memes.groups),
        n_harmful=int(memes.harmful.sum()),
        n_groups=len(np.unique(memes.groups)),
        n_ordinary=len(material.ordinary.world),
        label_disagreement=disagreement(memes.harmful, material.twins),
    )
