from pathlib import Path

import pytest

from models.evaluation.memes import AVERAGE, STACKED, SUBJECT
from models.training.errors import CheckpointError
from models.training.memes.checkpoint import RunFacts, run_scores, save_run
from models.training.memes.config import MemesConfig, load_memes_config
from models.training.memes.folds import cross_fitted
from models.training.memes.judgement import TEXT_BUNDLE, judge
from models.training.memes.material import Material
from models.training.memes.run import fit_shipped
from models.training.memes.systems import EARLY, PICTURE, WORDS, systems
from tests.training.memes.conftest import TINY


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


@pytest.fixture(scope="module")
def run(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "memes"
    held_out = cross_fitted(material.memes, material.ordinary, systems(TINY), 0, silent)
    facts = RunFacts(
        name="tiny",
        text_bundle="1" * 64,
        image_bundle="2" * 64,
        dataset_digest=material.digest,
        ships=EARLY,
        n_memes=240,
        n_harmful=100,
        n_groups=120,
        n_ordinary=40,
        label_disagreement=0.25,
    )
    net = fit_shipped(MemesConfig(name="tiny", fusion=TINY.model_copy(update={"steps": 1})), material)
    save_run(folder, net, facts, run_scores(material, held_out))
    return folder


def test_early_fusion_is_judged_beside_every_simpler_system(run: Path) -> None:
    report = judge(run, seed=0, n_resamples=20)
    assert {SUBJECT, TEXT_BUNDLE, WORDS, PICTURE, AVERAGE, STACKED, EARLY} <= set(report.read.systems)


def test_joint_meaning_leads_where_there_is_some(run: Path) -> None:
    lead = judge(run, seed=0, n_resamples=100).read.systems[AVERAGE].auc_lead
    assert lead is not None
    assert lead.low > 0.0


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="weir train memes"):
        judge(tmp_path, seed=0)


def test_the_shipped_configuration_is_valid() -> None:
    assert load_memes_config(Path(__file__).parents[3] / "configs" / "memes.toml").name == "memes"
