"""Opening: the webhooks of an engine: who hears of its decisions, who delivers, and the routes."""

from collections.abc import Callable
from functools import partial
from ipaddress import ip_network

from fastapi import APIRouter

from service.engine import Engine
from service.fetching.connection import NOT_PUBLIC, Connector
from service.fetching.errors import FetchRefusedError
from service.fetching.rules import FetchRules
from service.fetching.target import read_target
from service.identity import UuidSource
from service.settings import Settings
from service.webhooks.deliverer import Deliverer
from service.webhooks.deliveries import DeliveryStore
from service.webhooks.relaying import EventRelay
from service.webhooks.routes import WebhookDesk, build_webhook_router
from service.webhooks.schedule import delay_s
from service.webhooks.store import WebhookStore
from service.webhooks.telling import DecisionTeller, Subscriptions

CONNECT_TIMEOUT_S = 5.0
TOTAL_TIMEOUT_S = 15.0
"""A receiver takes a message and answers; what it does with it is for later."""

_HINT = "WEIR_WEBHOOK_ALLOW_PRIVATE=true lets messages go by http, to any port and into your own network"


def webhook_rules(settings: Settings) -> FetchRules:
    """Where messages may go: public hosts by https, or anywhere where the deployment says so."""
    if settings.webhook_allow_private:
        return FetchRules(
            schemes=frozenset({"http", "https"}),
            ports=None,
            networks=(ip_network("0.0.0.0/0"), ip_network("::/0")),
            connect_timeout_s=CONNECT_TIMEOUT_S,
            total_timeout_s=TOTAL_TIMEOUT_S,
        )
    return FetchRules(
        ports=frozenset({443, 8443}), connect_timeout_s=CONNECT_TIMEOUT_S, total_timeout_s=TOTAL_TIMEOUT_S
    )


def open_webhooks(engine: Engine, delay: Callable[[int], float | None] = delay_s) -> Deliverer:
    """Let an engine's decisions be told, and start delivering; `delay` is the schedule of attempts."""
    webhooks, deliveries = webhook_store(engine), DeliveryStore(engine.database, UuidSource(), delay)
    subscriptions = Subscriptions(webhooks)
    subscriptions.refresh()
    engine.hooks.append(DecisionTeller(subscriptions, deliveries))
    connector = Connector(webhook_rules(engine.settings))
    deliverer = Deliverer(
        webhooks, deliveries, subscriptions, EventRelay(deliveries, subscriptions), connector, observer=engine.recorder
    )
    deliverer.start()
    return deliverer


def build_webhooks_router(engine: Engine) -> APIRouter:
    """The routes of webhooks."""
    tellers = [hook for hook in engine.hooks if isinstance(hook, DecisionTeller)]

    def refresh() -> None:
        for teller in tellers:
            teller.subscriptions.refresh()

    check = partial(_check, webhook_rules(engine.settings))
    deliveries = DeliveryStore(engine.database, UuidSource())
    return build_webhook_router(WebhookDesk(webhook_store(engine), deliveries, check, refresh))


def webhook_store(engine: Engine) -> WebhookStore:
    """The endpoints of an engine's database."""
    return WebhookStore(engine.database, UuidSource())


def _check(rules: FetchRules, url: str) -> None:
    """An address that can never be reached is refused at once; a name is looked up with every message."""
    try:
        _require_allowed(rules, url)
    except FetchRefusedError as error:
        if rules.networks:
            raise
        raise FetchRefusedError(f"{error}; {_HINT}") from None


def _require_allowed(rules: FetchRules, url: str) -> None:
    target = read_target(url, rules)
    if target.address is not None and not rules.allows_address(target.address):
        raise FetchRefusedError(NOT_PUBLIC)
