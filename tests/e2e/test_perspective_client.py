"""The unmodified `google-api-python-client`, run as its users run it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Server

pytestmark = pytest.mark.e2e
SCRIPT = Path(__file__).parent / "perspective_client.py"


def test_the_unmodified_client_works_with_only_its_address_changed(server: Server) -> None:
    run = subprocess.run(
        [sys.executable, str(SCRIPT), server.url], capture_output=True, text=True, timeout=180, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "works with" in run.stdout
