"""The generated client: made from the service's own description, and calling a real server."""

import compileall
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import ROOT, Server, find_bundles

pytestmark = pytest.mark.e2e
pytest.importorskip("openapi_python_client")
WEIR = "from scripts.cli import main; main()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated without a server."""
    out = tmp_path_factory.mktemp("client") / "generated"
    run = subprocess.run(
        [sys.executable, "-c", WEIR, "client", "--out", str(out), "--json"],
        cwd=ROOT,
        env={"PATH": "", "WEIR_BUNDLES": str(find_bundles())},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["left_out"] == []
    return out


@pytest.fixture(scope="module")
def package(folder: Path) -> Iterator[Any]:
    """Imports a module of the package by its name."""
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"weir_client.{name}")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "weir_client"]:
        del sys.modules[name]


@pytest.fixture
def client(package: Any, server: Server) -> Iterator[Any]:
    with package("client").Client(base_url=server.url, raise_on_unexpected_status=True) as client:
        yield client


def test_the_document_without_a_server_is_the_served_one(folder: Path, server: Server) -> None:
    served = httpx.get(f"{server.url}/openapi.json", timeout=60).json()
    assert json.loads((folder / "openapi.json").read_text(encoding="utf-8")) == served


def test_every_module_compiles_and_every_operation_has_one(folder: Path) -> None:
    assert compileall.compile_dir(folder / "weir_client", quiet=1, force=True)
    document = json.loads((folder / "openapi.json").read_text(encoding="utf-8"))
    operations = [
        operation for item in document["paths"].values() for method, operation in item.items() if method != "parameters"
    ]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    modules = {path.stem for path in (folder / "weir_client" / "api").glob("*/*.py")} - {"__init__"}
    assert len(modules) == len(operations)


def test_decisions_are_typed(package: Any, client: Any) -> None:
    models = package("models")
    request = models.DecisionsRequest(items=[models.PostedItem(id="a", text="You idiot!"), models.PostedItem(text=" ")])
    answer = package("api.decisions.create_decisions").sync(client=client, body=request)
    decided, failed = answer.results
    assert isinstance(decided, models.DecidedItem)
    assert (decided.content_id, decided.action in set(models.Action)) == ("a", True)
    assert isinstance(failed, models.ItemFailure)
    assert failed.code is models.FailureCode.EMPTY_CONTENT


def test_moderations_are_typed(package: Any, client: Any) -> None:
    models, moderate = package("models"), package("api.moderations.create_moderation")
    answer = moderate.sync(client=client, body=models.ModerationsRequest(input_="What a lovely day."))
    assert answer.results[0].category_scores.harassment_threatening < 0.5
    refused = moderate.sync(client=client, body=models.ModerationsRequest(input_="fine", model="gpt-4o"))
    assert isinstance(refused, models.ErrorEnvelope)
    assert refused.error.code == "model_not_found"


def test_comments_are_typed(package: Any, client: Any) -> None:
    models = package("models")
    request = models.AnalyzeCommentRequest(
        comment=models.TextEntry(text="You idiot!"),
        requested_attributes=models.RequestedAttributes(toxicity=models.AttributeParameters()),
    )
    answer = package("api.comments.analyze_comment").sync(client=client, body=request)
    assert answer.attribute_scores.toxicity.summary_score.value > 0.5


def test_reviews_and_models_are_listed(package: Any, client: Any) -> None:
    assert package("api.models.list_models").sync(client=client).data[0].id.startswith("text-")
    page = package("api.reviews.list_reviews").sync(client=client)
    assert isinstance(page, package("models").ReviewPage)
