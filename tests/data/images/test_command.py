import os

import pytest
from typer.testing import CliRunner

from models.data.images.store import load_report
from scripts.commands.data import app

runner = CliRunner()
MIRROR = os.environ.get("WEIR_DATA_MIRROR")


@pytest.fixture(autouse=True)
def without_mirror(monkeypatch):
    monkeypatch.delenv("WEIR_DATA_MIRROR", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def test_a_mirror_without_pictures_is_exit_code_2(tmp_path):
    result = runner.invoke(app, ["build-images", "--mirror", str(tmp_path)])
    assert result.exit_code == 2
    assert "labels.csv" in result.output


def test_the_list_names_every_set_with_who_gave_its_licence():
    result = runner.invoke(app, ["list-images"])
    assert result.exit_code == 0
    assert "plates_romania" in result.output
    assert "CC BY 4.0 (declared)" in result.output


@pytest.mark.slow
def test_the_command_builds_and_shows_its_digest(mirror, tmp_path):
    result = runner.invoke(app, ["build-images", "--mirror", str(mirror), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert str(load_report(tmp_path / "out")["digest"])[:12] in result.output


@pytest.mark.slow
@pytest.mark.mirror
@pytest.mark.skipif(not MIRROR, reason="WEIR_DATA_MIRROR is not set")
def test_the_real_mirror_builds_without_a_broken_file(tmp_path):
    result = runner.invoke(app, ["build-images", "--mirror", str(MIRROR), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert load_report(tmp_path / "out")["problems"]["broken"] == []
