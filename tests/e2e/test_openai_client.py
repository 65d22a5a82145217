"""The unmodified `openai` client, run as its users run it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Server, has_image_bundle

pytestmark = pytest.mark.e2e
SCRIPT = Path(__file__).parent / "openai_client.py"


def test_the_unmodified_client_sends_images(server: Server) -> None:
    if not has_image_bundle():
        pytest.skip("no image bundle is served")
    run = subprocess.run(
        [sys.executable, str(SCRIPT), f"{server.url}/v1", "--images"],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_unmodified_client_works_with_only_its_base_url_changed(server: Server) -> None:
    run = subprocess.run(
        [sys.executable, str(SCRIPT), f"{server.url}/v1"], capture_output=True, text=True, timeout=180, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "works with" in run.stdout
