"""The gate of a deployment: keys where there are any, and this machine alone where there are none.

Every reason to be turned away for a bad key looks the same and takes as long: no key, an unknown id, a wrong secret,
one that has expired or was revoked.
"""

import hmac
from dataclasses import dataclass
from typing import Final, NoReturn

from service.access.buckets import Buckets
from service.access.credentials import find_token
from service.access.exposure import is_local_name, not_local
from service.access.gate import Admission, Headers, free
from service.access.keyring import Held, Keyring
from service.access.limits import Limit, charge_items, take_request
from service.access.principal import OPEN, Principal, Scope
from service.access.rates import Rate
from service.access.tokens import hash_token
from service.errors import RequestError

ADMIN_TOKEN_ID: Final = "admin-token"  # noqa: S105 - a name
"""Stands for `WEIR_ADMIN_TOKEN` where a key has its id."""
OPEN_HEADER: Final = (b"x-weir-open", b"true")
_ROOT: Final = Principal(ADMIN_TOKEN_ID, None, frozenset(Scope))
_OPEN: Final = Admission(OPEN, (OPEN_HEADER,))
_OPEN_ROOT: Final = Admission(_ROOT, (OPEN_HEADER,))
_OPEN_BUT_ADMIN: Final = Admission(Principal(None, None, frozenset(Scope) - {Scope.ADMIN}), (OPEN_HEADER,))
_PUBLIC: Final = Admission(OPEN)
_FAILURES: Final = Limit("client", "failures", Rate(300, 60))
"""Bad keys that this machine turns away before it says 429 instead; good keys are not held up by them."""


@dataclass(frozen=True, slots=True)
class GateTerms:
    """A deployment's choices.

    Attributes:
        admin_token: its hash; None without one. It is a key for everything, and while there are no others, the one
            way to administrate; for the rest the service stays open to its machine.
        requires_keys: although there may be none yet.
        is_open_to_network: without keys it answers everybody; otherwise only this machine.
        key_rate: of keys that have none of their own.
        key_item_rate: likewise, of items.
        tenant_rate: of all keys of a tenant together.

    """

    admin_token: bytes | None = None
    requires_keys: bool = False
    is_open_to_network: bool = False
    key_rate: Rate | None = None
    key_item_rate: Rate | None = None
    tenant_rate: Rate | None = None


class KeyGate:
    """Lets in who brings a good key, as often as its limits allow."""

    def __init__(self, ring: Keyring, buckets: Buckets, terms: GateTerms) -> None:
        self._ring = ring
        self._buckets = buckets
        self._terms = terms

    @property
    def needs_keys(self) -> bool:
        """Whether anybody has to bring a key; never false again once there was one."""
        return self._terms.requires_keys or self._ring.has_keys

    @property
    def is_local_only(self) -> bool:
        """Whether it is open, and so only to this machine."""
        return not self.needs_keys and not self._terms.is_open_to_network

    def admit(self, scope: Scope | None, headers: Headers, query: bytes) -> Admission:
        """See `Gate`."""
        if not self.needs_keys:
            return self._admit_openly(scope, headers, query)
        if scope is None:
            return _PUBLIC
        held = self._find(find_token(headers, query) or b"")
        if not held.principal.may(scope):
            challenge = f'Bearer realm="weir", error="insufficient_scope", scope="{scope}"'
            raise RequestError(
                403,
                "missing_scope",
                f"the key does not have the scope {scope}",
                headers=((b"www-authenticate", challenge.encode()),),
            )
        return self._within_limits(held)

    def identify(self, headers: Headers) -> Principal:
        """See `Gate`."""
        if self.needs_keys:
            return self._find(find_token(headers, b"") or b"").principal
        self._require_local_name(headers)
        return _ROOT if self._is_root(find_token(headers, b"") or b"") else OPEN

    def _admit_openly(self, scope: Scope | None, headers: Headers, query: bytes) -> Admission:
        """Everybody on this machine may do everything, but administrate where there is an admin token."""
        self._require_local_name(headers)
        if self._terms.admin_token is None:
            return _OPEN
        if self._is_root(find_token(headers, query) or b""):
            return _OPEN_ROOT
        if scope is Scope.ADMIN:
            self._turn_away(
                "no admin token, which administration wants: send it as `Authorization: Bearer` or `x-api-key`"
            )
        return _OPEN_BUT_ADMIN

    def _require_local_name(self, headers: Headers) -> None:
        if not self._terms.is_open_to_network and not is_local_name(headers):
            raise not_local()

    def _find(self, token: bytes) -> Held:
        """Whoever brings this token.

        Raises:
            RequestError: Nobody does (401), as all too many before (429).

        """
        held = self._ring.find(token)
        is_root = self._is_root(token)
        if held is not None:
            return held
        if not is_root:
            self._turn_away("no API key that is good now: send one as `Authorization: Bearer` or `x-api-key`")
        return Held(_ROOT, b"", None, None, None, 0)

    def _is_root(self, token: bytes) -> bool:
        """Whether this is the admin token. Takes as long where there is none."""
        expected = self._terms.admin_token
        return hmac.compare_digest(expected or bytes(32), hash_token(token)) and expected is not None

    def _turn_away(self, message: str) -> NoReturn:
        take_request(self._buckets, (_FAILURES,))
        raise RequestError(401, "unauthorized", message, headers=((b"www-authenticate", b'Bearer realm="weir"'),))

    def _within_limits(self, held: Held) -> Admission:
        principal, terms = held.principal, self._terms
        if principal is _ROOT:
            return Admission(principal)
        limits: list[Limit] = []
        if (rate := held.rate or terms.key_rate) is not None:
            limits.append(Limit("key", f"key:{principal.key_id}", rate))
        if principal.tenant is not None and terms.tenant_rate is not None:
            limits.append(Limit("tenant", f"tenant:{principal.tenant}", terms.tenant_rate))
        headers = take_request(self._buckets, tuple(limits))
        item_rate = held.item_rate or terms.key_item_rate
        if item_rate is None:
            return Admission(principal, headers, free)
        return Admission(
            principal, headers, charge_items(self._buckets, Limit("key", f"items:{principal.key_id}", item_rate))
        )
