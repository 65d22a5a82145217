"""`weir client` where only the serving requirements are installed."""

import sys
from pathlib import Path

import pytest

from scripts.client.generation import GenerationError, generate_client


def test_without_the_generator_it_names_the_requirements(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "openapi_python_client", None)
    with pytest.raises(GenerationError, match=r"locks/dev\.txt"):
        generate_client({}, tmp_path)
