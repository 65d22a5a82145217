from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.data.memes import Meme, Part
from models.runtime.bundle import load_image_bundle, load_text_bundle
from models.runtime.classifier import open_classifier
from models.runtime.vision.classifier import open_image_classifier
from models.runtime.vision.reading import ReadText
from models.training.memes.checkpoint import RunFacts, RunScores, load_facts, load_net, load_scores
from models.training.memes.config import MemesConfig
from models.training.memes.inputs import Embedder
from models.training.memes.ordinary import Ingredients
from models.training.memes.run import Sources, train_memes
from models.training.memes.words import Frame
from tests.runtime.conftest import HIDDEN
from tests.runtime.conftest import write_bundle as write_text_bundle
from tests.runtime.vision.test_classifier import N_FEATURES
from tests.runtime.vision.test_classifier import write_bundle as write_image_bundle
from tests.training.memes.conftest import TINY

N_MEMES = 30
CONFIG = MemesConfig(
    name="tiny",
    ordinary_a_world=10,
    fusion=TINY.model_copy(update={"steps": 3}),
)


class Blind:
    """Finds no words in dark pictures, and the same in all others."""

    def read(self, frames: Sequence[Frame]) -> list[ReadText]:
        return [ReadText("a b c" if frame.mean() > 100 else "", ()) for frame in frames]


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


def write_memes(folder: Path) -> list[Meme]:
    random = np.random.default_rng(0)
    memes = []
    for index in range(N_MEMES):
        path = folder / f"{index}.png"
        shade = random.integers(0, 200)
        pixels = random.integers(shade, shade + 55, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        is_harmful = index % 3 == 0
        words = f"meme number {index} says {'vote' if index % 2 else 'cat'} {index * 7}"
        memes.append(Meme(path, words, is_harmful, is_harmful and index % 2 == 0, Part.TRAIN))
    return memes


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    folder = tmp_path_factory.mktemp("bundles")
    return Embedder(
        text=open_classifier(load_text_bundle(write_text_bundle(folder / "text"))),
        image=open_image_classifier(load_image_bundle(write_image_bundle(folder / "image"))),
        cache_dir=folder / "cache",
        report=silent,
    )


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    memes = write_memes(tmp_path_factory.mktemp("memes"))
    paths = [meme.path for meme in memes]
    return Sources(memes, [Ingredients(paths[:2], ["late train home"]), Ingredients(paths[2:4], ["hello out there"])])


@pytest.fixture(scope="module")
def run(embedder: Embedder, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "memes"
    train_memes(CONFIG, sources, embedder, Blind, folder)
    return folder


@pytest.fixture
def facts(run: Path) -> RunFacts:
    return load_facts(run)


@pytest.fixture
def scores(run: Path) -> RunScores:
    return load_scores(run)


def test_a_run_names_the_bundles_it_stands_on(facts: RunFacts, embedder: Embedder) -> None:
    digests = (embedder.text.bundle.digest, embedder.image.bundle.digest)
    assert (facts.text_bundle, facts.image_bundle) == digests


def test_a_run_counts_its_rows(facts: RunFacts) -> None:
    assert (facts.n_memes, facts.n_harmful, facts.n_ordinary) == (N_MEMES, 10, 20)


def test_the_network_has_the_sizes_of_the_bundles(run: Path) -> None:
    net = load_net(run)
    assert (len(net.member.words.mean), len(net.member.picture.mean)) == (HIDDEN, N_FEATURES)


def test_every_meme_and_every_ordinary_post_has_a_score(scores: RunScores) -> None:
    assert {len(column) for column in (*scores.read.values(), *scores.transcribed.values())} == {N_MEMES}
    assert {len(column) for column in scores.ordinary.values()} == {20}


def test_scores_are_read_back_as_numbers(scores: RunScores) -> None:
    columns = [*scores.read.values(), *scores.other_subject.values(), *scores.ordinary.values()]
    assert all(np.isfinite(column).all() for column in columns)


def test_the_same_configuration_gives_the_same_run(
    run: Path, embedder: Embedder, sources: Sources, tmp_path: Path
) -> None:
    again = train_memes(CONFIG, sources, embedder, Blind, tmp_path / "again")
    assert again == load_facts(run)
    assert (tmp_path / "again" / "fusion.safetensors").read_bytes() == (run / "fusion.safetensors").read_bytes()


def test_the_configuration_lies_beside_the_run(run: Path) -> None:
    assert "steps = 3" in (run / "config.toml").read_text(encoding="utf-8")
