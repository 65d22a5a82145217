"""The folders are the dependency graph: importing a package in a fresh process loads nothing it must not know."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HEAVY = {"torch", "transformers", "optimum", "sentence_transformers"}
TABLES = {"pandas", "pyarrow", "sklearn", "matplotlib", "evidently"}
HTTP = {"bentoml", "starlette", "uvicorn", "fastapi", "aiohttp"}
OWN = {"scripts", "service", "monitoring"} | {
    f"models.{name}" for name in ("data", "training", "evaluation", "export", "runtime")
}

FORBIDDEN = {
    "models.contracts": HEAVY | TABLES | HTTP | OWN | {"numpy", "onnxruntime", "sqlalchemy", "yaml"},
    "models.data": HEAVY | HTTP | {"onnxruntime"} | (OWN - {"models.data", "models.runtime"}),
    "models.evaluation": HEAVY | HTTP | (OWN - {"models.evaluation", "models.runtime"}),
    "models.runtime": HEAVY | TABLES | HTTP | {"sqlalchemy"} | (OWN - {"models.runtime"}),
    "monitoring": HEAVY | {"bentoml", "onnxruntime", "fastapi"} | (OWN - {"monitoring"}),
    "service": HEAVY | TABLES | (OWN - {"service", "models.runtime"}),
    "scripts.cli": HEAVY | TABLES | {"onnxruntime", "bentoml"},
}  # fmt: skip

LIST_MODULES = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(getattr(package, "__path__", []), sys.argv[1] + "."):
    if ".alembic" not in module.name and ".migrations" not in module.name:
        importlib.import_module(module.name)
print("\\n".join(sys.modules))
"""


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_loads_nothing_it_must_not_know(package: str) -> None:
    listed = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, package], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    loaded = {
        forbidden
        for forbidden in FORBIDDEN[package]
        if any(module == forbidden or module.startswith(f"{forbidden}.") for module in listed)
    }
    assert loaded == set()


def test_the_top_level_is_the_architecture() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert folders == {"models", "service", "monitoring", "scripts"}
