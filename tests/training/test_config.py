from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.config import TrainingConfig, config_toml, load_config
from models.training.errors import ConfigError

CONFIGS = Path(__file__).parents[2] / "configs"


def written(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["text.toml", "text-smoke.toml"])
def test_the_shipped_configs_are_valid(name: str) -> None:
    assert load_config(CONFIGS / name).name == name.removesuffix(".toml")


def test_an_unknown_key_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"optimiser\.learning_rate: no such key"):
        load_config(written(tmp_path, 'name = "x"\n[optimiser]\nlearning_rate = 1.0'))


def test_an_illegal_value_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"optimiser\.epochs: .*greater than 0"):
        load_config(written(tmp_path, 'name = "x"\n[optimiser]\nepochs = 0'))


def test_shares_of_the_same_draws_are_one_at_most(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at most 1 together"):
        load_config(written(tmp_path, 'name = "x"\n[passages]\nstray_turn_share = 0.6\ncompany_share = 0.5'))


def test_a_file_that_is_not_toml_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_config(written(tmp_path, "name ="))


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "absent.toml")


@given(
    seed=st.integers(0, 2**31),
    lr=st.floats(1e-7, 1.0),
    boosts=st.dictionaries(st.from_regex(r"[a-z_\"' .]{1,12}", fullmatch=True), st.floats(0.1, 10.0), max_size=3),
    limit=st.none() | st.integers(1, 10**6),
)
def test_a_config_survives_being_written_and_read(
    tmp_path_factory: pytest.TempPathFactory, seed: int, lr: float, boosts: dict[str, float], limit: int | None
) -> None:
    config = TrainingConfig.model_validate(
        {"name": "x", "seed": seed, "optimiser": {"lr": lr}, "sampling": {"boosts": boosts, "limit": limit}}
    )
    assert load_config(written(tmp_path_factory.mktemp("config"), config_toml(config))) == config
