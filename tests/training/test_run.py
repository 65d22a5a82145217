import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from shutil import copytree

import pytest
import torch
from safetensors.torch import load_file

from models.contracts import Category
from models.training.checkpoint import load_classifier
from models.training.config import Precision, TrainingConfig, config_toml, load_config
from models.training.errors import CheckpointError, ConfigError
from models.training.history import read_history
from models.training.resume import RESUME
from models.training.run import train_text
from models.training.trainer import Outcome, Progress

ROOT = Path(__file__).parents[2]

RUN = """
import sys, time
from pathlib import Path
from models.training.config import load_config
from models.training.run import train_text
slow = float(sys.argv[4])
train_text(load_config(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3]), lambda _: time.sleep(slow))
"""


def train(
    config: TrainingConfig, data_dir: Path, run_dir: Path, *, fresh: bool = False
) -> tuple[Outcome, list[Progress]]:
    reports: list[Progress] = []
    return train_text(config, data_dir, run_dir, reports.append, fresh=fresh), reports


def with_(config: TrainingConfig, table: str, **changes: object) -> TrainingConfig:
    return config.model_copy(update={table: getattr(config, table).model_copy(update=changes)})


Finished = tuple[Path, Outcome, list[Progress]]


@pytest.fixture(scope="module")
def finished(tiny_config: TrainingConfig, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run that nothing interrupted. Tests that go on with it work on a copy."""
    run_dir = tmp_path_factory.mktemp("finished") / "run"
    return (run_dir, *train(tiny_config, data_dir, run_dir))


def test_training_learns_the_labels_of_both_sets(finished: Finished) -> None:
    _, outcome, reports = finished
    assert outcome.best_macro_pr_auc > 0.95
    assert reports[-1].loss < reports[0].loss


def test_a_run_leaves_everything_that_traces_it(finished: Finished, tiny_config: TrainingConfig) -> None:
    run_dir = finished[0]
    assert {path.name for path in run_dir.iterdir()} == {"best", "config.toml", "curves.png", "history.jsonl", RESUME}
    assert load_config(run_dir / "config.toml") == tiny_config


def test_the_best_checkpoint_has_the_heads_of_the_data(finished: Finished) -> None:
    assert load_classifier(finished[1].best).labels == (Category.HARASSMENT, Category.SPAM)


def test_a_finished_run_has_nothing_left_to_do(
    finished: Finished, tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path
) -> None:
    copytree(finished[0], tmp_path / "run")
    _, reports = train(tiny_config, data_dir, tmp_path / "run")
    assert reports == []


def test_another_configuration_does_not_go_on_with_a_run(
    finished: Finished, tiny_config: TrainingConfig, data_dir: Path
) -> None:
    with pytest.raises(CheckpointError, match="--fresh"):
        train(with_(tiny_config, "optimiser", lr=1e-5), data_dir, finished[0])


def test_a_fresh_start_forgets_the_run_before(
    finished: Finished, tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path
) -> None:
    copytree(finished[0], tmp_path / "run")
    _, reports = train(with_(tiny_config, "optimiser", epochs=1), data_dir, tmp_path / "run", fresh=True)
    assert reports[0].step == 1


def test_a_run_that_gets_no_better_stops_early(tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path) -> None:
    stuck = with_(tiny_config, "optimiser", lr=1e-12, head_lr=1e-12, average_decay=0.0)
    outcome, _ = train(with_(stuck, "validation", patience=2), data_dir, tmp_path / "run")
    assert outcome.stopped_early
    assert outcome.steps == 15


@pytest.mark.parametrize("kind", ["bce", "focal"])
def test_either_loss_learns_in_bfloat16_on_two_threads(
    tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path, kind: str
) -> None:
    config = with_(tiny_config, "loss", kind=kind).model_copy(update={"precision": Precision.BFLOAT16, "threads": 2})
    outcome, _ = train(config, data_dir, tmp_path / "run")
    assert outcome.best_macro_pr_auc > 0.95


def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(
    finished: Finished, tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path
) -> None:
    run_dir, config = tmp_path / "killed", tmp_path / "killed.toml"
    config.write_text(config_toml(tiny_config), encoding="utf-8")
    command = [sys.executable, "-c", RUN, str(config), str(data_dir), str(run_dir)]
    process = subprocess.Popen([*command, "0.1"], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"})
    wait_for(run_dir / RESUME, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert last_step(run_dir) < finished[1].steps
    _, reports = train(tiny_config, data_dir, run_dir)
    assert 1 < reports[0].step <= finished[1].steps
    whole, resumed = (load_file(folder / "best" / "model.safetensors") for folder in (finished[0], run_dir))
    assert all((whole[name] - resumed[name]).abs().max() < 1e-5 for name in whole)
    assert steps_of(run_dir) == steps_of(finished[0])


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the file is there; a process that ends before is a failure."""
    while not path.is_file():
        assert process.poll() is None
        time.sleep(0.02)


def last_step(run_dir: Path) -> int:
    return max((record["step"] for record in read_history(run_dir / "history.jsonl")), default=0)


def steps_of(run_dir: Path) -> list[int]:
    return [record["step"] for record in read_history(run_dir / "history.jsonl")]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_training_runs_on_a_cuda_device(tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path) -> None:
    config = tiny_config.model_copy(update={"device": "cuda", "precision": Precision.BFLOAT16})
    outcome, _ = train(config, data_dir, tmp_path / "run")
    assert outcome.best_macro_pr_auc > 0.95


def test_a_run_can_keep_its_last_weights(tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path) -> None:
    kept = [
        train(with_(tiny_config, "validation", keep=keep, every_steps=3), data_dir, tmp_path / keep)[0].best
        for keep in ("best", "last")
    ]
    best, last = (load_file(folder / "model.safetensors") for folder in kept)
    looks = [one for one in read_history(tmp_path / "last" / "history.jsonl") if "best" in one]
    assert any(not torch.equal(best[name], last[name]) for name in best) or looks[-1]["best"]


def test_company_that_no_row_keeps_is_an_error(tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path) -> None:
    lonely = with_(tiny_config, "passages", company_share=0.5, company=("nobody",))
    with pytest.raises(ConfigError, match="no training row is of nobody"):
        train(lonely, data_dir, tmp_path / "run")
