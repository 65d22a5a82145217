"""Endpoints: who may make them, where they may lead, and what is shown of them."""

import uuid

import pytest

from service.fetching.errors import FetchRefusedError
from service.settings import Settings
from service.webhooks.opening import _check, webhook_rules
from tests.service.conftest import Ask
from tests.service.webhooks.conftest import WEBHOOKS, deliveries, make
from tests.service.webhooks.receiver import Receiver


def test_the_secret_is_shown_once(tell: Ask, receiver: Receiver) -> None:
    made = make(tell, receiver.url, description="for the app")
    assert made["secret"].startswith("whsec_")
    listed = tell("GET", WEBHOOKS).json()["webhooks"]
    shown = tell("GET", f"{WEBHOOKS}/{made['webhook_id']}").json()
    assert listed == [shown]
    assert "secret" not in shown
    assert shown["description"] == "for the app"


def test_an_endpoint_can_be_changed_and_stopped(tell: Ask, receiver: Receiver) -> None:
    webhook_id = make(tell, receiver.url)["webhook_id"]
    changed = tell("PATCH", f"{WEBHOOKS}/{webhook_id}", json={"enabled": False, "min_action": "remove"}).json()
    assert (changed["enabled"], changed["min_action"], changed["url"]) == (False, "remove", receiver.url)
    tell("POST", "/v1/decisions", json={"items": [{"text": "you idiot"}]})
    assert deliveries(tell, webhook_id) == []


def test_a_deleted_endpoint_is_gone(tell: Ask, receiver: Receiver) -> None:
    path = f"{WEBHOOKS}/{make(tell, receiver.url)['webhook_id']}"
    assert tell("DELETE", path).status_code == 204
    asked = [
        ("GET", "", None),
        ("PATCH", "", {}),
        ("DELETE", "", None),
        ("POST", "/secret", {}),
        ("GET", "/deliveries", None),
        ("POST", "/replay", None),
        ("POST", f"/deliveries/{uuid.uuid4()}/replay", None),
    ]
    assert {tell(method, path + end, json=body).status_code for method, end, body in asked} == {404}


@pytest.mark.parametrize(
    "draft",
    [
        {"url": "ftp://example.org", "events": ["decision.made"]},
        {"url": "https://example.org/a b", "events": ["decision.made"]},
        {"url": "https://user@example.org/", "events": ["decision.made"]},
        {"url": "https://example.org/", "events": []},
        {"url": "https://example.org/", "events": ["nothing"]},
        {"url": "https://example.org/", "events": ["decision.made"], "description": "\0"},
    ],
)
def test_a_malformed_endpoint_is_refused(tell: Ask, draft: dict[str, object]) -> None:
    assert tell("POST", WEBHOOKS, json=draft).status_code == 400


INSIDE = [
    "http://example.org/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://10.0.0.8/hook",
    "https://169.254.169.254/latest",
    "https://[::1]/",
    "https://printer.local/",
    "https://example.org:22/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_without_the_deployment_s_word_no_endpoint_leads_inside(url: str) -> None:
    with pytest.raises(FetchRefusedError, match="WEIR_WEBHOOK_ALLOW_PRIVATE"):
        _check(webhook_rules(Settings()), url)


@pytest.mark.parametrize("url", INSIDE)
def test_with_the_deployment_s_word_it_may(url: str) -> None:
    _check(webhook_rules(Settings(webhook_allow_private=True)), url)


def test_where_all_is_allowed_a_broken_address_blames_no_setting() -> None:
    with pytest.raises(FetchRefusedError) as refused:
        _check(webhook_rules(Settings(webhook_allow_private=True)), "https://user@example.org/")
    assert "WEIR_" not in str(refused.value)


def test_deliveries_come_in_pages(tell: Ask, receiver: Receiver) -> None:
    webhook_id = make(tell, receiver.url)["webhook_id"]
    tell("POST", "/v1/decisions", json={"items": [{"text": "you idiot"}] * 3})
    first = tell("GET", f"{WEBHOOKS}/{webhook_id}/deliveries", params={"limit": 2}).json()
    second = tell("GET", f"{WEBHOOKS}/{webhook_id}/deliveries", params={"limit": 2, "before": first["next"]}).json()
    ids = [entry["delivery_id"] for entry in (*first["deliveries"], *second["deliveries"])]
    assert (len(set(ids)), ids, second["next"]) == (3, sorted(ids, reverse=True), None)
