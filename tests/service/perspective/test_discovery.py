"""The discovery document: served at both addresses, and promising what the API takes."""

import pytest

from service.http.discovery import DISCOVERY
from service.wire.perspective.attributes import ATTRIBUTES
from service.wire.perspective.discovery import build_discovery
from service.wire.perspective.schemas import AnalyzeCommentRequest, AnalyzeCommentResponse
from tests.service.conftest import Ask

DOCUMENT = build_discovery("http://localhost:3000/")


@pytest.mark.parametrize("path", sorted(DISCOVERY))
def test_the_document_names_the_host_by_which_it_was_asked(ask: Ask, path: str) -> None:
    headers = {"host": "weir.example:8443", "x-forwarded-proto": "https"}
    document = ask("GET", f"{path}?version=v1alpha1&key=k", headers=headers).json()
    assert document == build_discovery("https://weir.example:8443/")


@pytest.mark.parametrize("host", ["evil.example/path", "a b", "user@host", 'x"y', "a" * 300])
def test_a_host_that_is_none_is_refused(ask: Ask, host: str) -> None:
    response = ask("GET", "/$discovery/rest", headers={"host": host})
    assert response.status_code == 400


def test_every_reference_leads_to_a_schema() -> None:
    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(DOCUMENT) <= set(DOCUMENT["schemas"])


def test_it_has_the_fields_of_the_api() -> None:
    for model in (AnalyzeCommentRequest, AnalyzeCommentResponse):
        fields = {field.alias or name for name, field in model.model_fields.items()}
        assert set(DOCUMENT["schemas"][model.__name__]["properties"]) == fields


def test_it_describes_every_attribute() -> None:
    words = DOCUMENT["schemas"]["AnalyzeCommentRequest"]["properties"]["requestedAttributes"]["description"]
    assert all(f'"{name}"' in words for name in ATTRIBUTES)
