"""The OpenAPI document: golden, and true: a generated client of it meets no surprise."""

import json
from pathlib import Path

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

from service.http.asgi import ProductApp
from service.http.openapi import build_openapi
from service.wire.limits import Limits
from tests.service.conftest import PATHS, Ask

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
GOLDEN = Path(__file__).parent / "golden" / "openapi.json"


def test_the_document_is_the_golden_one() -> None:
    document = orjson.dumps(build_openapi(Limits(1_000, 100_000)), option=orjson.OPT_INDENT_2) + b"\n"
    assert document == GOLDEN.read_bytes()


def test_the_served_document_has_the_limits_of_the_deployment(ask: Ask) -> None:
    document = json.loads(ask("GET", "/openapi.json").text)
    assert document["components"]["schemas"]["DecisionsRequest"]["properties"]["items"]["maxItems"] == 40


def test_every_path_is_described_but_the_page_s_own_files() -> None:
    described = {path for path in build_openapi(Limits(1, 1))["paths"] if not path.startswith("/v1/banks")}
    assert described == {path for path in PATHS if not path.startswith("/assets/")}


@pytest.fixture(scope="module")
def schema(product: ProductApp) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", product)


BOTH = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
OPERATIONS = [
    (path, method.upper(), mode)
    for path, item in build_openapi(Limits(1, 1))["paths"].items()
    if not path.startswith("/v1/banks")  # their own tests ask them, with a token
    for method in item
    for mode in (BOTH if method == "post" else BOTH[:1])  # a GET without parameters cannot be wrong
]


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_no_generated_request_meets_an_undocumented_answer(
    schema: schemathesis.BaseSchema, path: str, method: str, mode: GenerationMode
) -> None:
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=30 if method == "POST" else 1, deadline=None, suppress_health_check=list(HealthCheck))
    def every_answer_is_documented(case: schemathesis.Case) -> None:
        response = case.call()
        assert response.status_code < 500
        case.validate_response(response, checks=CHECKS)

    every_answer_is_documented()


def test_the_api_has_no_route_beyond_those_served_first(product: ProductApp) -> None:
    assert product.api is not None
    assert set(product.api._routes) == set(PATHS)
