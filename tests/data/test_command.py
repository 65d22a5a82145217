import os

import pytest
from typer.testing import CliRunner

from scripts.commands.data import app

runner = CliRunner()
MIRROR = os.environ.get("WEIR_DATA_MIRROR")


@pytest.fixture(autouse=True)
def without_mirror(monkeypatch):
    monkeypatch.delenv("WEIR_DATA_MIRROR", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def test_no_mirror_and_no_download_is_exit_code_2_and_says_what_to_do():
    result = runner.invoke(app, ["build"])
    assert result.exit_code == 2
    assert "--mirror" in result.output


def test_an_unknown_set_is_exit_code_2(tiny):
    result = runner.invoke(app, ["build", "--mirror", str(tiny.root), "--sources", "nonsense"])
    assert result.exit_code == 2
    assert "nonsense" in result.output


def test_a_mirror_that_lacks_a_set_names_the_file(tiny, tmp_path):
    arguments = ["build", "--mirror", str(tiny.root), "--sources", "ldnoobw", "--out", str(tmp_path / "out")]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 2
    assert "ldnoobw/en" in result.output
    assert not (tmp_path / "out").exists()


def test_list_names_every_set_with_its_licence():
    result = runner.invoke(app, ["list"])
    assert result.exit_code == 0
    assert "spamassassin" in result.output
    assert "CC-BY-SA-3.0" in result.output


@pytest.mark.mirror
@pytest.mark.skipif(not MIRROR, reason="WEIR_DATA_MIRROR is not set")
def test_a_real_set_is_built_from_the_mirror(tmp_path):
    arguments = ["build", "--mirror", str(MIRROR), "--sources", "ldnoobw,sms_spam", "--out", str(tmp_path / "out")]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "| sms_spam |" in (tmp_path / "out" / "CARD.md").read_text()
