"""The OpenAPI document: golden, and true: a generated client of it meets no surprise, with a key or without."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.access.keyring import Keyring
from service.access.keys import KeyDraft
from service.access.opening import open_gate
from service.access.principal import Scope
from service.access.store import KeyStore
from service.companions import accompany
from service.engine import Engine, open_engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.http.documents import describe_api
from service.http.management import build_management
from service.http.openapi import build_openapi
from service.http.paths import is_managed
from service.http.routers import build_routers
from service.settings import Settings
from service.wire.limits import Limits
from tests.service.conftest import PATHS, Ask, asker
from tests.service.hashing import loaded_model

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
GOLDEN = Path(__file__).parent / "golden" / "openapi.json"
ADMIN_TOKEN = "the-token-of-these-tests"
MAX_EXAMPLES = 20
BOTH = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def _every_operation() -> list[tuple[str, str]]:
    """Of the whole document, which takes an engine to describe."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        engine = open_engine(_settings(Path(folder)), loaded_model)
        found = [(path, method) for path, method, _ in operations(describe_api(engine))]
        asyncio.run(engine.close())
    return found


def _settings(folder: Path, **more: Any) -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder / 'weir.db'}",
        metrics_dir=folder / "metrics",
        jobs_dir=folder / "jobs",
        max_items=40,
        max_text_chars=2_000,
        **more,
    )


OPERATIONS = _every_operation()


@pytest.fixture(scope="module")
def behind_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, ProductApp, Keyring]]:
    """The whole service, which asks for keys."""
    engine = open_engine(
        _settings(tmp_path_factory.mktemp("keys"), admin_token=ADMIN_TOKEN, require_keys=True), loaded_model
    )
    accompany(engine)
    gate = open_gate(engine)
    product = ProductApp()
    product.management = build_management(gate, build_routers(engine))
    product.api = build_api(engine, gate)
    yield engine, product, gate._ring
    assert asyncio.run(engine.close()) == 0


@pytest.fixture(scope="module")
def document(behind_keys: tuple[Engine, ProductApp, Keyring]) -> dict[str, Any]:
    return describe_api(behind_keys[0])


@pytest.fixture(scope="module")
def schema(behind_keys: tuple[Engine, ProductApp, Keyring]) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", behind_keys[1])


@pytest.fixture(scope="module")
def open_schema(product: ProductApp) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", product)


def test_the_document_is_the_golden_one() -> None:
    document = orjson.dumps(build_openapi(Limits(1_000, 100_000)), option=orjson.OPT_INDENT_2) + b"\n"
    assert document == GOLDEN.read_bytes()


def test_the_served_document_has_the_limits_of_the_deployment(ask: Ask) -> None:
    document = json.loads(ask("GET", "/openapi.json").text)
    assert document["components"]["schemas"]["DecisionsRequest"]["properties"]["items"]["maxItems"] == 40


def test_every_path_is_described_but_the_page_s_own_files() -> None:
    described = {path for path in build_openapi(Limits(1, 1))["paths"] if not path.startswith("/v1/banks")}
    assert described == {path for path in PATHS if not path.startswith("/assets/")} | {
        path for path in described if "{" in path
    }


def test_every_operation_has_its_own_name(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_every_managed_operation_asks_for_a_scope(document: dict[str, Any]) -> None:
    bare = [path for path, _, operation in operations(document) if is_managed(path) and "security" not in operation]
    assert bare == []


def test_every_operation_that_takes_json_says_what_other_bodies_get(document: dict[str, Any]) -> None:
    bare = [
        path
        for path, _, operation in operations(document)
        if "application/json" in operation.get("requestBody", {}).get("content", ())
        and "415" not in operation["responses"]
    ]
    assert bare == []


def test_an_appeal_is_read_with_either_of_two_scopes(document: dict[str, Any]) -> None:
    security = document["paths"]["/v1/appeals/{appeal_id}"]["get"]["security"]
    assert [way["bearerKey"] for way in security if "bearerKey" in way] == [["decide"], ["review"]]


def test_the_api_has_no_route_beyond_those_served_first(product: ProductApp) -> None:
    assert product.api is not None
    assert {path for path in product.api._routes if "{" not in path} == {path for path in PATHS if "{" not in path}


def _modes(method: str, path: str) -> tuple[GenerationMode, ...]:
    """A GET without parameters cannot be wrong."""
    return BOTH if method != "get" or "{" in path else BOTH[:1]


@pytest.mark.parametrize(
    ("path", "method", "mode"), [(path, method, mode) for path, method in OPERATIONS for mode in _modes(method, path)]
)
def test_no_generated_request_meets_an_undocumented_answer(
    schema: schemathesis.BaseSchema, path: str, method: str, mode: GenerationMode
) -> None:
    """With a key that may do everything."""

    @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode))
    @settings(max_examples=_examples(method, path), deadline=None, suppress_health_check=list(HealthCheck))
    def every_answer_is_documented(case: schemathesis.Case) -> None:
        case.headers = {
            name: value for name, value in case.headers.items() if name.lower() not in ("authorization", "x-api-key")
        } | {"authorization": f"Bearer {ADMIN_TOKEN}"}
        case.query.pop("key", None)
        response = case.call()
        assert response.status_code < 500
        assert response.status_code not in (401, 403)
        case.validate_response(response, checks=CHECKS)

    every_answer_is_documented()


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, method in OPERATIONS if not path.startswith("/v1/banks")]
)
def test_an_open_service_answers_as_documented_too(
    open_schema: schemathesis.BaseSchema, path: str, method: str
) -> None:
    """Without keys; banks are closed then."""

    @given(case=open_schema[path][method.upper()].as_strategy())
    @settings(max_examples=min(6, _examples(method, path)), deadline=None, suppress_health_check=list(HealthCheck))
    def every_answer_is_documented(case: schemathesis.Case) -> None:
        response = case.call()
        assert response.status_code < 500
        case.validate_response(response, checks=CHECKS)

    every_answer_is_documented()


def _examples(method: str, path: str) -> int:
    return MAX_EXAMPLES if method != "get" or "{" in path else 3


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_without_a_key_an_operation_is_public_or_401(
    behind_keys: tuple[Engine, ProductApp, Keyring],
    document: dict[str, Any],
    schema: schemathesis.BaseSchema,
    path: str,
    method: str,
) -> None:
    operation = document["paths"][path][method]
    answer = asker("asgi", behind_keys[1])(method.upper(), _filled(path), headers=_json(method), content=_body(method))
    if "security" not in operation:
        assert answer.status_code in (200, 400)
        return
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    envelope = operation["responses"]["401"]["content"]["application/json"]["schema"]["$ref"]
    assert envelope.endswith("ErrorEnvelope")


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_key_with_every_scope_but_the_right_one_is_403(
    behind_keys: tuple[Engine, ProductApp, Keyring], document: dict[str, Any], path: str, method: str
) -> None:
    engine, product, ring = behind_keys
    security = document["paths"][path][method].get("security")
    if security is None:
        return
    enough = {scope for way in security for scope in way.get("bearerKey", ())}
    others = tuple(one for one in Scope if one not in enough)
    token = KeyStore(engine.database).create(KeyDraft(name="others", scopes=others), "test").token
    ring.poll()
    headers = {"x-api-key": token, **_json(method)}
    answer = asker("asgi", product)(method.upper(), _filled(path), headers=headers, content=_body(method))
    assert answer.status_code == 403


def _filled(path: str) -> str:
    """A path with something that fits its parameters well enough to be routed."""
    parts = [("aaaaaaaaaaaa" if part.startswith("{") else part) for part in path.split("/")]
    return "/".join(parts)


def _json(method: str) -> dict[str, str]:
    return {"content-type": "application/json"} if method in ("post", "put", "patch") else {}


def _body(method: str) -> bytes:
    return b"{}" if method in ("post", "put", "patch") else b""
