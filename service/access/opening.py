"""Opening of the gate: the keys, the limits and the terms of this deployment, for one worker."""

import logging
from typing import Final

from service.access.buckets import Buckets, open_buckets
from service.access.exposure import HOW
from service.access.key_gate import GateTerms, KeyGate
from service.access.keyring import Keyring
from service.access.rates import Rate
from service.access.store import KeyStore
from service.access.tokens import hash_token
from service.engine import Engine
from service.settings import Settings

logger: Final = logging.getLogger("bentoml.weir.access")


class Doorkeeper:
    """What the gate has open, closed with the engine."""

    def __init__(self, ring: Keyring, buckets: Buckets) -> None:
        self._ring = ring
        self._buckets = buckets

    def close(self) -> None:
        """Stop following the keys."""
        self._ring.close()
        self._buckets.close()


def open_gate(engine: Engine) -> KeyGate:
    """The gate over an engine's database; it follows the keys until the engine is closed."""
    ring = Keyring(KeyStore(engine.database))
    ring.poll()
    ring.start()
    buckets = open_buckets(engine.recorder.directory)
    gate = KeyGate(ring, buckets, read_terms(engine.settings))
    engine.background.append(Doorkeeper(ring, buckets))
    _warn(gate, engine.settings, has_keys=ring.has_keys)
    return gate


def _warn(gate: KeyGate, settings: Settings, *, has_keys: bool) -> None:
    """Say who is let in, where that is not whoever has a key."""
    has_token = bool(settings.admin_token and settings.admin_token.get_secret_value())
    if not gate.needs_keys:
        whom = "everybody who can reach it" if settings.open_to_network else "everybody on this machine"
        what = "OPEN, but administration wants the admin token" if has_token else "OPEN"
        logger.warning("the service is %s: it asks nobody for a key, and answers %s; %s", what, whom, HOW)
    elif not has_keys and not has_token:
        logger.warning("nobody can get in: keys are required and there are none; make one with `weir key create`")


def read_terms(settings: Settings) -> GateTerms:
    """The deployment's choices."""
    token = settings.admin_token.get_secret_value() if settings.admin_token else ""
    return GateTerms(
        admin_token=hash_token(token.encode()) if token else None,  # an empty one is none, and nobody brings it
        requires_keys=settings.require_keys,
        is_open_to_network=settings.open_to_network,
        key_rate=_rate(settings.key_rate),
        key_item_rate=_rate(settings.key_item_rate),
        tenant_rate=_rate(settings.tenant_rate),
    )


def _rate(text: str | None) -> Rate | None:
    return None if text is None else Rate.read(text)
